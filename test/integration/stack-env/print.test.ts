import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { notes } from '../../support/copies.ts';
import { openCopies, stackEnvFile } from '../../support/stack-env.ts';

const exec = promisify(execFile);
const databaseOf = (name: string, port: number) => `postgresql://postgres:postgres@localhost:${port}/${name}`;

test('the figures of the source: 8003 and 5176 in project-3, 8000 and 5173 in main', async () => {
  const copies = await openCopies(['project', 'project-3']);
  for (const [name, api, web] of [
    ['project', 8000, 5173],
    ['project-3', 8003, 5176],
  ] as const) {
    const { code, stdout, stderr } = await copies.stackEnv(name, ['--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      name,
      directory: copies.path(name),
      services: { api: { port: api }, web: { port: web } },
      env: { API_PORT: String(api) },
      problems: [],
    });
  }
});

test('the formats; options before and after the command', async () => {
  const copies = await openCopies(['project-3']);
  const dir = ['--dir', copies.path('project-3')];
  const dotenv = await copies.stackEnv('.', ['--format', 'dotenv', ...dir]);
  expect(dotenv.stdout).toContain('\nAPI_PORT=8003\n');
  expect((await copies.stackEnv('.', ['--format=json', ...dir])).stdout).toMatch(/^\{\n {2}"name": "project-3"/);
  for (const args of [
    [...dir, 'check'],
    ['check', ...dir],
    ['--dir', '/nowhere', 'check', ...dir],
  ])
    expect(await copies.stackEnv('.', args)).toMatchObject({ code: 0, stderr: '' });
});

test('a folder below a copy, through a link, and names with spaces', async () => {
  const copies = await openCopies(['project-3', 'mein Würfel']);
  await mkdir(copies.path('project-3/apps/web'), { recursive: true });
  await symlink(copies.path('project-3/apps'), copies.path('link'));
  for (const [folder, name] of [
    ['project-3/apps/web', 'project-3'],
    ['link/web', 'project-3'],
    ['mein Würfel', 'mein Würfel'],
  ] as const)
    expect(JSON.parse((await copies.stackEnv(folder, ['--json'])).stdout)).toMatchObject({ name });
});

test('the proxy’s port of the machine configuration is in the addresses, the state folder is where it is said', async () => {
  const copies = await openCopies(['feature-login']);
  await copies.write('config.json', '{ "httpPort": 8080, "suffixes": ["dev.test"] }');
  const { stdout } = await copies.stackEnv('feature-login', ['--state-dir', copies.path('own-state'), '--json'], {
    SIDINGS_CONFIG: copies.path('config.json'),
  });
  expect(JSON.parse(stdout).env.API_URL).toBe('https://feature-login.api.dev.test:8443');
  expect((await exec('ls', [copies.path('own-state')])).stdout).toContain('slots.json');
});

test.each(['sh', 'bash'])('eval in %s gives every value back, whatever is in it', async (shell) => {
  const nasty = {
    SPACES: '  two  spaces ',
    QUOTES: `it's "so" \`so\``,
    DOLLAR: `$HOME $(touch pwned) \${X:-y} $$`,
    LINES: 'one\ntwo\n\nfour\n',
    BACKSLASHES: '\\ \\n \\\\ end\\',
    OTHER: '!! *?[a] ~ # & | ; < > % = \t é 漢 🙂 -n',
    EMPTY: '',
  };
  const copies = await openCopies(['project-3'], { ...notes, env: nasty });
  const script = `eval "$("$NODE" "$STACK_ENV")" && exec "$NODE" -e 'console.log(JSON.stringify(process.env))'`;
  const { ended } = copies.start(shell, ['-c', script], {
    cwd: copies.path('project-3'),
    env: { NODE: process.execPath, STACK_ENV: stackEnvFile },
  });
  const { stdout, stderr } = await ended;
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ ...nasty, STACK_NAME: 'project-3' });
});

test('rejected: exit 3, nothing to evaluate, the reason with its mend; to programs all of it as JSON', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const foreign = { DATABASE_URL: databaseOf('project_2', 5434) };
  for (const args of [[], ['--format', 'dotenv']]) {
    const { code, stdout, stderr } = await copies.stackEnv('project-3', args, foreign);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      'stack-env: DATABASE_URL (shell) is postgresql://postgres:***@localhost:5434/project_2, which belongs to project-2; ' +
        'project-3 needs postgresql://postgres:***@localhost:5435/project_3.\n  hint: Run: eval "$(stack-env --replace)"\n',
    );
  }
  const json = await copies.stackEnv('project-3', ['--json'], foreign);
  expect(json.code).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    name: 'project-3',
    problems: [{ code: 'env-mismatch', severity: 'error' }],
  });
  expect((await copies.stackEnv('project-2', [], foreign)).code).toBe(0);
});

