import { parseTree } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { parseEnvFile } from '../../../src/resolver/env-files.ts';
import { formatProposal, type InitSources, propose } from '../../../src/resolver/init.ts';

const sources = (given: Partial<InitSources>): InitSources => ({
  project: 'shop',
  compose: [],
  envFiles: [],
  packages: [],
  ...given,
});
const compose = (services: object) => [{ file: 'compose.yaml', content: { services } }];
const env = (text: string, committed = false) => [{ file: '.env', entries: parseEnvFile(text), committed }];
const services = (given: Partial<InitSources>) =>
  propose(sources(given))?.services.map(({ name, port, kind, env: variables, isDefault }) => [
    name,
    port,
    kind,
    variables.join(),
    isDefault,
  ]);

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is written in the file
test('services of a compose file, with the variables that move them', () => {
  expect(
    services({
      compose: compose({
        postgres: { ports: ['127.0.0.1:${POSTGRES_PORT:-5432}:5432'] },
        cache: { ports: ['${REDIS_PORT:-6379}:6379'] },
        'api.v1': { ports: ['${API_PORT:-8000}:80'] },
        worker: {},
      }),
    }),
  ).toEqual([
    ['postgres', 5432, 'tcp', 'POSTGRES_PORT', false],
    ['cache', 6379, 'tcp', 'REDIS_PORT', false],
    ['api-v1', 8000, 'http', 'API_PORT', true],
  ]);
});

test('a port that cannot be moved gets a variable, and a note that says what to write', () => {
  const proposal = propose(sources({ compose: compose({ api: { ports: ['8000:80'] } }) }));
  expect(proposal?.services).toMatchObject([{ name: 'api', port: 8000, env: ['API_PORT'] }]);
  expect(proposal?.services[0]?.notes).toEqual([
    'compose.yaml publishes 8000 in every copy. Write there: "${API_PORT:-8000}:80"',
  ]);
});

test('several ports of one service get names of their own', () => {
  expect(
    services({
      compose: compose({
        mail: { ports: ['${MAIL_PORT:-1025}:1025', '${MAIL_UI_PORT:-8025}:8025'] },
        rabbit: { ports: ['5672:5672', '15672:15672'] },
      }),
    })?.map(([name, port, kind, variable]) => [name, port, kind, variable]),
  ).toEqual([
    ['mail', 1025, 'tcp', 'MAIL_PORT'],
    ['mail-ui', 8025, 'http', 'MAIL_UI_PORT'],
    ['rabbit', 5672, 'tcp', 'RABBIT_PORT'],
    ['rabbit-15672', 15672, 'http', 'RABBIT_15672_PORT'],
  ]);
});

test('no two services get the same hostnames', () => {
  const ports = { a_b: { ports: ['8000:80'] }, 'a-b': { ports: ['8100:80'] } };
  expect(services({ compose: compose(ports) })?.map(([name]) => name)).toEqual(['a_b', 'a-b-80']);
});

test('two services on one port are one', () => {
  expect(
    services({ compose: compose({ web: { ports: ['8000:80'] }, web2: { ports: ['8000:80'] } }) })?.map(
      ([name]) => name,
    ),
  ).toEqual(['web']);
});

test('dev servers of packages, unless something has their port already', () => {
  const packages = [
    { folder: '', scripts: { dev: 'vite', start: 'vite', build: 'vite build' } },
    { folder: 'apps/admin', scripts: { dev: 'vite' }, configuredPort: 5300 },
    { folder: 'site', scripts: { dev: 'next dev -p 3000' } },
  ];
  const all = services({ packages, compose: compose({ front: { ports: ['${SITE_PORT:-3000}:3000'] } }) });
  expect(all?.map(([name, port, , variable]) => [name, port, variable])).toEqual([
    ['front', 3000, 'SITE_PORT'],
    ['web', 5173, 'WEB_PORT'],
    ['admin', 5300, 'ADMIN_PORT'],
  ]);
  expect(propose(sources({ packages }))?.services[0]?.notes).toEqual([
    'vite takes its port with: --strictPort --port $WEB_PORT',
  ]);
});

