import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resolution } from '../../../src/model/workstream.ts';
import { parseEnvFile } from '../../../src/resolver/env-files.ts';
import {
  basesOf,
  foreignOwner,
  type GuardInput,
  guard,
  ownedVariables,
  ownerOfPath,
} from '../../../src/resolver/guards.ts';

/** Every byte as a character: controls, quotes, line ends and letters beyond ASCII. */
const anyText = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const bases = { api: 8000, web: 5173, postgres: 5432, redis: 6379 };

const copyOf = (name: string, slot: number, env: Record<string, string> = {}): Resolution => {
  const http = (service: string, port: number) => ({
    kind: 'http' as const,
    port,
    hostname: `${name}.${service}.localhost`,
    url: slot === 0 ? `http://localhost:${port}` : `http://${name}.${service}.localhost`,
    localUrl: `http://localhost:${port}`,
  });
  const database = name.replace('-', '_');
  return {
    name,
    project: 'project',
    mode: slot === 0 ? 'main' : 'workstream',
    slot,
    directory: `/code/${name}`,
    services: {
      api: http('api', 8000 + slot),
      web: http('web', 5173 + slot),
      postgres: { kind: 'tcp', port: 5432 + slot },
      redis: { kind: 'tcp', port: 6379 + slot },
    },
    env: {
      STACK_NAME: name,
      STACK_MODE: slot === 0 ? 'main' : 'workstream',
      STACK_SLOT: String(slot),
      STACK_DIRECTORY: `/code/${name}`,
      COMPOSE_PROJECT_NAME: name,
      API_PORT: String(8000 + slot),
      DATABASE_URL: `postgresql://postgres:postgres@localhost:${5432 + slot}/${database}`,
      API_URL: `http://${name}.api.localhost`,
      ...env,
    },
    problems: [],
  };
};

const main = { name: 'project', slot: 0, directory: '/code/project' };
const second = { name: 'project-2', slot: 2, directory: '/code/project-2' };
const feature = { name: 'feature-login', slot: 71, directory: '/code/project/.worktrees/feature-login' };
const third = copyOf('project-3', 3);

const look = (given: Partial<GuardInput>) =>
  guard({
    copy: third,
    others: [main, second, feature],
    bases,
    suffixes: ['localhost', 'dev.test'],
    environment: {},
    envFiles: [],
    replace: false,
    strict: false,
    ...given,
  });
const codes = (given: Partial<GuardInput>) => look(given).map(({ code }) => code);
const envFile = (text: string, file = '.env') => ({ file, entries: parseEnvFile(text) });

test('the message of the README', () => {
  const environment = { DATABASE_URL: 'postgresql://postgres:postgres@localhost:5434/project_2' };
  expect(look({ environment })).toEqual([
    {
      code: 'env-mismatch',
      severity: 'error',
      message:
        'DATABASE_URL (shell) is postgresql://postgres:***@localhost:5434/project_2, which belongs to project-2; project-3 needs postgresql://postgres:***@localhost:5435/project_3.',
      hint: 'Run: eval "$(stack-env --replace)"',
    },
  ]);
});

test('the own environment passes in every copy, and that of every other copy is rejected in each variable', () => {
  const all = [copyOf('project', 0), copyOf('project-2', 2), third];
  for (const copy of all) {
    const others = all.filter((other) => other !== copy);
    expect(look({ copy, others, environment: copy.env })).toEqual([]);
    for (const other of others) {
      const problems = look({ copy, others, environment: other.env });
      const differing = Object.keys(copy.env).filter((name) => copy.env[name] !== other.env[name]);
      expect(problems.map(({ severity, message }) => [severity, message.split(' ')[0]])).toEqual(
        differing.map((name) => ['error', name]),
      );
      for (const { message } of problems)
        if (!message.startsWith('STACK_MODE')) expect(message).toContain(`which belongs to ${other.name};`);
    }
  }
});

