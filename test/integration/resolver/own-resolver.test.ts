import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { resolveCopy } from '../../../src/resolver/resolve.ts';
import { makeCopy, notes, settingsIn } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';
import { stackEnvFile } from '../../support/stack-env.ts';

interface Scene {
  readonly name?: string;
  readonly script: string;
  readonly command?: readonly string[];
  readonly timeout?: number;
}

/** A copy under a trusted root whose project has a resolver script. */
const scene = async ({ name = 'project-3', script, command = ['./ports', '--json'], timeout }: Scene) => {
  const folder = await temporaryFolder();
  const root = join(folder, 'code');
  const resolver = { command, ...(timeout !== undefined && { timeout }) };
  const directory = await makeCopy(join(root, name), { ...notes, resolver });
  await write(join(directory, 'ports'), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, 'ports'), 0o755);
  const settings = settingsIn(folder, { trustedRoots: [root] });
  return { folder, root, directory, settings, resolve: () => resolveCopy(directory, settings) };
};

test('JSON goes before what is computed, and placeholders follow it', async () => {
  const { resolve } = await scene({
    script: `echo '{ "services": { "postgres": { "port": 15435 }, "mail": { "kind": "tcp", "port": 1025 } }, "env": { "EXTRA": "x" } }'`,
  });
  const copy = await resolve();
  expect(copy).toMatchObject({
    slot: 3,
    services: { api: { port: 8003 }, postgres: { kind: 'tcp', port: 15435 }, mail: { kind: 'tcp', port: 1025 } },
    env: {
      STACK_NAME: 'project-3',
      POSTGRES_PORT: '15435',
      DATABASE_URL: 'postgresql://postgres:postgres@localhost:15435/project_3',
      EXTRA: 'x',
    },
  });
});

test('lines KEY=VALUE give ports by the variables of the services', async () => {
  const { resolve } = await scene({ script: 'echo "export API_PORT=9123"; echo "DATABASE_URL=postgres://other"' });
  expect(await resolve()).toMatchObject({
    services: {
      api: {
        port: 9123,
        localUrl: 'http://localhost:9123',
        url: 'https://project-3.api.localhost',
        health: '/healthz',
      },
      web: { port: 5176, default: true },
    },
    env: { API_PORT: '9123', DATABASE_URL: 'postgres://other' },
  });
});

