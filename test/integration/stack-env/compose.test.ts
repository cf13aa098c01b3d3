import { chmod, mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eventually } from '../../support/raw.ts';
import { type Copies, openCopies, stackEnvFile } from '../../support/stack-env.ts';

// What Docker itself makes of it is tested in test/docker. Here a script stands in its place, where only the call matters.
const shows = 'printf "%s|" "$@"; echo; pwd; echo "$PWD $COMPOSE_PROJECT_NAME $API_PORT"';
const plugin = `if [ "$1 $2" = "compose version" ]; then exit 0; fi; if [ "$1" != compose ]; then exit 1; fi; ${shows}`;
const noPlugin = 'exit 1';

/** Copies, and a PATH with nothing but these commands. */
const open = async (commands: Readonly<Record<string, string>>, names = ['project', 'project-2', 'project-3']) => {
  const copies = await openCopies(names);
  await mkdir(copies.path('bin'));
  for (const [name, script] of Object.entries(commands)) {
    await copies.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(copies.path('bin', name), 0o755);
  }
  const start = (folder: string, args: readonly string[], env: Record<string, string> = {}) =>
    copies.start(process.execPath, [stackEnvFile, ...args], {
      cwd: copies.path(folder),
      env: { PATH: copies.path('bin'), ...env },
      input: '',
    });
  return { copies, start, run: (...call: Parameters<typeof start>) => start(...call).ended };
};

const composeFile = (copies: Copies, text: string, file = 'project-3/compose.yaml') => copies.write(file, text);

test.each([
  ['the plugin', { docker: plugin }, 'compose|'],
  ['v1 where there is no plugin', { docker: noPlugin, 'docker-compose': shows }, ''],
  ['v1 without docker', { 'docker-compose': shows }, ''],
])('%s: arguments as they are, the folder and the environment of the copy', async (_name, commands, first) => {
  const { copies, run } = await open(commands);
  await mkdir(copies.path('project-3/web/deep'), { recursive: true });
  const directory = copies.path('project-3');
  for (const args of [
    ['--profile', 'full', 'up', '-d'],
    ['-f', 'a b.yaml', 'exec', '-T', 'api', 'sh', '-c', 'echo "$X" --json', '--', '--dir'],
    ['ps', '--format', 'json'],
  ]) {
    expect(await run('project-3/web/deep', ['compose', ...args])).toEqual({
      code: 0,
      signal: undefined,
      stdout: `${first}--project-directory|${directory}|${args.join('|')}|\n${directory}\n${directory} project-3 8003\n`,
      stderr: '',
    });
  }
  const main = await run('project-3', ['--dir', '../project', 'compose', 'ps']);
  expect(main.stdout).toContain(`${copies.path('project')} project 8000\n`);
  const own = await run('project-3/web', ['compose', '-p', 'project-3', '--project-directory', '.', 'ps']);
  expect(own.stdout).toMatch(/^(?:compose\|)?-p\|project-3\|--project-directory\|\.\|ps\|\n/);
});

test('the exit code and the signal are those of compose', async () => {
  const { start } = await open({
    'docker-compose': 'trap "echo ended; exit 9" TERM; echo up; while :; do :; done',
  });
  const started = start('project-3', ['compose', 'up']);
  await eventually(() => started.output() === 'up\n');
  started.child.kill('SIGTERM');
  expect(await started.ended).toMatchObject({ code: 9, stdout: 'up\nended\n' });
  const { start: again } = await open({ 'docker-compose': 'kill -KILL $$' });
  expect(await again('project-3', ['compose', 'up']).ended).toMatchObject({ signal: 'SIGKILL' });
});

test('neither of them: what to do', async () => {
  const { run } = await open({ docker: noPlugin });
  const { code, stderr } = await run('project-3', ['compose', 'up']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^stack-env: Neither `docker compose` nor docker-compose is on this machine\.\n {2}hint: Install /,
  );
});

test('guards first: the environment, and options that mean another copy', async () => {
  const { copies, run } = await open({ 'docker-compose': 'echo ran' });
  const mismatch = await run('project-3', ['compose', 'up'], { COMPOSE_PROJECT_NAME: 'project-2' });
  expect(mismatch).toMatchObject({ code: 3, stdout: '' });
  expect(mismatch.stderr).toContain('COMPOSE_PROJECT_NAME (shell) is project-2');
  expect((await run('project-3', ['compose', '--replace', 'up'], { COMPOSE_PROJECT_NAME: 'project-2' })).stdout).toBe(
    'ran\n',
  );
  expect(await run('project-3', ['compose', '-p', 'project-2', 'down', '-v'])).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('-p project-2 is not for project-3, whose compose project is project-3.'),
  });
  expect(await run('project-3', ['compose', '--project-directory=../project-2', 'up'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`whose compose folder is ${copies.path('project-3')}.`),
  });
});