test('an owned variable with a value of nobody says what it needs; an empty one is none', () => {
  const [mismatch] = look({ environment: { API_PORT: '9999', DATABASE_URL: '' } });
  expect(mismatch?.message).toBe('API_PORT (shell) is 9999; project-3 needs 8003.');
});

test('--replace takes the owned variables and silences nothing else', () => {
  const environment = { API_PORT: '8002', STACK_NAME: 'project-2', OTHER_URL: 'http://localhost:8002' };
  expect(codes({ environment, replace: true })).toEqual(['env-foreign-port']);
  expect(codes({ envFiles: [envFile('API_PORT=8002')], replace: true })).toEqual(['env-mismatch']);
});

test('the command that mends is the one that was called', () => {
  const command = "stack-env --dir '/code/project-3'";
  const [owned, other] = look({ environment: { API_PORT: '1', OTHER: 'localhost:8002' }, command });
  expect(owned?.hint).toBe(`Run: eval "$(${command} --replace)"`);
  expect(other?.hint).toBe('Run: unset OTHER');
});

test.each([
  ['postgresql://u:p@localhost:5434/x', 'port 5434 is postgres of project-2'],
  ['postgresql://u:p@ss@127.0.0.1:5434/x', 'port 5434'],
  ['jdbc:postgresql://localhost:5503/x', 'port 5503 is postgres of feature-login'],
  ['redis://[::1]:6379', 'port 6379 is redis of project'],
  ['redis://[::ffff:127.0.0.1]:6379', 'port 6379'],
  ['http://LocalHost:8000', 'port 8000 is api of project'],
  ['http://localhost.:8002/', 'port 8002'],
  ['http://app.localhost:8002', 'port 8002'],
  ['http://127.9.9.9:8002', 'port 8002'],
  ['http://127.1:8002', 'port 8002'],
  ['http://[::ffff:7f00:1]:8002', 'port 8002'],
  ['http://ip6-localhost:8002', 'port 8002'],
  ['http://host.containers.internal:8002', 'port 8002'],
  ['tcp:127.0.0.1:8002', 'port 8002'],
  ['Server=tcp:127.0.0.1,5434', 'port 5434'],
  ['0.0.0.0:8002', 'port 8002'],
  [':8002', 'port 8002'],
  ['[::]:8002', 'port 8002'],
  ['http://host.docker.internal:8002', 'port 8002'],
  ['localhost:5434', 'port 5434'],
  ['see http://localhost:8002.', 'port 8002'],
  ['kafka:9092,localhost:5434', 'port 5434'],
  ['postgresql://db1:5432,localhost:5434/x', 'port 5434'],
  ['root@tcp(127.0.0.1:5434)/x', 'port 5434'],
  ['Server=localhost,5434;Database=x', 'port 5434'],
  ['Server=localhost;Port=5434;Database=x', 'port 5434'],
  ['host=localhost port=5434 dbname=x', 'port 5434'],
  ['port=5434 user=x', 'port 5434'],
  ["host = '/tmp' port = '5434'", 'port 5434'],
  ['host=db,localhost port=5435,5434', 'port 5434'],
  ['postgresql:///x?host=/tmp&port=5434', 'port 5434'],
  ['postgresql:///x?port=5434', 'port 5434'],
  ['{"host": "localhost", "port": 5434}', 'port 5434'],
  ['{host: localhost, port: 5434}', 'port 5434'],
  ['next=http%3A%2F%2Flocalhost%3A8002%2F', 'port 8002'],
  ['postgresql://localhost/x', 'port 5432 is postgres of project'],
  ['postgresql+asyncpg://u@localhost/x', 'port 5432'],
  ['postgresql:///x', 'port 5432'],
  ['postgresql:///x?host=/tmp', 'port 5432'],
  ['redis://localhost', 'port 6379'],
  ['a=http://localhost:8003,redis://:p@localhost/0', 'port 6379'],
  ['host=localhost dbname=project', 'port 5432'],
  ['dbname=project', 'port 5432'],
])('OTHER=%s is rejected: %s', (value, what) => {
  const problems = look({ environment: { OTHER: value } });
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['env-foreign-port', 'error']]);
  expect(problems[0]?.message).toContain(what);
});