test('variables that are ports of this machine', () => {
  const text = [
    'API_PORT=8000',
    'DB_PORT=5432',
    'PORT=3000',
    'SMTP_PORT=2525',
    'SMTP_HOST=smtp.example.com',
    'LOCAL_PORT=4000',
    'LOCAL_HOST=127.0.0.1',
    'LOW_PORT=443',
    'BIG_PORT=99999',
    'STACK_X_PORT=7778',
    'TEXT_PORT=x',
  ].join('\n');
  expect(
    services({ envFiles: env(text) })?.map(([name, port, kind, variable]) => [name, port, kind, variable]),
  ).toEqual([
    ['api', 8000, 'http', 'API_PORT'],
    ['db', 5432, 'tcp', 'DB_PORT'],
    ['app', 3000, 'http', 'PORT'],
    ['local', 4000, 'http', 'LOCAL_PORT'],
  ]);
});

test('a further variable joins the service that has its port; one that compose moves is not another service', () => {
  expect(
    services({
      compose: compose({ postgres: { ports: ['${POSTGRES_PORT:-5432}:5432'] } }),
      envFiles: env('DB_PORT=5432\nPOSTGRES_PORT=5999'),
    }),
  ).toEqual([['postgres', 5432, 'tcp', 'POSTGRES_PORT,DB_PORT', false]]);
});

test('addresses name services that nothing else names', () => {
  const text =
    'VITE_API_URL=http://localhost:8000/v1\nDATABASE_URL=postgresql://localhost:5432/shop\nFAR_URL=http://x:1234';
  const proposal = propose(sources({ envFiles: env(text) }));
  expect(proposal?.services.map(({ name, port, kind }) => [name, port, kind])).toEqual([
    ['api', 8000, 'http'],
    ['postgres', 5432, 'tcp'],
  ]);
  expect(proposal?.env).toEqual([
    ['VITE_API_URL', '{api.url}/v1'],
    ['DATABASE_URL', 'postgresql://localhost:{postgres.port}/{database}'],
  ]);
});

