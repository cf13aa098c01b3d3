import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { explainBinding } from '../../../src/cli/sidings/explain-binding.ts';
import type { State, Workstream } from '../../../src/model/workstream.ts';
import { readListeners } from '../../../src/registry/listeners-linux.ts';
import { ask, runCommand, start, startCommand, startService, startSidings } from '../../support/commands.ts';
import { makeCopy } from '../../support/copies.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { portOf } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';

const workstreams = async (port: number): Promise<readonly Workstream[]> =>
  (JSON.parse((await ask(port, 'localhost', '/api/workstreams')).text) as State).workstreams;

const stateOf = async (port: number, name: string, service: string): Promise<string | undefined> =>
  (await workstreams(port)).find((workstream) => workstream.name === name)?.services.find((s) => s.name === service)
    ?.state;

test('every hostname of a copy leads to its own service, on both loopback families', async () => {
  const folder = await temporaryFolder();
  const copies = await makeCopies(folder, ['project', 'project-2', 'project-3']);
  for (const { name, directory, ports } of copies)
    for (const service of ['api', 'web']) await startService(directory, ports[service] ?? 0, `${service} of ${name}`);
  const { port, httpsPort, ready } = await startSidings([], { cwd: join(folder, 'project-2') });
  expect(ready).toMatchObject({ ready: true, roots: [folder], http: { addresses: ['127.0.0.1', '::1'] } });
  for (const mine of process.platform === 'linux' ? [port, httpsPort] : []) {
    const addresses = (await readListeners()).flatMap(({ address, port }) => (port === mine ? [address] : []));
    expect(addresses.sort()).toEqual(['127.0.0.1', '::1']);
  }

  for (const { name } of copies) {
    for (const hostname of [`${name}.api`, `api.${name}`, `${name}-api`])
      expect((await ask(port, `${hostname}.localhost`)).text).toBe(`api of ${name}`);
    for (const hostname of [`${name}.web`, `web.${name}`, `${name}-web`, name])
      expect((await ask(port, `${hostname}.localhost`, '/', { address: '::1' })).text).toBe(`web of ${name}`);
  }
  expect((await ask(port, 'localhost')).text).toContain('<title>');
  expect((await ask(port, 'sidings.localhost')).text).toContain('<title>');
  expect((await ask(port, 'project-9.web.localhost')).status).toBe(404);
  expect((await ask(port, 'example.com')).status).toBe(421);
});

test('SIGTERM lets a request that is under way finish, and ends with 0', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const slow = createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
      finish = () => socket.end('cd');
    });
  });
  let finish: (() => void) | undefined;
  await new Promise<void>((resolve) => slow.listen(copy.ports.api, '127.0.0.1', resolve));
  onTestFinished(() => {
    slow.close();
  });
  const sidings = await startSidings([], { cwd: copy.directory });
  const answer = ask(sidings.port, 'project-2.api.localhost');
  await eventually(() => finish !== undefined, 'the request at the service');
  sidings.child.kill('SIGTERM');
  await eventually(() => sidings.stderr().includes('ending'), 'the end to begin');
  finish?.();
  expect((await answer).text).toBe('abcd');
  expect(await sidings.ended).toMatchObject({ code: 0 });
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s while it starts ends it with 0, and nothing is bound', async (name) => {
  const folder = await temporaryFolder();
  await makeCopies(folder, ['project-2']);
  // A resolver that does not answer keeps it from being ready for two seconds.
  const slow = join(folder, 'project-3');
  await mkdir(slow);
  const resolver = {
    timeout: 60,
    command: [process.execPath, '-e', 'require("fs").writeFileSync("begun", ""); setTimeout(() => {}, 60_000)'],
  };
  await writeFile(join(slow, 'sidings.json'), JSON.stringify({ project: 'project', services: {}, resolver }));
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify({ roots: [{ directory: folder, trusted: true }] }));
  const args = ['start', '--no-tls', '--http-port', '0', '--config', file];
  const sidings = startCommand('sidings', args, { cwd: folder });
  await eventually(() => existsSync(join(slow, 'begun')), 'the look at the copies to begin');
  sidings.child.kill(name);
  expect(await sidings.ended).toMatchObject({ code: 0, stdout: '' });
});