test.each([
  'postgresql://u:p@localhost:5435/x',
  'postgresql://db.example.com:5434/x',
  'postgresql://u:5434@db.example.com/x',
  'postgresql://u:p@db:5432/x',
  'http://notlocalhost:8002',
  'http://localhost-x:8002',
  'http://localhost.example.com:8002',
  'http://127.0.0.1.example.com:8002',
  'http://10.127.0.1:8002',
  'http://127.1.example.com:8002',
  'http://[::ffff:7e00:1]:8002',
  'http://host.containers.internal.example.com:8002',
  'http://localhost:80020',
  'http://localhost:800',
  'localhost:8002x',
  'http://localhost:8004',
  'localhost,127.0.0.1',
  'host=db.example.com port=5434',
  'postgresql://db.example.com/x?port=5434',
  'postgresql://localhost:5435/x?host=db.example.com',
  'postgresql:///x?host=db.example.com',
  '{"host":"db","port":5434}',
  'host=db dbname=x',
  'host=localhost port=5435 dbname=x',
  'postgresql://db/x',
  'sqlite:///x.db',
  'http://localhost',
  'https://localhost/dbname=x',
  '--port=8002',
  'support=8002',
  '5434',
  'localhost',
  '127.0.0.1 5434 127.0.0.1 22',
  ':10.0',
  ':0',
  '',
])('OTHER=%s passes', (value) => {
  expect(look({ environment: { OTHER: value } })).toEqual([]);
});

test('a port counts only when a copy has its slot, and the own one never does', () => {
  const environment = { OTHER: 'localhost:8002' };
  expect(codes({ environment, others: [main] })).toEqual([]);
  expect(codes({ environment, others: [{ ...second, slot: 3 }] })).toEqual([]);
  expect(codes({ environment: { OTHER: 'localhost:8003' }, bases: { ...bases, odd: 8001 } })).toEqual([]);
});

test('a bare number is a port in a variable called so, unless a host beside it is elsewhere', () => {
  expect(codes({ environment: { PORT: '8002' } })).toEqual(['env-foreign-port']);
  expect(codes({ environment: { PGPORT: '5432' } })).toEqual(['env-foreign-port']);
  expect(codes({ environment: { MYSQL_TCP_PORT: '5434' } })).toEqual(['env-foreign-port']);
  expect(codes({ environment: { DB_PORT: '5434', DB_HOST: 'localhost' } })).toEqual(['env-foreign-port']);
  expect(codes({ environment: { PGPORT: '5434', PGHOST: '/tmp' } })).toEqual(['env-foreign-port']);
  expect(codes({ environment: { DB_PORT: '5432', DB_HOST: 'db' } })).toEqual([]);
  expect(codes({ environment: { KUBE_SERVICE_PORT: '8000', KUBE_SERVICE_HOST: '10.0.0.1' } })).toEqual([]);
  expect(codes({ environment: { SUPPORT: '8002', COUNT: '8002', DB_PORT: 'tcp', OLD_PORT: '8003' } })).toEqual([]);
});

test('a PostgreSQL address without a port means the one in PGPORT', () => {
  const copy = copyOf('project-3', 3, { PGPORT: '5435' });
  expect(codes({ copy, environment: { OTHER: 'postgresql://localhost/x' } })).toEqual([]);
  expect(codes({ environment: { OTHER: 'dbname=x', PGPORT: '5435' } })).toEqual([]);
  expect(codes({ copy, environment: { OTHER: 'redis://localhost/x' } })).toEqual(['env-foreign-port']);
});

