import { chmod, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished, test } from 'vitest';
import { guide } from '../../../src/cli/sidings/agent/guide.ts';
import type { Verification } from '../../../src/cli/sidings/agent/verify-copy.ts';
import type { Readiness } from '../../../src/cli/sidings/agent/wait-until-ready.ts';
import type { ServiceLines } from '../../../src/model/log-line.ts';
import type { RequestSummary } from '../../../src/model/requests.ts';
import type { State, Workstream } from '../../../src/model/workstream.ts';
import { ask, type Ended, runCommand, startCommand, startRun, startSidings } from '../../support/commands.ts';
import { makeCopy } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { postgresPrograms, startPostgres } from '../../support/postgres.ts';
import { makeCopies, nextBase } from '../../support/project-copies.ts';
import { eventually } from '../../support/raw.ts';
import { startRedis } from '../../support/redis.ts';
import { needs } from '../../support/requirements.ts';
import { startUpstream } from '../../support/upstream.ts';

/** An API that says what it does, and fails at one path. */
const server = `require('node:http').createServer(({ url }, response) => {
  response.statusCode = url === '/healthz' ? 204 : url.startsWith('/boom') ? 500 : 200;
  if (url.startsWith('/boom')) console.error('\\u001b[31mError: the note has no title\\u001b[0m');
  response.end('hello');
}).listen(process.env.API_PORT, '127.0.0.1', () => console.log('the API listens'));`;