test('copies that come and go, and services that start and stop, show without a restart', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const { port } = await startSidings([], { cwd: copy.directory });
  expect(await stateOf(port, 'project-2', 'api')).toBe('down');

  const service = await startService(copy.directory, copy.ports.api ?? 0, 'api');
  await eventually(async () => (await stateOf(port, 'project-2', 'api')) === 'up', 'the service to be up');
  service.child.kill();
  await eventually(async () => (await stateOf(port, 'project-2', 'api')) === 'down', 'the service to be down');

  await mkdir(join(folder, 'project-7'));
  await writeFile(
    join(folder, 'project-7', 'sidings.json'),
    await readFile(join(copy.directory, 'sidings.json'), 'utf8'),
  );
  const names = async () => (await workstreams(port)).map(({ name }) => name).sort();
  await eventually(async () => (await names()).join() === 'project-2,project-7', 'the new copy');
  await rm(join(folder, 'project-7'), { recursive: true });
  await eventually(async () => (await names()).join() === 'project-2', 'the end of the copy');
});

test('a port of one copy that a process of another copy holds is refused with 409 and named', async () => {
  const folder = await temporaryFolder();
  const [second, third] = await makeCopies(folder, ['project-2', 'project-3']);
  if (second === undefined || third === undefined) throw new Error('no copies');
  const { child } = await startService(second.directory, third.ports.api ?? 0, 'the wrong API');
  const { port } = await startSidings([], { cwd: third.directory });
  const answer = await ask(port, 'project-3.api.localhost');
  expect(answer.status).toBe(409);
  const problem = JSON.parse(answer.text) as { code: string; title: string };
  expect(problem.code).toBe('foreign-owner');
  expect(problem.title).toContain(String(child.pid));
  expect(problem.title).toContain('project-2');
  expect(await stateOf(port, 'project-3', 'api')).toBe('foreign');

  // The same while it runs: the wrong process leaves, the right one comes.
  child.kill();
  await eventually(async () => (await ask(port, 'project-3.api.localhost')).status === 502, 'the port to be free');
  await startService(third.directory, third.ports.api ?? 0, 'the right API');
  expect((await ask(port, 'project-3.api.localhost')).text).toBe('the right API');
});

test('two folders that claim one slot are both refused, and named', async () => {
  const folder = await temporaryFolder();
  for (const name of ['one', 'two']) await mkdir(join(folder, name));
  const [first] = await makeCopies(join(folder, 'one'), ['project-2']);
  if (first === undefined) throw new Error('no copy');
  await mkdir(join(folder, 'two/project2'));
  await copyFile(join(first.directory, 'sidings.json'), join(folder, 'two/project2/sidings.json'));
  await startService(first.directory, first.ports.api ?? 0, 'whose API?');
  const { port } = await startSidings(['--root', join(folder, 'one'), '--root', join(folder, 'two')], { cwd: folder });
  for (const hostname of ['project-2.api.localhost', 'project2.api.localhost']) {
    const answer = await ask(port, hostname);
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'slot-taken' });
    expect(answer.text).toContain(join(folder, 'one/project-2'));
    expect(answer.text).toContain(join(folder, 'two/project2'));
  }
});

test('a service that is down is explained: its ports, its log, its command', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const place = { cwd: copy.directory };
  const failing = ['run', '--service', 'api', '--', 'node', '-e', 'console.log("\\u001b[31mno <database>\\u001b[0m")'];
  expect(await runCommand('stack-env', failing, place)).toMatchObject({ code: 0 });
  await startService(copy.directory, copy.ports.web ?? 0, 'web');
  const { port } = await startSidings([], place);

  const answer = await ask(port, 'project-2.api.localhost');
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'upstream-refused',
    port: copy.ports.api,
    diagnosis: { listening: [{ port: copy.ports.web }], logTail: ['no <database>'] },
  });
  const page = await ask(port, 'project-2.api.localhost', '/', { headers: { accept: 'text/html' } });
  expect(page.status).toBe(502);
  expect(page.text).toContain('no &lt;database&gt;');
  expect(page.text).toContain('stack-env run --service api');
});