test.each([
  ['http://project-2.api.localhost', 'project-2.api.localhost belongs to project-2'],
  ['https://api.project-2.localhost:8443/x', 'belongs to project-2'],
  ['project-2-api.localhost', 'belongs to project-2'],
  ['http://project-2.localhost/', 'belongs to project-2'],
  ['http://Project-2.Web.Localhost.', 'belongs to project-2'],
  ['http://tenant-1.project-2.web.localhost', 'belongs to project-2'],
  ['ws://feature-login.web.dev.test', 'belongs to feature-login'],
  ['http://project-3.web.localhost,http://project.web.localhost', 'belongs to project'],
])('OTHER=%s is rejected: %s', (value, what) => {
  const problems = look({ environment: { OTHER: value } });
  expect(problems.map(({ code }) => code)).toEqual(['env-foreign-host']);
  expect(problems[0]?.message).toMatch(new RegExp(`${what}\\.$`));
});

test.each([
  'http://project-3.api.localhost',
  'http://tenant.project-3.web.localhost',
  'http://project-9.api.localhost',
  'http://project-2.postgres.localhost',
  'http://project-2.api.example.com',
  'http://project-2.api.localhost.example.com',
  'http://sidings.localhost',
  `${'a.'.repeat(200)}project-2.localhost`,
  'project-2',
])('OTHER=%s is nobody else’s', (value) => {
  expect(look({ environment: { OTHER: value } })).toEqual([]);
});

test('a copy whose names become the labels of this one takes nothing from it', () => {
  const twin = { name: 'Project-3', slot: 4, directory: '/other/Project-3' };
  expect(codes({ others: [twin], environment: { OTHER: 'http://project-3.api.localhost' } })).toEqual([]);
});

test.each([
  '/code/project-2',
  '/code/project-2/.venv',
  '/usr/lib:/code/project-2/node_modules:/opt',
  '../project-2/node_modules',
  'file:///code/project-2/x.js',
  'sqlite:////code/project-2/dev.db',
  '--require=/code/project-2/x.js',
  '--require "/code/project-2/x.js"',
  '-I/code/project-2/include',
  '-O2 -L/code/project-2/lib',
  '{"path":"/code/project-2"}',
  'x /code/project-2 y',
])('OTHER=%s is rejected as a path of project-2', (value) => {
  const problems = look({ environment: { OTHER: value } });
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['env-foreign-path', 'error']]);
  expect(problems[0]?.message).toMatch(/that path is inside project-2\.$/);
});

test.each([
  '/code/project-3/.venv',
  '/code/project-22/x',
  '/code/project-2.bak/x',
  '/code/project-2 old/x',
  '/code/projects',
  '/srv/code/project-2/x',
  './code/project-2',
  '~/code/project-2',
  'code/project-2',
  'sub/../code/project-2',
  '/code',
  '/code/project/.git/worktrees/project-3',
  '/code/project/.git',
])('OTHER=%s is no path of another copy', (value) => {
  expect(look({ environment: { OTHER: value } })).toEqual([]);
});

test('.git alone is git’s, not what only begins like it', () => {
  expect(codes({ environment: { OTHER: '/code/project/.github/x' } })).toEqual(['env-foreign-path']);
});

test('a copy inside main is not main, and main is not the copy inside it', () => {
  expect(look({ environment: { OTHER: '/code/project/.worktrees/feature-login/x' } })[0]?.message).toMatch(
    /inside feature-login\.$/,
  );
  const copy = { ...copyOf('feature-login', 71), directory: feature.directory };
  expect(look({ copy, others: [main], environment: { OTHER: `${feature.directory}/.venv` } })).toEqual([]);
  expect(codes({ copy, others: [main], environment: { OTHER: '/code/project/.venv' } })).toEqual(['env-foreign-path']);
});