test('an agent’s session: all that it needs to know it learns from the folder of its copy', async (context) => {
  needs(context, 'redis-server');
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const [base, postgres, redis] = [nextBase(), nextBase(), nextBase()];
  const project = {
    project: 'project',
    services: {
      api: { port: base, env: ['API_PORT'], health: '/healthz', default: true },
      postgres: { port: postgres, kind: 'tcp' },
      redis: { port: redis, kind: 'tcp' },
    },
    env: {
      DATABASE_URL: 'postgresql://postgres:postgres@localhost:{postgres.port}/postgres',
      REDIS_URL: 'redis://localhost:{redis.port}/0',
    },
  };
  for (const name of ['project', 'project-3']) await makeCopy(join(folder, name), project);
  const directory = join(folder, 'project-3');
  const inside = join(directory, 'src');
  await write(join(inside, 'server.cjs'), server);
  const { port } = await startSidings(['--no-tls', '--no-docker', '--root', folder], { cwd: folder });
  // On a machine of one's own it is port 80, and nothing has to be said.
  const env = { SIDINGS_HTTP_PORT: String(port), SIDINGS_STATE_DIR: join(folder, '.state') };
  const sidings = (...args: string[]): Promise<Ended> => runCommand('sidings', args, { cwd: inside, env });
  const asJson = async <Answer>(...args: string[]): Promise<{ code: number | undefined; found: Answer }> => {
    const { code, stdout } = await sidings(...args, '--json');
    return { code, found: JSON.parse(stdout) as Answer };
  };

  const { found: here } = await asJson<Workstream>('lookup');
  expect(here).toMatchObject({ name: 'project-3', directory, slot: 3 });
  const portOf = (name: string): number => here.services.find((one) => one.name === name)?.port ?? 0;
  const hostname = new URL(here.services.find((one) => one.name === 'api')?.url ?? '').hostname;

  const tooEarly = await sidings('wait', 'api', '--timeout', '0');
  expect(tooEarly.code).toBe(124);
  expect(tooEarly.stdout).toContain(`NOT  api  nothing listens on port ${portOf('api')}`);
  expect(tooEarly.stdout).toContain('stack-env run --service api --');
  expect(tooEarly.stderr).toContain('project-3 was not ready within 0 s');
  expect((await sidings('verify')).code).toBe(1);

  startRun('api', [process.execPath, 'server.cjs'], { cwd: inside, env });
  await startRedis(directory, portOf('redis'));
  await startPostgres(await postgresPrograms(), directory, portOf('postgres'));
  const { code, found: ready } = await asJson<Readiness>('wait', '--timeout', '30');
  expect(code).toBe(0);
  expect(ready.ready).toBe(true);
  expect(ready.services.map(({ name, detail }) => [name, detail])).toEqual([
    ['api', `GET /healthz answered 204; answers at http://${hostname}:${port}`],
    ['postgres', 'accepts sessions in postgres'],
    ['redis', 'PING answered PONG'],
  ]);

  const good = await sidings('verify');
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(good.stdout).toMatch(/^ok +postgres +accepts sessions/m);
  expect(good.stdout).toContain('project-3 works');

  expect((await ask(port, hostname, '/boom?token=sesame')).status).toBe(500);
  const { found: listed } = await asJson<{ requests: readonly RequestSummary[] }>(
    'requests',
    '--status',
    '5xx',
    '--since',
    '5m',
  );
  const { requests } = listed;
  expect(requests).toMatchObject([{ path: '/boom?token=***', status: 500, service: 'api' }]);

  const { found: log } = await asJson<ServiceLines>('logs', 'api', '--since', '5m');
  expect(log).toMatchObject({ workstream: 'project-3', service: 'api', source: 'process' });
  const [, line] = log.lines;
  expect(line?.text).toBe('\u001b[31mError: the note has no title\u001b[0m');
  // It is found by the moment of the request.
  expect(Math.abs((line?.at ?? 0) - (requests[0]?.startedAt ?? 0))).toBeLessThan(5000);
  expect((await sidings('logs', 'api', '--lines', '1')).stdout).toBe('Error: the note has no title\n');

  const bad = await asJson<Verification>('verify');
  expect(bad.code).toBe(1);
  expect(bad.found).toMatchObject({ ok: false, exit: 1, failures: [{ path: '/boom?token=***', status: 500 }] });
  expect(bad.found.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['requests']);
  expect((await sidings('verify')).code).toBe(0);

  const foreign = `postgresql://postgres:postgres@localhost:${postgres}/postgres`;
  const rejected = await runCommand('sidings', ['verify'], { cwd: inside, env: { ...env, DATABASE_URL: foreign } });
  expect(rejected.code).toBe(3);
  expect(rejected.stdout).toMatch(/^FAILED +guards +DATABASE_URL/m);

  // The same as tools.
  const client = new Client({ name: 'test', version: '0' });
  const command = fileURLToPath(new URL('../../../dist/cli/sidings.js', import.meta.url));
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [command, 'mcp'],
      cwd: inside,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    }),
  );
  onTestFinished(() => client.close());
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    'where_am_i',
    'list_workstreams',
    'wait_until_ready',
    'recent_requests',
    'read_logs',
    'verify',
  ]);
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const { content, isError } = await client.callTool({ name, arguments: input });
    const [{ text }] = content as [{ text: string }];
    return isError ? text : JSON.parse(text);
  };
  expect(await call('where_am_i')).toMatchObject({ name: 'project-3', live: true });
  expect((await call('list_workstreams')).workstreams.map(({ name }: Workstream) => name)).toEqual([
    'project',
    'project-3',
  ]);
  expect(await call('wait_until_ready', { services: ['api'] })).toMatchObject({ ready: true, name: 'project-3' });
  expect((await call('recent_requests', { status: 'error' })).requests).toMatchObject([{ path: '/boom?token=***' }]);
  expect((await call('read_logs', { service: 'api', lines: 1 })).lines).toMatchObject([
    { text: 'Error: the note has no title' },
  ]);
  expect(await call('verify')).toMatchObject({ ok: true, name: 'project-3' });
  expect(await call('read_logs', { service: 'nothing' })).toMatch(/no service called nothing\. It has: api/);
  expect(await call('where_am_i', { directory: folder })).toMatch(/No sidings\.json/);
  expect(await call('recent_requests', { status: 'never' })).toMatch(/status/);
  expect(await call('recent_requests', { service: 'nothing' })).toMatch(/no service called nothing\. It has: api/);
  // With an argument that is misspelt, the answer would be about everything, or about another copy.
  for (const { name } of tools)
    expect(await call(name, { dir: folder, statsu: 'error' }), name).toMatch(/unrecognized keys?.*"dir", "statsu"/is);
}, 60_000);