test('ls, lookup and check tell the same with a daemon and without', async () => {
  const folder = await temporaryFolder();
  const [main, second] = await makeCopies(folder, ['project', 'project-2']);
  if (main === undefined || second === undefined) throw new Error('no copies');
  await mkdir(join(second.directory, 'src/deep'), { recursive: true });
  await startService(second.directory, second.ports.web ?? 0, 'web');
  const { port, httpsPort } = await startSidings([], { cwd: folder, env: { SIDINGS_ROOT: folder } });

  for (const httpPort of [String(port), '1']) {
    const env = { SIDINGS_HTTP_PORT: httpPort, SIDINGS_HTTPS_PORT: String(httpsPort) };
    const place = { cwd: join(second.directory, 'src/deep'), env };
    const listed = await runCommand('sidings', ['ls', '--json'], place);
    expect(listed).toMatchObject({ code: 0 });
    const { workstreams: all } = JSON.parse(listed.stdout) as State;
    expect(all.map(({ name }) => name)).toEqual(['project', 'project-2']);
    const text = await runCommand('sidings', ['ls'], place);
    expect(text.stdout).toMatch(/^project-2 +2 +api +down .*\n +web +up /m);

    const found = await runCommand('sidings', ['lookup', '--json'], place);
    expect(JSON.parse(found.stdout)).toMatchObject({
      name: 'project-2',
      slot: 2,
      directory: second.directory,
      live: true,
      services: expect.arrayContaining([
        expect.objectContaining({ name: 'web', state: 'up', localUrl: `http://localhost:${second.ports.web}` }),
      ]),
    });
    const address = `https://project-2.web.localhost:${httpsPort}`;
    expect((await runCommand('sidings', ['lookup', 'web'], place)).stdout).toBe(`${address}\n`);
    const opened = httpPort === '1' ? `http://localhost:${second.ports.web}` : address;
    expect((await runCommand('sidings', ['open'], place)).stdout).toBe(`${opened}\n`);

    expect(await runCommand('sidings', ['check'], place)).toMatchObject({ code: 0 });
    const foreign = { ...place, env: { ...place.env, API_PORT: String(main.ports.api) } };
    const rejected = await runCommand('sidings', ['check', '--json'], foreign);
    expect(rejected.code).toBe(3);
    expect(JSON.parse(rejected.stdout)).toMatchObject({ problems: [{ code: 'env-mismatch' }] });
  }
});

test('questions without an answer end with 2 and say what to do', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const place = { cwd: copy.directory, env: { SIDINGS_HTTP_PORT: '1' } };
  const unknown = await runCommand('sidings', ['lookup', 'nothing'], place);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('It has: api, web');

  const outside = { ...place, cwd: folder };
  const empty = await temporaryFolder();
  const nothing = await runCommand('sidings', ['ls', '--root', empty], outside);
  expect(nothing).toMatchObject({ code: 0, stderr: '' });
  expect(nothing.stdout).toBe(
    'There are no workstreams: no folder with a sidings.json, which `stack-env init` writes, is in a --root.\n',
  );
  expect(await runCommand('sidings', ['lookup'], outside)).toMatchObject({ code: 2 });
  const started = await runCommand('sidings', ['start', '--http-port', '0'], outside);
  expect(started).toMatchObject({ code: 2, stdout: '' });
  expect(started.stderr).toContain('--root');
  expect(await runCommand('sidings', ['start', '--http-port', '70000'], place)).toMatchObject({ code: 2 });
  expect(await runCommand('sidings', ['start', '--nonsense'], place)).toMatchObject({ code: 2 });
  expect(await runCommand('sidings', ['nonsense'], place)).toMatchObject({ code: 2 });
});

test('a daemon with other suffixes answers whoever knows them, and nobody else', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const { port } = await startSidings(['--suffix', 'test'], { cwd: copy.directory });
  const place = { cwd: copy.directory, env: { SIDINGS_HTTP_PORT: String(port) } };
  const known = await runCommand('sidings', ['lookup', 'web', '--suffix', 'test'], place);
  expect(known).toMatchObject({ code: 0, stdout: expect.stringContaining('//project-2.web.test:') });
  expect((await runCommand('sidings', ['ls', '--suffix', 'test'], place)).stdout).not.toContain('No sidings runs');
  const unknown = await runCommand('sidings', ['ls', '--json'], place);
  expect(unknown.code).toBe(2);
  expect(JSON.parse(unknown.stdout)).toMatchObject({ problems: [{ code: 'daemon-suffixes' }] });
});

test('check guards by the settings that it is given', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const project = join(copy.directory, 'sidings.json');
  const content = JSON.parse(await readFile(project, 'utf8')) as object;
  const resolver = { command: [process.execPath, '-p', '"EXTRA=1"'] };
  await writeFile(project, JSON.stringify({ ...content, resolver }));
  const config = join(folder, 'other.json');
  await writeFile(config, JSON.stringify({ httpPort: 1, roots: [{ directory: folder, trusted: true }] }));
  const place = { cwd: copy.directory };
  expect(await runCommand('sidings', ['check', '--config', config], place)).toMatchObject({ code: 0, stderr: '' });
});