const fixed = `name: project
x-ports: &ports
  - "8025:8025"
services:
  api:
    container_name: api
    ports:
      - "127.0.0.1:8000:8000"
      - target: 80
        published: 8081
  mail:
    ports: *ports
  ok:
    ports: ["\${API_PORT:-8000}:8000", "3000"]
volumes:
  data:
    name: data
`;

test('check finds what is the same in every copy, with its line and the mend', async () => {
  const { copies, run } = await open({});
  await composeFile(copies, fixed);
  await composeFile(copies, 'services: { api: { ports: [ "5432:5432" ] } }', 'project-3/compose.override.yml');
  await composeFile(copies, fixed, 'project-3/unused.yaml');
  const { code, stdout } = await run('project-3', ['check', '--json']);
  expect(code).toBe(3);
  const { problems } = JSON.parse(stdout) as { problems: { severity: string; message: string; hint: string }[] };
  expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
    'warning compose.yaml:1: the compose project is called project in every copy.',
    'error compose.yaml:8: api publishes port 8000 of this machine in every copy.',
    'error compose.yaml:9: api publishes port 8081 of this machine in every copy.',
    'error compose.yaml:3: mail publishes port 8025 of this machine in every copy.',
    'error compose.yaml:6: the container of api is called api in every copy.',
    'error compose.yaml:17: the volume data is called data in every copy.',
    'error compose.override.yml:1: api publishes port 5432 of this machine in every copy.',
  ]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is to be written in the file
  expect(problems[1]?.hint).toBe('Write there: "127.0.0.1:${API_PORT:-8000}:8000"');

  // From a folder below, paths are as they are seen from there; compose does not run.
  await mkdir(copies.path('project-3/web'));
  const below = await run('project-3/web', ['compose', 'up']);
  expect(below).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('../compose.yaml:8: api') });
  // In main the usual ports are its own.
  await composeFile(copies, fixed, 'project/compose.yaml');
  expect(await run('project', ['check'])).toMatchObject({ code: 0, stderr: expect.stringContaining('warning: ') });
});

test('the files that are looked at are those that compose is told to take', async () => {
  const { copies, run } = await open({ 'docker-compose': 'echo ran' });
  const bad = 'services: { api: { ports: [ "8000:8000" ] } }';
  await composeFile(copies, 'services: {}');
  await composeFile(copies, bad, 'project-3/other/bad.yaml');
  expect((await run('project-3', ['compose', 'up'])).stdout).toBe('ran\n');
  expect((await run('project-3', ['compose', '-f', 'other/bad.yaml', 'up'])).stderr).toContain('other/bad.yaml:1: api');
  expect((await run('project-3', ['check'], { COMPOSE_FILE: 'compose.yaml:other/bad.yaml' })).code).toBe(3);
  await copies.write('project-3/.env', 'COMPOSE_FILE=other/bad.yaml\n');
  expect((await run('project-3', ['check'])).code).toBe(3);
  expect((await run('project-3', ['compose', '-f', 'compose.yaml', 'up'])).stdout).toBe('ran\n');
});

test('a file that cannot be read is told, and left to compose', async () => {
  const { copies, run } = await open({ 'docker-compose': 'echo ran; exit 15' });
  await composeFile(copies, 'services:\n  a: [\n');
  const { code, stdout, stderr } = await run('project-3', ['compose', 'up']);
  expect({ code, stdout }).toEqual({ code: 15, stdout: 'ran\n' });
  expect(stderr).toContain('warning: compose.yaml cannot be read, so nothing in it was checked');
});

test('db: what needs no server', async () => {
  const { copies, run } = await open({});
  const url = 'postgresql://postgres:postgres@localhost:5435/project_3';
  expect(await run('project-3', ['db', 'url'])).toMatchObject({ code: 0, stdout: `${url}\n`, stderr: '' });
  expect(JSON.parse((await run('project-3', ['db', 'url', '--json'])).stdout)).toEqual({
    url,
    service: 'postgres',
    database: 'project_3',
  });
  const unknown = await run('project-3', ['db', 'clone', '--from', 'project-9']);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Known here: project, project-2.') });
  expect((await run('project-3', ['db', 'clone', '--from', 'project-3'])).code).toBe(2);
  expect((await run('project-3', ['db', 'clone'])).stderr).toContain("required option '--from <copy>' not specified");
  expect((await run('project-3', ['db'])).code).toBe(2);
  // Two folders with one slot: none of them is certain to have its own.
  await copies.write('project_3/sidings.json', JSON.stringify({ project: 'project', services: { web: { port: 80 } } }));
  expect(await run('project-3', ['db', 'url'])).toMatchObject({ code: 2, stdout: '' });
  expect((await run('project_3', ['db', 'reset', '--yes'])).code).toBe(2);
  await copies.write('alone/sidings.json', JSON.stringify({ project: 'alone', services: { web: { port: 8080 } } }));
  expect(await run('alone', ['db', 'url'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('alone has no PostgreSQL database'),
  });
});