test('PATH is a warning', () => {
  const [found] = look({ environment: { PATH: '/usr/bin:/code/project-2/node_modules/.bin' } });
  expect(found).toMatchObject({ code: 'env-foreign-path', severity: 'warning' });
});

test('a path that begins in this copy and climbs out of it counts where it ends', () => {
  const paths = (value: string) => codes({ environment: { NODE_PATH: value } });
  expect(paths('/code/project-3/../project-2/node_modules')).toEqual(['env-foreign-path']);
  expect(paths('/usr/lib:/code/project-3/a/../../project-2')).toEqual(['env-foreign-path']);
  expect(paths('/code/project-3/../project-2/lib:lib')).toEqual(['env-foreign-path']);
  expect(paths('/code/project-2/../project-3/node_modules')).toEqual([]);
  expect(paths('/code/project-3/a/../node_modules')).toEqual([]);
});

test('a link that leads into another copy is found, one inside this copy is meant', () => {
  const links: Record<string, string> = {
    '/home/me/link/.venv': '/code/project-2/.venv',
    '/code/project-3/node_modules': '/code/project/node_modules',
  };
  const realPath = (path: string) => links[path] ?? path;
  const [found] = look({ environment: { OTHER: '/usr/lib:/home/me/link/.venv' }, realPath });
  expect(found).toMatchObject({ code: 'env-foreign-path' });
  expect(codes({ environment: { OTHER: '/code/project-3/node_modules:relative:' }, realPath })).toEqual([]);
  expect(codes({ environment: { OTHER: `/home/me/link/.venv${':/x'.repeat(20_000)}` }, realPath })).toEqual([]);
});

test('copies whose folder is not known, or none at all, have no paths', () => {
  const environment = { OTHER: '/code/project-2' };
  expect(codes({ environment, others: [] })).toEqual([]);
  expect(codes({ environment, others: [{ ...second, directory: undefined }] })).toEqual([]);
});

test('copies with nothing in common but the root', () => {
  const elsewhere = { ...second, directory: '/srv/my copy' };
  expect(codes({ others: [elsewhere], environment: { OTHER: '/usr/lib:/srv/my copy/x' } })).toEqual([
    'env-foreign-path',
  ]);
});

test('what a shell, npm or an editor writes down by itself never rejects', () => {
  const path = '/code/project-2/x';
  const environment = Object.fromEntries(
    ['PWD', 'OLDPWD', '_', 'HOME', 'INIT_CWD', 'npm_package_json', 'npm_config_local_prefix', 'VSCODE_CWD']
      .concat(['DIRENV_DIR', '__MISE_DIFF', 'BASH_FUNC_x%%', 'PS1', 'SIDINGS_ROOT'])
      .map((name) => [name, path]),
  );
  expect(look({ environment: { ...environment, UNSET: undefined } })).toEqual([]);
  const copy = copyOf('project-3', 3, { npm_config_cache: '/code/project-3/.npm' });
  expect(codes({ copy, environment: { npm_config_cache: path } })).toEqual(['env-mismatch']);
});

test('a STACK_ variable that is not owned may not hold the name of another copy', () => {
  const [found] = look({ environment: { STACK_BRANCH_OF: 'project_2', STACK_OTHER: 'project-3', OTHER: 'project-2' } });
  expect(found).toMatchObject({
    code: 'env-foreign-name',
    message: 'STACK_BRANCH_OF (shell) is project_2: that is the name of project-2.',
  });
  expect(codes({ environment: { STACK_OTHER: 'x'.repeat(300) } })).toEqual([]);
});

test('.env lines are warnings with file and line, and reject with strict', () => {
  const text = '# copied\nAPI_PORT=8000\nOTHER=http://localhost:8002\nFINE=http://localhost:8003\n';
  const warnings = look({ envFiles: [envFile(text)] });
  expect(warnings.map(({ severity, message, hint }) => [severity, message, hint])).toEqual([
    [
      'warning',
      'API_PORT (.env:2) is 8000, which belongs to project; project-3 needs 8003.',
      'Change or remove line 2 of .env, or run: stack-env write .env',
    ],
    [
      'warning',
      'OTHER (.env:3) is http://localhost:8002: port 8002 is api of project-2.',
      'Change or remove line 3 of .env.',
    ],
  ]);
  expect(look({ envFiles: [envFile(text)], strict: true }).map(({ severity }) => severity)).toEqual(['error', 'error']);
});