test('what is wrong with a copy is said where its services are asked for', async () => {
  const folder = await temporaryFolder();
  const directory = join(folder, 'project-2');
  await mkdir(directory);
  await writeFile(join(directory, 'sidings.json'), '{');
  const place = { cwd: directory, env: { SIDINGS_HTTP_PORT: '1' } };
  for (const args of [['open'], ['open', 'web'], ['lookup', 'web']]) {
    const { code, stdout, stderr } = await runCommand('sidings', args, place);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('sidings.json:1:2: close brace expected.');
  }
  const shown = await runCommand('sidings', ['lookup'], place);
  expect(shown.stdout).toContain('project-2: not understood\n');
  expect(shown.stderr).toContain('close brace expected');
});

test('a shell in a folder that was removed is told so', async () => {
  const folder = await temporaryFolder();
  for (const args of [['ls'], ['lookup', '--json'], ['start'], ['config']]) {
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    const command = [
      process.execPath,
      fileURLToPath(new URL('../../../dist/cli/sidings.js', import.meta.url)),
      ...args,
    ];
    const ended = await start('sh', ['-c', script, 'sh', ...command], { cwd: folder }).ended;
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^sidings: No sidings\.json in the current folder, which does not exist any more,/);
  }
});

test('a port in use is an error that names the process which holds it', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    holder.close();
  });
  const port = portOf(holder);
  const args = ['start', '--http-port', String(port), '--https-port', '0'];
  const ended = await runCommand('sidings', args, { cwd: copy.directory });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toContain(`Port ${port} on 127.0.0.1 is in use by process ${process.pid}`);
});

test.skipIf(process.platform !== 'linux')('the owner of the address that was wanted is named', async () => {
  const folder = await temporaryFolder();
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '::1', resolve));
  onTestFinished(() => {
    holder.close();
  });
  const port = portOf(holder);
  const other = await startService(folder, port, 'on the other family');
  const taken = (address: string) =>
    explainBinding(Object.assign(new Error('listen'), { syscall: 'listen', code: 'EADDRINUSE', address, port }));
  expect(await taken('::1')).toMatchObject({ message: expect.stringContaining(`process ${process.pid} (`) });
  expect(await taken('127.0.0.1')).toMatchObject({ message: expect.stringContaining(`process ${other.child.pid} (`) });
});

/** A root with project-2 and another with project-3, and a configuration that is to be written. */
const twoRoots = async () => {
  const folder = await temporaryFolder();
  for (const name of ['one', 'two']) await mkdir(join(folder, name));
  await makeCopies(join(folder, 'one'), ['project-2']);
  await makeCopies(join(folder, 'two'), ['project-3']);
  const file = join(folder, 'config.json');
  const roots = (...names: readonly string[]) =>
    writeFile(file, JSON.stringify({ roots: names.map((name) => join(folder, name)) }));
  return { folder, file, roots };
};

test('SIGHUP reads the configuration again: other roots, and what is wrong changes nothing', async () => {
  const { folder, file, roots } = await twoRoots();
  await roots('one');
  const { port, child, stderr } = await startSidings(['--config', file], { cwd: folder });
  const names = async () => (await workstreams(port)).map(({ name }) => name).join();
  expect(await names()).toBe('project-2');

  await writeFile(file, '{ "roots": ');
  child.kill('SIGHUP');
  await eventually(() => stderr().includes('not read again'), 'the complaint');
  expect(await names()).toBe('project-2');

  await roots('two');
  child.kill('SIGHUP');
  await eventually(async () => (await names()) === 'project-3', 'the other root');
});

test('many SIGHUPs in a short time are obeyed in their order: the last configuration is in force', async () => {
  const { folder, file, roots } = await twoRoots();
  await roots('one');
  const { port, child, stderr } = await startSidings(['--config', file], { cwd: folder });
  for (let round = 0; round < 60; round += 1) {
    await roots(round % 2 === 0 ? 'one' : 'two');
    child.kill('SIGHUP');
  }
  await eventually(
    async () => (await workstreams(port)).map(({ name }) => name).join() === 'project-3',
    'the last one',
  );
  // Behind all that was asked for.
  await writeFile(file, '{ "roots": ');
  child.kill('SIGHUP');
  await eventually(() => stderr().includes('not read again'), 'the complaint');
  expect((await workstreams(port)).map(({ name }) => name)).toEqual(['project-3']);
});