test('values that lead to services become templates', () => {
  const text = [
    'DATABASE_URL=postgresql://postgres:postgres@localhost:5432/shop?schema=public',
    'OTHER_DB_URL=postgresql://postgres@127.0.0.1:5432/other',
    'SHORT_URL=postgresql://localhost/shop',
    'REDIS_URL=redis://localhost',
    'ORIGINS=http://localhost:5173,http://localhost:8000',
    'SOCKET=ws://localhost:8000/live',
    'JSON={"url":"http://localhost:8000","x":"{slot}"}',
    'PLAIN={slot}',
    'ELSEWHERE=http://localhost:9999',
    'PUT_TOGETHER=http://localhost:${API_PORT}',
    'STACK_URL=http://localhost:8000',
  ].join('\n');
  const proposal = propose(
    sources({
      compose: compose({
        postgres: { ports: ['5432:5432'] },
        api: { ports: ['8000:80'] },
        web: { ports: ['5173:5173'] },
      }),
      envFiles: env(text),
    }),
  );
  expect(Object.fromEntries(proposal?.env ?? [])).toEqual({
    DATABASE_URL: 'postgresql://postgres:postgres@localhost:{postgres.port}/{database}?schema=public',
    OTHER_DB_URL: 'postgresql://postgres@127.0.0.1:{postgres.port}/other',
    SHORT_URL: 'postgresql://localhost:{postgres.port}/{database}',
    ORIGINS: '{web.url},{api.url}',
    SOCKET: 'ws://localhost:{api.port}/live',
    JSON: '{"url":"{api.url}","x":"{{slot}}"}',
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: only there

test('a password that nobody has committed is not written into a file that is', () => {
  const text = 'DATABASE_URL=postgresql://me:hunter2@localhost:5432/shop\nAPI_TOKEN=http://localhost:5432\n';
  const databases = compose({ postgres: { ports: ['5432:5432'] } });
  const proposal = propose(sources({ compose: databases, envFiles: env(text) }));
  expect(proposal?.env).toEqual([]);
  expect(proposal?.secretEnv).toEqual([
    ['DATABASE_URL', 'postgresql://me:***@localhost:{postgres.port}/{database}'],
    ['API_TOKEN', '***'],
  ]);
  expect(proposal && formatProposal(proposal)).not.toMatch(/hunter2|API_TOKEN": "http/);

  const example = propose(sources({ compose: databases, envFiles: env(text, true) }));
  expect(example?.env.map(([name]) => name)).toEqual(['DATABASE_URL']);
  const inCompose = compose({ postgres: { ports: ['5432:5432'], environment: { POSTGRES_PASSWORD: 'hunter2' } } });
  expect(propose(sources({ compose: inCompose, envFiles: env(text) }))?.env.map(([name]) => name)).toEqual([
    'DATABASE_URL',
  ]);
  const twoSecrets = 'X_URL=postgresql://me:postgres@localhost:5432/shop?token=abc';
  expect(propose(sources({ compose: databases, envFiles: env(twoSecrets) }))?.env).toEqual([]);
});

test('of two ports that are too near the later one is left out, with the reason', () => {
  const proposal = propose(
    sources({
      compose: compose({
        postgres: { ports: ['5432:5432'] },
        test: { ports: ['5433:5432'] },
        last: { ports: ['65530:80'] },
      }),
    }),
  );
  expect(proposal?.services.map(({ name }) => name)).toEqual(['postgres']);
  expect(proposal?.leftOut.map(({ name, notes }) => [name, notes.at(-1)])).toEqual([
    ['test', 'Left out: 5433 is too near to postgres (5432) for more than 0 copies. Give it another base port.'],
    [
      'last',
      'Left out: 65530 is too near to the last port there is for more than 5 copies. Give it another base port.',
    ],
  ]);
});

test('a port that browsers refuse is no http service', () => {
  expect(services({ compose: compose({ x11: { ports: ['6000:80'] } }) })).toEqual([
    ['x11', 6000, 'tcp', 'X11_PORT', false],
  ]);
});

test('names become names of services', () => {
  const names = ['1st', '_x_', 'ÄÖ', 'a'.repeat(60), 'UPPER Case'];
  const content = Object.fromEntries(names.map((name, index) => [name, { ports: [`${20000 + index * 1000}:80`] }]));
  for (const [name] of services({ compose: compose(content) }) ?? [])
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/);
});

test('nothing found is nothing proposed', () => {
  expect(
    propose(sources({ packages: [{ folder: '', scripts: { build: 'tsc' } }], envFiles: env('A=1') })),
  ).toBeUndefined();
});

test('the file says what to do, in comments that nothing breaks out of', () => {
  const proposal = propose(
    sources({
      project: 'my "shop"\u2028\u202e',
      compose: [
        { file: 'compose.yaml', content: { services: { api: { ports: ['8000:80'] }, b: { ports: ['8001:80'] } } } },
      ],
      envFiles: env(
        'A_URL=http://localhost:8000\nB_URL=postgresql://u:geheim@localhost:8000/x\nC="http://localhost:8000\n} // x"',
      ),
    }),
  );
  const text = formatProposal(proposal ?? { project: '', services: [], leftOut: [], env: [], secretEnv: [] });
  const errors: never[] = [];
  parseTree(text, errors, { allowTrailingComma: false });
  expect(errors).toEqual([]);
  expect(text).not.toMatch(/[\u2028\u202e]/);
  expect(text).toContain('    // "b": { "port": 8001, "env": ["B_PORT"] }\n');
  expect(text).toContain('    // "B_URL": "postgresql://u:***@localhost:{api.port}/x"\n');
});