test('the last line of a variable counts, and each file is for itself', () => {
  expect(codes({ envFiles: [envFile('API_PORT=8000\nAPI_PORT=8003')] })).toEqual([]);
  expect(look({ envFiles: [envFile('API_PORT=8003\nAPI_PORT=8000')] })[0]?.message).toContain('.env:2');
  expect(codes({ envFiles: [envFile('API_PORT=8000'), envFile('API_PORT=8003', '.env.local')] })).toEqual([
    'env-mismatch',
  ]);
});

test('a value that is put together by its reader is compared with nothing, but looked into', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is written in the file
  const text = (value: string) => [envFile(`DATABASE_URL=${value}`)];
  expect(codes({ envFiles: text('postgresql://localhost:${POSTGRES_PORT:-5432}/x') })).toEqual([]);
  expect(codes({ envFiles: text('postgresql://localhost:5434/${DB}') })).toEqual(['env-foreign-port']);
  expect(codes({ envFiles: text("'postgresql://localhost:9999/${DB}'") })).toEqual(['env-mismatch']);
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: only there
});

test('a .env file that cannot be read was not checked, and says so', () => {
  const envFiles = [{ file: '.env', entries: [], unreadable: 'permission denied' }];
  expect(look({ envFiles })).toMatchObject([{ code: 'env-file-unreadable', severity: 'warning' }]);
  expect(look({ envFiles, strict: true })).toMatchObject([{ severity: 'error' }]);
});

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'])(
  'a certificate file of the user in %s stays and is told; one inside another copy rejects',
  (ca) => {
    const copy = copyOf('project-3', 3, { [ca]: '/state/root.pem' });
    const own = look({ copy, environment: { [ca]: '/etc/company.pem' } });
    expect(own).toMatchObject([{ code: 'env-mismatch', severity: 'warning' }]);
    expect(own[0]?.hint).toMatch(/^It is left as it is\./);
    expect(look({ copy, environment: { [ca]: '/code/project-2/ca.pem' } })).toMatchObject([{ severity: 'error' }]);
    expect(look({ copy, environment: { [ca]: '/etc/company.pem' }, replace: true })).toEqual([]);
    expect(look({ copy, envFiles: [envFile(`${ca}=/etc/company.pem`)], strict: true })).toMatchObject([
      { severity: 'warning', hint: 'Change or remove line 1 of .env.' },
    ]);

    const environment = { [ca]: '/etc/company.pem' };
    expect(ownedVariables(copy, environment, false)).toEqual(third.env);
    expect(ownedVariables(copy, environment, true)).toEqual(copy.env);
    expect(ownedVariables(copy, {}, false)).toEqual(copy.env);
  },
);

test('secrets are hidden in what was found and in what is needed', () => {
  const copy = copyOf('project-3', 3, { DB_PASSWORD: 'right' });
  const [found] = look({ copy, environment: { DB_PASSWORD: 'wrong' } });
  expect(found?.message).toBe('DB_PASSWORD (shell) is ***; project-3 needs ***.');
});

test('a long value is cut around what it is about', () => {
  const value = `${'x'.repeat(10_000)} http://localhost:8002 ${'y'.repeat(10_000)}`;
  const [found] = look({ environment: { OTHER: value } });
  expect(found?.message.length).toBeLessThan(300);
  expect(found?.message).toMatch(/is …x+ http:\/\/localhost:8002 y+…: port 8002/);
});