test('a slot of its own needs no claim', async () => {
  const { resolve, settings } = await scene({ name: 'feature', script: 'echo STACK_SLOT=9' });
  expect(await resolve()).toMatchObject({ slot: 9, services: { api: { port: 8009 } }, env: { STACK_SLOT: '9' } });
  await expect(readFile(join(settings.stateDirectory, 'slots.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('it runs in the copy, with arguments as they are and a clean environment', async () => {
  process.env.SIDINGS_TEST_SECRET = 'x';
  const { resolve, directory } = await scene({
    command: ['./ports', '$(id)', 'two words', '*'],
    script: 'env | sed "s/^/SEEN_/;s/=.*//" | sed "s/$/=1/"; echo "ARGS=$#:$1:$2:$3"; echo "WHERE=$PWD"',
  });
  const { env } = await resolve();
  delete process.env.SIDINGS_TEST_SECRET;
  expect(env).toMatchObject({ ARGS: '3:$(id):two words:*', WHERE: directory });
  const seen = Object.keys(env).filter((name) => name.startsWith('SEEN_'));
  const allowed = ['HOME', 'LANG', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', 'TMPDIR', '_'];
  expect(seen.filter((name) => !allowed.includes(name.slice('SEEN_'.length)))).toEqual([]);
  expect(seen).toContain('SEEN_PATH');
});

test('it does not run outside the trusted roots, and says where to give trust', async () => {
  const { folder, root, directory, settings } = await scene({ script: 'touch ran; echo A=1' });
  await mkdir(join(folder, 'co'));
  for (const trustedRoots of [[], [join(folder, 'co')], [join(directory, 'inner')], [join(folder, 'absent')]]) {
    await expect(resolveCopy(directory, { ...settings, trustedRoots })).rejects.toMatchObject({
      code: 'resolver-untrusted',
      exitCode: 2,
      hint: expect.stringContaining(settings.configFile),
    });
  }
  await expect(readFile(join(directory, 'ran'))).rejects.toMatchObject({ code: 'ENOENT' });
  // The real path decides, both ways.
  await symlink(directory, join(folder, 'co', 'project-3'));
  await expect(
    resolveCopy(join(folder, 'co', 'project-3'), { ...settings, trustedRoots: [join(folder, 'co')] }),
  ).rejects.toMatchObject({ code: 'resolver-untrusted' });
  await symlink(root, join(folder, 'link'));
  expect((await resolveCopy(directory, { ...settings, trustedRoots: [join(folder, 'link')] })).env.A).toBe('1');
});

test.each([
  ['exit 3', /failed: it ended with 3\.$/],
  ['echo "no database" >&2; exit 1', /failed: it ended with 1: no database\.$/],
  ['kill -KILL $$', /failed: SIGKILL\.$/],
  ['true', /failed: it printed nothing\.$/],
  ['echo hello', /neither JSON nor KEY=VALUE\.$/],
  ['echo STACK_NAME=project-4', /its answer is about project-4\.$/],
  ['echo API_PORT=5176', /api and web would both have port 5176\.$/],
  ['echo WEB_PORT=6000', /browsers refuse to open port 6000, which web would have\.$/],
  ['echo STACK_SLOT=60000', /api would have port 68000\.$/],
  ['yes A=1', /it printed more than 1 MB\.$/],
])('when it does %j, the copy has the reason as its error', async (script, message) => {
  const { resolve, directory } = await scene({ script });
  await expect(resolve()).rejects.toMatchObject({
    code: 'resolver-failed',
    exitCode: 1,
    message: expect.stringMatching(message),
  });
  await expect(resolve()).rejects.toThrow(`The resolver command ./ports --json of ${directory} failed:`);
});

test('a command that is not there is an error', async () => {
  const { resolve } = await scene({ script: '', command: ['./absent'] });
  await expect(resolve()).rejects.toMatchObject({
    code: 'resolver-failed',
    message: expect.stringMatching(/no such file or folder\.$/),
  });
});

/** Whether a process with this id exists. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a command that does not end is stopped, with all that it started', async () => {
  const { resolve, directory } = await scene({
    script: 'sleep 600 & echo $! >child; echo $$ >parent; wait',
    timeout: 0.5,
  });
  await expect(resolve()).rejects.toMatchObject({
    code: 'resolver-timeout',
    exitCode: 124,
    message: expect.stringContaining('did not end within 0.5 s'),
  });
  for (const file of ['child', 'parent']) {
    const pid = Number(await readFile(join(directory, file), 'utf8'));
    await eventually(() => !isRunning(pid), `the end of the ${file}`);
  }
});

test('what it leaves running keeps nobody waiting', async () => {
  const { resolve, directory } = await scene({ script: 'sleep 600 & echo $! >child; echo A=1', timeout: 60 });
  expect((await resolve()).env.A).toBe('1');
  const pid = Number(await readFile(join(directory, 'child'), 'utf8'));
  await eventually(() => !isRunning(pid), 'the end of the child');
});

/** Leaves the process group, as a server that makes itself a daemon does, and keeps the pipes. */
const leave = `"${process.execPath}" -e '
  const { spawn } = require("node:child_process");
  const { writeFileSync } = require("node:fs");
  const child = spawn("sleep", ["600"], { detached: true, stdio: "inherit" });
  writeFileSync("child", String(child.pid));
  child.unref();
'`;
const escaped = async (directory: string): Promise<void> => {
  const pid = Number(await readFile(join(directory, 'child'), 'utf8'));
  onTestFinished(() => void process.kill(pid));
};

test('what left its process group and holds the pipes keeps nobody waiting either', async () => {
  const { resolve, directory } = await scene({ script: `${leave}; echo A=1`, timeout: 60 });
  expect((await resolve()).env.A).toBe('1');
  await escaped(directory);
});

test('nor after the time is up: the whole command ends', async () => {
  const { directory, folder, root } = await scene({ script: `${leave}; exec sleep 600`, timeout: 1 });
  await write(join(folder, 'config.json'), JSON.stringify({ roots: [{ directory: root, trusted: true }] }));
  const env = { PATH: process.env.PATH, HOME: folder, SIDINGS_CONFIG: join(folder, 'config.json') };
  const started = spawn(process.execPath, [stackEnvFile], { cwd: directory, env, stdio: 'ignore' });
  onTestFinished(() => void started.kill('SIGKILL'));
  expect(await once(started, 'exit')).toEqual([124, null]);
  await escaped(directory);
});

test.runIf(process.getuid?.() === 0)('run by root, it works as the owner of the folder', async () => {
  const { folder, directory, resolve, root } = await scene({ script: 'echo "WHO=$(id -u):$(id -G):$HOME"' });
  await rm(join(folder, 'state'), { recursive: true, force: true });
  for (const path of [folder, root]) await chmod(path, 0o755);
  await chown(directory, 65534, 65534);
  expect((await resolve()).env.WHO).toMatch(/^65534:65534:\/\S*$/);
});

test('a command that nobody waits for any more is ended with all that it started', async () => {
  const { directory, settings } = await scene({ script: 'sleep 60 & echo $! > pid; wait', timeout: 60 });
  const end = new AbortController();
  const outcome = resolveCopy(directory, { ...settings, signal: end.signal });
  const failed = expect(outcome).rejects.toMatchObject({ code: 'resolver-failed' });
  const started = (): Promise<number> => readFile(join(directory, 'pid'), 'utf8').then(Number, () => 0);
  await eventually(async () => (await started()) > 0, 'the command to run');
  end.abort();
  await failed;
  const pid = await started();
  await eventually(() => !isRunning(pid), 'the end of what it started');
  await expect(resolveCopy(directory, { ...settings, signal: end.signal })).rejects.toMatchObject({
    code: 'resolver-failed',
  });
});