test('the command that mends mends: after it nothing is rejected', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const script = [
    'cd project-2 && eval "$("$NODE" "$STACK_ENV")" && cd ../project-3',
    '"$NODE" "$STACK_ENV" check 2>/dev/null; echo $?',
    'eval "$("$NODE" "$STACK_ENV" --replace)"; "$NODE" "$STACK_ENV" check >/dev/null; echo $? $API_PORT',
  ].join('\n');
  const { ended } = copies.start('sh', ['-c', script], { env: { NODE: process.execPath, STACK_ENV: stackEnvFile } });
  expect((await ended).stdout).toBe('3\n0 8003\n');
});

test('what a folder or a file is called is text in each sentence', async () => {
  const name = 'project-\u001b[31m\u202e';
  const copies = await openCopies([name]);
  const text = 'project-\\u{1b}[31m\\u{202e}';
  const said = async (...args: string[]): Promise<string> => (await copies.stackEnv(name, args)).stdout;
  expect(await said('check')).toBe(`Nothing here belongs to another copy than ${text}.\n`);
  expect(await said('write', '\u001b.env')).toBe('\\u{1b}.env written.\n');
  await mkdir(copies.path('new', name), { recursive: true });
  await copies.write(`new/${name}/compose.yaml`, 'services: { api: { ports: ["8000:80"] } }');
  const written = await copies.stackEnv(`new/${name}`, ['init']);
  expect(written.stdout).toContain(`/new/${text}/sidings.json written: api 8000.\n`);
});

test('check: the .env files of the copy and of the folders down to the current one', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  await copies.write('project-3/.env', '# copied\nAPI_PORT=8000\n');
  await copies.write('project-3/web/.env.local', `OTHER_URL=http://localhost:8002\n`);
  await copies.write('project-3/.env.example', 'API_PORT=8000\n');
  await copies.write('project-2/.env', 'API_PORT=1\n');
  const loose = await copies.stackEnv('project-3/web', ['check']);
  expect(loose).toMatchObject({ code: 0, stdout: '' });
  expect(loose.stderr).toBe(
    [
      'stack-env: warning: API_PORT (../.env:2) is 8000, which belongs to project; project-3 needs 8003.',
      '  hint: Change or remove line 2 of ../.env, or run: stack-env write ../.env',
      'stack-env: warning: OTHER_URL (.env.local:1) is http://localhost:8002: port 8002 is api of project-2.',
      '  hint: Change or remove line 1 of .env.local.',
      '',
    ].join('\n'),
  );
  expect((await copies.stackEnv('project-3', ['check'])).stderr).not.toContain('OTHER_URL');
  const strict = await copies.stackEnv('project-3', ['check', '--strict', '--json']);
  expect(strict.code).toBe(3);
  expect(JSON.parse(strict.stdout).problems).toMatchObject([{ code: 'env-mismatch', severity: 'error' }]);
  expect((await copies.stackEnv('project-3', [])).stdout).toContain("export API_PORT='8003'");
});

test('a .env that is a FIFO, a folder, huge or no text is told and never waited for', async () => {
  const copies = await openCopies(['project-3']);
  await exec('mkfifo', [copies.path('project-3/.env')]);
  await mkdir(copies.path('project-3/.env.local'));
  await writeFile(copies.path('project-3/.env.test'), Buffer.alloc(1024 * 1024 + 1, 'a'));
  await writeFile(copies.path('project-3/.env.production'), Buffer.from([0xff, 0xfe, 0x80]));
  const { code, stdout } = await copies.stackEnv('project-3', ['check', '--json']);
  expect(code).toBe(0);
  expect(
    JSON.parse(stdout)
      .problems.map(({ message }: { message: string }) => message)
      .sort(),
  ).toEqual([
    '.env cannot be read, so nothing in it was checked: it is not a regular file.',
    '.env.production cannot be read, so nothing in it was checked: it is not UTF-8 text.',
    '.env.test cannot be read, so nothing in it was checked: it is larger than 1 MB.',
  ]);
  expect((await copies.stackEnv('project-3', ['check', '--strict'])).code).toBe(3);
});

test('a path through a link into another copy is found', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  await mkdir(copies.path('project-2/.venv'));
  await symlink(copies.path('project-2'), copies.path('shortcut'));
  const { code, stderr } = await copies.stackEnv('project-3', ['check'], {
    VIRTUAL_ENV: copies.path('shortcut/.venv/not/there'),
    OLDPWD: copies.path('project-2'),
  });
  expect(code).toBe(3);
  expect(stderr).toContain('VIRTUAL_ENV (shell)');
  expect(stderr).toContain('inside project-2');
  expect(stderr).toContain('hint: Run: unset VIRTUAL_ENV');
});

test('two folders with one slot: exit 2, and both are named', async () => {
  const copies = await openCopies(['project-3', 'project_3']);
  const { code, stdout, stderr } = await copies.stackEnv('project-3', []);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(copies.path('project-3'));
  expect(stderr).toContain(copies.path('project_3'));
});