test('names that mean something to JavaScript are names like others', () => {
  const environment = JSON.parse('{"__proto__": "http://localhost:8002", "constructor": "http://localhost:8003"}');
  expect(look({ environment })[0]?.message).toMatch(/^__proto__ /);
  expect(
    codes({ environment: { OTHER: 'constructor://localhost' }, bases: JSON.parse('{"__proto__": 8000}') }),
  ).toEqual([]);
});

test('which copy a path is in', () => {
  expect(ownerOfPath('/code/project-2/.env', third, [main, second])).toBe('project-2');
  expect(ownerOfPath('/code/project-3/.env', third, [main, second])).toBeUndefined();
  expect(ownerOfPath('/etc/x', third, [main, second])).toBeUndefined();
});

test('any foreign port in any address is found, any own one passes', () => {
  const user = fc.constantFrom('', 'me@', 'me:secret@', 'me:5434@');
  const host = fc.constantFrom('localhost', '127.0.0.1', '[::1]', 'x.localhost', 'LOCALHOST');
  const scheme = fc.constantFrom('postgresql://', 'redis://', 'jdbc:postgresql://', 'http://', '');
  const service = fc.constantFrom(...Object.values(bases));
  const rest = fc.constantFrom('', '/', '/x', '/x?y=z', ' and more', ',other:1');
  fc.assert(
    fc.property(scheme, user, host, service, fc.constantFrom(0, 2, 3, 71), rest, (...parts) => {
      const [start, name, where, base, slot, end] = parts;
      const problems = codes({ environment: { OTHER: `${start}${name}${where}:${base + slot}${end}` } });
      expect(problems).toEqual(slot === 3 ? [] : ['env-foreign-port']);
    }),
  );
});

test('any text passes through without an exception', () => {
  fc.assert(fc.property(anyText, (value) => Array.isArray(look({ environment: { OTHER: value, API_URL: value } }))));
});

test('the time grows with the length, whatever is in a value', () => {
  const parts = [
    'localhost:',
    'localhost.',
    'a.',
    '127.',
    '[::',
    '/',
    '/code/',
    '/code/project',
    'port=',
    'port ',
    'host=',
  ].concat(['://', 'redis://', 'postgresql://localhost,', 'dbname ', '%41', 'a:1,', '-I', ':/', '5432,', ' ', 'x']);
  for (const part of parts) look({ environment: { OTHER: part.repeat((32 * 1024) / part.length) } });
  const elsewhere = [{ ...second, directory: '/srv/project-2' }];
  for (const part of ['/', '://', ':///', ':/srv'])
    look({ others: elsewhere, environment: { OTHER: part.repeat(5000) } });
}, 5000);

test('a long value is cut on the sides where there is more', () => {
  const url = 'http://localhost:8002';
  const cut = (value: string) => /is (.*?): port/.exec(look({ environment: { OTHER: value } })[0]?.message ?? '')?.[1];
  const more = `${'x'.repeat(200)} `;
  expect(cut(`${url} ${more}`)).toMatch(/^http.*x…$/);
  expect(cut(`${more}${url} ${more}`)).toMatch(/^…x.* http.*x…$/);
  expect(cut(`${more}${url}`)).toMatch(/^…x.* http:\/\/localhost:8002$/);
});

test.each([
  ['https://project-2.web.localhost/notes', 'project-2'],
  ['https://web.project-2.dev.test:8443', 'project-2'],
  ['http://localhost:8002', 'project-2'],
  ['http://127.0.0.1:5173', 'project'],
  ['http://localhost:8003', undefined],
  ['https://project-3.web.localhost', undefined],
  ['http://localhost:3000', undefined],
  ['https://staging.example.com', undefined],
])('%s leads to %s', (value, owner) => {
  expect(basesOf(third)).toEqual(bases);
  expect(foreignOwner({ copy: third, others: [main, second], suffixes: ['localhost', 'dev.test'] }, value)).toBe(owner);
});