test('without a proxy: what is missing is said, and the log is there all the same', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-3']);
  const cwd = copy?.directory ?? '';
  const env = { SIDINGS_HTTP_PORT: String(nextBase()) };
  const run = (...args: string[]): Promise<Ended> => runCommand('sidings', args, { cwd, env });
  const waited = await run('wait', '--timeout', '0.1');
  expect(waited).toMatchObject({ code: 124, stdout: expect.stringContaining('no sidings answers on port') });
  expect(await run('verify')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^FAILED +proxy +no sidings/m) });
  expect((await run('ls', '--watch')).code).toBe(1);

  await runCommand('stack-env', ['run', '--service', 'api', '--', 'echo', 'one\ntwo'], { cwd, env });
  expect(await run('logs', 'api', '--lines', '1', '--since', '1h')).toMatchObject({ code: 0, stdout: 'two\n' });
  const following = startCommand('sidings', ['logs', 'api', '-f', '--json'], { cwd, env });
  await eventually(() => following.stdout().includes('"two"'), 'what was written');
  await runCommand('stack-env', ['run', '--service', 'api', '--', 'echo', 'three'], { cwd, env });
  await eventually(() => following.stdout().includes('"three"'), 'what is written');
  expect(
    following
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).text),
  ).toEqual(['one', 'two', 'three']);

  for (const args of [
    ['logs', 'nothing'],
    ['logs', 'api', '--lines', 'x'],
    ['logs', 'api', '--since', 'yesterday'],
    ['wait', '--timeout', 'x'],
    ['init'],
  ])
    expect((await run(...args)).code, args.join(' ')).toBe(2);
});

test('wait asks as a browser would, so a server that only knows GET fails nothing', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-3']);
  const page = Buffer.alloc(1_000_000, '<p>');
  const onlyGet = ({ method }: IncomingMessage, response: ServerResponse): void => {
    response.statusCode = method === 'GET' ? 200 : 501;
    response.end(page);
  };
  await startUpstream(onlyGet, '127.0.0.1', copy?.ports.web);
  const sidings = await startSidings(['--no-tls', '--no-docker', '--root', folder], { cwd: folder });
  const place = { cwd: copy?.directory ?? '', env: { SIDINGS_HTTP_PORT: String(sidings.port) } };
  expect((await runCommand('sidings', ['wait', 'web'], place)).code).toBe(0);
  const verified = await runCommand('sidings', ['verify', 'web', '--json'], place);
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, failures: [] });
});

test('logs -f and ls --watch show what comes through the daemon', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-3']);
  const cwd = copy?.directory ?? '';
  const sidings = await startSidings(['--no-tls', '--no-docker'], { cwd });
  const env = { SIDINGS_HTTP_PORT: String(sidings.port) };
  const watching = startCommand('sidings', ['ls', '--watch'], { cwd, env });
  const states = (): State[] =>
    watching
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await eventually(() => states().length > 0, 'a state');
  await runCommand('stack-env', ['run', '--service', 'api', '--', 'echo', 'one'], { cwd, env });
  const following = startCommand('sidings', ['logs', 'api', '-f'], { cwd, env });
  await eventually(() => following.stdout() === 'one\n', 'the first line');
  const program = `require('node:http').createServer().listen(${copy?.ports.api}, () => console.log('two'))`;
  startRun('api', [process.execPath, '-e', program], { cwd, env });
  await eventually(() => following.stdout() === 'one\ntwo\n', 'the second line');
  await eventually(() => states().at(-1)?.workstreams[0]?.live === true, 'the service to be up');
  sidings.child.kill('SIGTERM');
  expect(await watching.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('No sidings answers') });
  expect((await following.ended).code).toBe(1);
});

test('init --agents writes a section and leaves all else as it is', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-3']);
  const cwd = copy?.directory ?? '';
  const run = (...args: string[]): Promise<Ended> => runCommand('sidings', ['init', '--agents', ...args], { cwd });
  expect(guide('project').split('\n').length).toBeLessThan(40);

  const file = join(cwd, 'AGENTS.md');
  await write(file, '# Ours\r\n\r\nKeep this.\r\n');
  expect(await run()).toMatchObject({ code: 0, stdout: 'AGENTS.md was written.\n' });
  const text = await readFile(file, 'utf8');
  expect(text.startsWith('# Ours\r\n\r\nKeep this.\r\n<!-- sidings:start -->\r\n')).toBe(true);
  for (const command of ['lookup --json', 'stack-env run', 'wait', 'requests', 'logs', 'verify'])
    expect(text).toContain(command);
  await write(file, `${text.replace('## Running', '## Old')}And this.\r\n`);
  expect((await run()).code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(`${text}And this.\r\n`);
  expect((await run()).stdout).toBe('AGENTS.md says it already.\n');

  expect((await run('.claude/skills/sidings/SKILL.md')).code).toBe(0);
  expect(await readFile(join(cwd, '.claude/skills/sidings/SKILL.md'), 'utf8')).toMatch(/^---\nname: sidings\n/);
  await write(file, '<!-- sidings:start -->\n');
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('a start without an end') });
});