test('SIGHUP leaves nobody out who is slow to answer', async () => {
  const folder = await temporaryFolder();
  // It ends with its folder as well, so that nothing is left of a daemon that is killed.
  const script = 'echo >>asked; until [ -e go ] || [ ! -e asked ]; do sleep 0.05; done; echo API_PORT=9003';
  const directory = await makeCopy(join(folder, 'project-3'), {
    project: 'project',
    services: { api: { port: 9000, env: ['API_PORT'] } },
    resolver: { command: ['sh', '-c', script] },
  });
  await writeFile(join(directory, 'go'), '');
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify({ roots: [{ directory: folder, trusted: true }] }));
  const { port, child, stderr } = await startSidings(['--config', file], { cwd: folder });
  const names = async () => (await workstreams(port)).map(({ name, problems }) => [name, problems]);
  const known = [['project-3', []]];
  expect(await names()).toEqual(known);
  await rm(join(directory, 'go'));
  await rm(join(directory, 'asked'));
  child.kill('SIGHUP');
  await eventually(() => existsSync(join(directory, 'asked')), 'the question');
  // Longer than a start waits for it.
  for (const end = performance.now() + 2500; performance.now() < end; ) expect(await names()).toEqual(known);
  await writeFile(join(directory, 'go'), '');
  await eventually(() => stderr().includes('configuration read again'), 'the new configuration');
  expect(await names()).toEqual(known);
});

test('SIGHUP takes over no other state folder: slots stay where they are', async () => {
  const folder = await temporaryFolder();
  for (const name of ['one', 'two']) await mkdir(join(folder, name));
  await makeCopies(join(folder, 'one'), ['feature-login']);
  await makeCopies(join(folder, 'two'), ['feature-search']);
  const file = join(folder, 'config.json');
  const settings = (root: string, state: string) =>
    writeFile(file, JSON.stringify({ roots: [join(folder, root)], stateDirectory: join(folder, state) }));
  await settings('one', 'state');
  const { port, child, stderr } = await startSidings(['--config', file], {
    cwd: folder,
    env: { SIDINGS_STATE_DIR: undefined },
  });
  await settings('two', 'elsewhere');
  child.kill('SIGHUP');
  await eventually(() => stderr().includes('"restartFor":["stateDirectory"]'), 'the advice');
  expect((await workstreams(port)).map(({ name }) => name)).toEqual(['feature-search']);
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
});

test('config shows each value and its source', async () => {
  const folder = await temporaryFolder();
  const place = { cwd: folder, env: { SIDINGS_HTTP_PORT: '8080' } };
  const { settings } = JSON.parse((await runCommand('sidings', ['config', '--json'], place)).stdout) as {
    settings: { name: string; value: unknown; source: string }[];
  };
  expect(settings).toContainEqual({ name: 'httpPort', value: 8080, source: 'SIDINGS_HTTP_PORT' });
  expect(settings).toContainEqual({ name: 'suffixes', value: ['localhost'], source: 'default' });
  const file = join(folder, 'red\u001b[31m.json');
  await writeFile(file, '{}');
  expect((await runCommand('sidings', ['config', '--config', file], place)).stdout).not.toContain('\u001b');
  expect((await runCommand('sidings', ['config'], place)).stdout).toMatch(/^httpPort +8080 +SIDINGS_HTTP_PORT$/m);
});

// Another user is needed to give root up to.
const isRoot = process.getuid?.() === 0;
const nobody = 65534;

test.skipIf(!isRoot)('started by sudo, it gives root up after binding, and its files belong to the user', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['feature-login']);
  if (copy === undefined) throw new Error('no copy');
  await chmod(folder, 0o755);
  const state = join(folder, 'state');
  await mkdir(state);
  await chown(state, nobody, nobody);
  const env = {
    SUDO_UID: String(nobody),
    SUDO_GID: String(nobody),
    SIDINGS_STATE_DIR: state,
    SIDINGS_CERTS_DIR: join(state, 'certs'),
  };
  const { child, port } = await startSidings([], { cwd: copy.directory, env });
  expect(await workstreams(port)).toMatchObject([{ name: 'feature-login', problems: [] }]);
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  expect(status).toMatch(new RegExp(`^Uid:${`\\t${nobody}`.repeat(4)}$`, 'm'));
  expect(status).toMatch(new RegExp(`^Gid:${`\\t${nobody}`.repeat(4)}$`, 'm'));
  expect(status).toMatch(/^CapEff:\t0+$/m);
  for (const file of ['slots.json', 'certs/root.pem']) expect((await stat(join(state, file))).uid).toBe(nobody);
});

test.each([
  [{ code: 'EACCES', port: 80 }, 'port-privileged', 'Port 80 may not be bound'],
  [{ code: 'EADDRNOTAVAIL', address: '10.9.8.7', port: 80 }, 'bind-failed', 'Port 80 on 10.9.8.7 cannot be bound'],
])('an address that cannot be bound is explained: %j', async (fault, code, message) => {
  const error = Object.assign(new Error('listen'), { syscall: 'listen', ...fault });
  expect(await explainBinding(error)).toMatchObject({ code, message: expect.stringContaining(message) });
});