test('usage and configuration: exit 2, one message with a hint, and JSON where that was asked for', async () => {
  const copies = await openCopies(['project-3']);
  await copies.write('broken/sidings.json', '{ "project": ');
  for (const [folder, args, message] of [
    ['.', [], /^stack-env: No sidings\.json in .*\n {2}hint: .*stack-env init.*\n$/],
    ['broken', [], /^stack-env: .*sidings\.json:1:\d+: .*\n {2}hint: .*\n$/],
    ['project-3', ['chek'], /^stack-env: There is no command chek; there are check, run, compose, db, init, write\.\n/],
    ['project-3', ['--jsn'], /^stack-env: unknown option '--jsn' \(Did you mean --json\?\)\.\n/],
    ['project-3', ['--format', 'xml'], /^stack-env: .*Allowed choices are shell, dotenv, json\.\n/],
    ['project-3', ['check', 'more'], /^stack-env: .*too many arguments/],
    ['project-3', ['run'], /^stack-env: missing required argument 'command'\.\n/],
    [
      'project-3',
      ['run', '--service', 'nope', '--', 'true'],
      /^stack-env: project-3 has no service called nope\.\n {2}hint: It has: api, web, postgres, redis\.\n/,
    ],
    ['project-3', ['--dir'], /^stack-env: option '--dir <directory>' argument missing\.\n/],
    ['project-3', ['--dir', '/nowhere/at/all'], /^stack-env: No sidings\.json in \/nowhere/],
  ] as const) {
    const { code, stdout, stderr } = await copies.stackEnv(folder, args);
    expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  }
  const json = await copies.stackEnv('.', ['--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ problems: [{ code: 'project-not-found', severity: 'error' }] });
  expect(JSON.parse((await copies.stackEnv('.', ['check', '--json', '--nope'])).stdout)).toMatchObject({
    problems: [{ code: 'usage' }],
  });
});

test('help and version', async () => {
  const copies = await openCopies([]);
  const help = await copies.stackEnv('.', ['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const word of ['check', 'run', 'init', 'write', '--dir', '--replace', '3 rejected by a guard'])
    expect(help.stdout).toContain(word);
  expect((await copies.stackEnv('.', ['write', '--help'])).stdout).toContain('.env.local');
  expect((await copies.stackEnv('.', ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('a reader that leaves is no error', async () => {
  const copies = await openCopies(['project-3']);
  const script = '"$NODE" "$STACK_ENV" --json | true; "$NODE" "$STACK_ENV" --help | true; echo $?';
  const { ended } = copies.start('sh', ['-c', script], {
    cwd: copies.path('project-3'),
    env: { NODE: process.execPath, STACK_ENV: stackEnvFile },
  });
  expect(await ended).toMatchObject({ stdout: '0\n', stderr: '' });
});

test.runIf(process.platform === 'linux').each(['', '--json', 'check --json'])(
  'an output that is full is an error: %s',
  async (args) => {
    const copies = await openCopies(['project-3']);
    const { ended } = copies.start('sh', ['-c', `"$NODE" "$STACK_ENV" ${args} > /dev/full`], {
      cwd: copies.path('project-3'),
      env: { NODE: process.execPath, STACK_ENV: stackEnvFile },
    });
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^stack-env: The output cannot be written: no space is left on the device\.\n {2}hint: .*\n$/,
    );
  },
);

test('a folder that was removed under the shell', async () => {
  const copies = await openCopies(['project-3']);
  const script = 'mkdir gone && cd gone && rmdir ../gone && "$NODE" "$STACK_ENV"';
  const { ended } = copies.start('sh', ['-c', script], { env: { NODE: process.execPath, STACK_ENV: stackEnvFile } });
  const { code, stderr } = await ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^stack-env: No sidings\.json in the current folder, which does not exist any more,/);
});

test.runIf(process.platform === 'linux')('a folder that the system makes for nobody: exit 1, at once', async () => {
  const copies = await openCopies(['project-3', 'feature-login']);
  const { code, stdout, stderr } = await copies.stackEnv('feature-login', ['--state-dir', '/proc/x/state']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^stack-env: The state folder cannot be written: .*: no such file or folder\.\n/);
  const run = ['run', '--service', 'api', '--state-dir', '/proc/x', '--', 'echo', 'runs'];
  expect(await copies.stackEnv('project-3', run)).toMatchObject({ code: 0, stdout: 'runs\n' });
});

test('a state folder that cannot be written: exit 1 and no port', async () => {
  const copies = await openCopies(['feature-login']);
  await copies.write('file', '');
  const { code, stdout, stderr } = await copies.stackEnv('feature-login', ['--state-dir', copies.path('file/state')]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^stack-env: The state folder cannot be (?:read|written): /);
});
