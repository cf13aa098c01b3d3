import { chmod, chown } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { printable } from '../../../src/model/text.ts';
import { connectEngine } from '../../../src/providers/docker/engine.ts';
import { ask, startService, startSidings } from '../../support/commands.ts';
import { startWatching } from '../../support/docker-sidings.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { openOtherMachine } from '../../support/network.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually } from '../../support/raw.ts';
import { json, standInEngine } from '../../support/stand-in-engine.ts';
import { startUpstream } from '../../support/upstream.ts';
import { isRoot, ordinary } from '../../support/users.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface StandIn {
  readonly id?: string;
  readonly name?: string;
  readonly state?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Port of 127.0.0.1 that its port 80 is published on. */
  readonly published?: number | undefined;
  readonly publishedAt?: string;
  readonly networks?: Readonly<Record<string, { readonly IPAddress: string }>>;
}

/** A container as an engine lists it. */
const listed = ({ id = 'a', name = 'c', state = 'running', labels = {}, networks = {}, ...more }: StandIn) => ({
  Id: id.padStart(64, '0'),
  Names: [`/${name}`],
  State: state,
  Status: `Up (${state})`,
  Created: Number.parseInt(id, 16),
  Labels: labels,
  Ports:
    more.published === undefined
      ? []
      : [{ IP: more.publishedAt ?? '127.0.0.1', PrivatePort: 80, PublicPort: more.published, Type: 'tcp' }],
  NetworkSettings: { Networks: networks },
});

/** An engine whose containers a test sets, and whose events it writes. */
const engine = async () => {
  const socket = join(await temporaryFolder(), 'docker.sock');
  let containers: readonly StandIn[] = [];
  let events: ServerResponse | undefined;
  const { asked } = await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith('/events')) {
      response.flushHeaders();
      events = response;
    } else if (url.startsWith('/containers/json')) json(response, containers.map(listed));
    else if (url.startsWith('/containers/')) json(response, { Config: { Env: [], ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  const write = (text: string | Buffer): void => void events?.write(text);
  return {
    socket,
    asked,
    write,
    end: () => void events?.end(),
    isFollowed: () => eventually(() => events?.writable === true, 'the engine to be followed'),
    set: (next: readonly StandIn[], Action = 'start') => {
      containers = next;
      write(`${JSON.stringify({ Type: 'container', Action, Actor: { ID: 'x' } })}\n`);
    },
  };
};

const answering = async (text: string): Promise<number> =>
  (await startUpstream((_request, response) => response.end(text))).port;

test('10,000 events at once: requests are answered meanwhile, what holds afterwards is seen, and little is kept or asked', async () => {
  const { socket, asked, set, write, isFollowed } = await engine();
  const sidings = await startWatching(['project', 'project-3'], socket);
  await startService(sidings.directory('project-3'), sidings.portOf('project-3', 'api'), 'computed');
  await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'computed', 'the service');
  await isFollowed();
  const published = await answering('container');
  const actions = ['create', 'attach', 'start', 'exec_create: sh', 'die', 'health_status: healthy', 'destroy', 'oom'];
  const event = (index: number): string => {
    const Actor = { ID: index.toString(16).padStart(64, '0'), Attributes: { name: 'x'.repeat(index % 200) } };
    return `${JSON.stringify({ Type: 'container', Action: actions[index % actions.length], Actor })}\n`;
  };
  collect();
  const before = process.memoryUsage().heapUsed;
  const calls = asked.length;
  let answered = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      expect((await sidings.get('project-3.api.localhost')).text).toBe('computed');
      answered += 1;
    }
  })();
  for (let index = 0; index < 10_000; index += 500) {
    write(Array.from({ length: 500 }, (_, more) => event(index + more)).join(''));
    await new Promise((resolve) => setImmediate(resolve));
  }
  set([{ labels: { 'sidings.host': 'last.localhost' }, published }]);
  await eventually(async () => (await sidings.get('last.localhost')).text === 'container', 'the last of them');
  isOver = true;
  await asking;
  expect(answered).toBeGreaterThan(0);
  // Events come in bursts, lists do not.
  expect(asked.length - calls).toBeLessThan(100);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
  expect(sidings.messages).toEqual([]);
});

test('events that come in any pieces are read, and garbage between them ends a stream, not the provider', async () => {
  const { socket, set, write, end, asked, isFollowed } = await engine();
  const sidings = await startWatching(['project', 'project-3'], socket);
  await isFollowed();
  const published = await answering('container');
  const hosts = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: (index + 1).toString(16),
      name: `c${index}`,
      labels: { 'sidings.host': `c${index}.localhost` },
      published,
    }));
  const isRouted = (index: number) =>
    eventually(async () => (await sidings.get(`c${index}.localhost`)).text === 'container', `container ${index}`);

  write('\n\r\n\n');
  const bytes = Buffer.from(`${JSON.stringify({ Type: 'container', Action: 'é漢🙂', Actor: { ID: 'x' } })}\r\n`);
  for (const byte of bytes) {
    write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  set(hosts(1));
  await isRouted(0);
  const streams = () => asked.filter((call) => call.startsWith('GET /events')).length;
  for (const garbage of [
    '{"Action":',
    '\0\0\0\n',
    '[]\n',
    'null\n',
    '"x"\n',
    '{"Type":"container"}\n',
    '{}\n{"Act',
    'x'.repeat(70_000),
  ]) {
    const before = streams();
    write(garbage);
    end();
    await eventually(() => streams() > before, `another stream after ${garbage.slice(0, 9)}`);
    await isFollowed();
  }
  set(hosts(2));
  await isRouted(1);
  expect(sidings.messages).toEqual([]);
});

test('a socket that is not there, or may not be spoken to, is nothing to complain about', async () => {
  const { socket, asked } = await engine();
  const away = await startWatching(['project'], join(await temporaryFolder(), 'nothing.sock'));
  expect(await away.state()).toMatchObject({ problems: [], workstreams: [{ problems: [] }] });
  if (!isRoot) return;
  // For root every socket may be spoken to.
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await chmod(socket, 0o600);
  for (const path of [join(socket, '..'), folder]) await chmod(path, 0o755);
  await chown(copy.directory, ordinary.uid ?? 0, ordinary.gid ?? 0);
  const place = { cwd: copy.directory, env: { DOCKER_HOST: `unix://${socket}` }, ...ordinary };
  const sidings = await startSidings(['--no-tls'], place);
  const { text } = await ask(sidings.port, 'localhost', '/api/workstreams');
  expect(JSON.parse(text)).toMatchObject({ problems: [], workstreams: [{ name: 'project-2', problems: [] }] });
  expect(sidings.stderr()).toBe('');
  expect(asked).toEqual([]);
});

test('what becomes of a container is followed: renamed, recreated, paused, disconnected, removed', async () => {
  const { socket, set, isFollowed } = await engine();
  const sidings = await startWatching(['project', 'project-3'], socket);
  const host = 'project-3.api.localhost';
  await startService(sidings.directory('project-3'), sidings.portOf('project-3', 'api'), 'computed');
  const [first, second] = [await answering('first'), await answering('second')];
  const labels = {
    'com.docker.compose.project': 'project-3',
    'com.docker.compose.project.working_dir': sidings.directory('project-3'),
    'com.docker.compose.service': 'api',
    'sidings.port': '80',
  };
  await isFollowed();
  const leadsTo = (text: string) =>
    eventually(async () => (await sidings.get(host)).text === text, `the address to lead to ${text}`);
  const problems = async () => (await sidings.workstream('project-3'))?.problems.map(({ code }) => code);

  set([{ name: 'one', labels, published: first }]);
  await leadsTo('first');
  set([{ name: 'two', labels, published: first }], 'rename');
  await eventually(async () => (await sidings.service('project-3', 'api'))?.container === 'two', 'its new name');
  set([
    { name: 'old', labels, state: 'exited' },
    { id: 'b', name: 'two', labels, published: second },
  ]);
  await leadsTo('second');
  set([{ id: 'b', name: 'two', labels, published: second, state: 'paused' }], 'pause');
  await leadsTo('computed');
  set([{ id: 'b', name: 'two', labels, published: second }], 'unpause');
  await leadsTo('second');
  set([{ id: 'd', name: 'two', labels }], 'disconnect');
  await leadsTo('computed');
  expect(await problems()).toEqual(['container-unreachable']);
  set([{ id: 'd', name: 'two', labels, published: second }], 'connect');
  await leadsTo('second');
  expect(await problems()).toEqual([]);
  set([], 'destroy');
  await leadsTo('computed');
  expect(sidings.messages).toEqual([]);
});

test('of a container on two networks the address that answers is taken, and another when it leaves that network', async (context) => {
  const machine = await openOtherMachine(context);
  const program = `require('node:http').createServer((request, response) => response.end('container'))
    .listen(80, '${machine.address}', () => console.log('listening'))`;
  await machine.start(program);
  const { socket, set, isFollowed } = await engine();
  const sidings = await startWatching(['project'], socket);
  await isFollowed();
  const published = await answering('published');
  // Nobody is at the first address.
  const front = { IPAddress: machine.address.replace(/2$/, '77') };
  const back = { IPAddress: machine.address };
  const labels = { 'sidings.host': 'both.localhost' };
  const leadsTo = (text: string) =>
    eventually(async () => (await sidings.get('both.localhost')).text === text, `the address to lead to ${text}`);
  set([{ labels, networks: { front, back }, published }], 'connect');
  await leadsTo('container');
  set([{ labels, networks: { front }, published }], 'disconnect');
  await leadsTo('published');
  set([{ labels, networks: { back } }], 'connect');
  await leadsTo('container');
});

test('no label leads another copy’s name, the status page, this proxy or an address elsewhere to a container', async () => {
  const { socket, set, isFollowed, asked } = await engine();
  const sidings = await startWatching(['project', 'project-3'], socket);
  await startService(sidings.directory('project-3'), sidings.portOf('project-3', 'api'), 'computed');
  const published = await answering('container');
  await isFollowed();
  const claimed = [
    'project-3.api.localhost',
    'api.project-3.localhost',
    'project-3-api.localhost',
    'x.project-3.localhost',
  ];
  const wanted = [
    ...claimed,
    'localhost',
    'sidings.localhost',
    '*',
    '*.localhost',
    '',
    ' ',
    'a'.repeat(300),
    `${'a'.repeat(300)}.localhost`,
  ];
  const odd = [
    '<img src=x onerror=alert(1)>.localhost',
    '\u001b[31m.localhost',
    '\u202e.localhost',
    'a b.localhost',
    '127.0.0.1',
    '[::1]',
    'example.com',
  ];
  const elsewhere = [
    '169.254.169.254',
    '8.8.8.8',
    '127.0.0.1',
    '127.0.0.53',
    '::1',
    '0.0.0.0',
    '224.0.0.1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '10.0.0.1%lo',
    'metadata.google.internal',
  ];
  const ports = ['22', '0', '65536', '-1', '80; id', '8e1', String(sidings.port)];
  let number = 16;
  const next = (more: StandIn): StandIn => {
    number += 1;
    return { id: number.toString(16), name: `c${number}`, ...more };
  };
  const fine = next({ labels: { 'sidings.host': 'fine.localhost' }, published });
  set([
    ...[...wanted, ...odd].map((host) =>
      next({ labels: { 'sidings.host': host, 'sidings.enable': 'true' }, published }),
    ),
    ...elsewhere.map((IPAddress, index) =>
      next({ labels: { 'sidings.host': `away${index}.localhost` }, networks: { one: { IPAddress } } }),
    ),
    ...ports.map((port, index) =>
      next({ labels: { 'sidings.host': `port${index}.localhost`, 'sidings.port': port }, published }),
    ),
    // It says that it has the port of this proxy.
    next({ labels: { 'sidings.host': 'self.localhost' }, published: sidings.port }),
    next({ labels: { 'sidings.host': 'network.localhost' }, published, publishedAt: '192.0.2.1' }),
    fine,
  ]);
  await eventually(async () => (await sidings.get('fine.localhost')).text === 'container', 'the last of them');
  for (const host of [...claimed, 'localhost', 'sidings.localhost', '*.localhost', `${'a'.repeat(300)}.localhost`])
    expect((await sidings.get(host)).text, host).not.toBe('container');
  expect((await sidings.get('project-3.api.localhost')).text).toBe('computed');
  for (const index of elsewhere.keys())
    expect([404, 502]).toContain((await sidings.get(`away${index}.localhost`)).status);
  for (const index of ports.keys()) expect((await sidings.get(`port${index}.localhost`)).text).not.toBe('container');
  expect([404, 409, 502, 508]).toContain((await sidings.get('self.localhost')).status);
  expect((await sidings.get('network.localhost')).status).toBe(404);

  const { workstreams, problems } = await sidings.state();
  const upstreams = workstreams.flatMap(({ services }) => services.map(({ upstream }) => upstream));
  for (const upstream of upstreams) expect(upstream).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
  const found = [...problems, ...workstreams.flatMap((copy) => copy.problems)];
  expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(['warning']));
  for (const { message, hint } of found) {
    expect(printable(message + hint)).toBe(message + hint);
    expect(message.length).toBeLessThan(600);
  }
  expect(found.filter(({ code }) => code === 'container-hostname-foreign').length).toBeGreaterThanOrEqual(
    claimed.length,
  );
  expect(asked.every((call) => /^GET \/(_ping|events|containers)/.test(call))).toBe(true);
});

test('of a log that brings more than was asked for, the last lines are kept and the rest is let go', async () => {
  const path = join(await temporaryFolder(), 'docker.sock');
  const line = `${'x'.repeat(100_000)}\n`;
  await standInEngine(path, ({ url = '' }, response) => {
    if (url.includes('/logs')) Readable.from(manyLines(line)).pipe(response);
    else response.end('OK');
  });
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const { log } = await connectEngine({ kind: 'socket', path }, life.signal);
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  let most = 0;
  const before = held();
  const watching = setInterval(() => {
    most = Math.max(most, held());
  }, 100);
  const lines = await log('a', { lines: 2 }).finally(() => clearInterval(watching));
  expect(lines.map(({ text }) => text)).toEqual(['one before', 'the last']);
  expect(most - before).toBeLessThan(64 * 1024 * 1024);
  expect(await log('a', { lines: 0 })).toEqual([]);
});

function* manyLines(line: string) {
  for (let count = 0; count < 1000; count += 1) yield line;
  yield 'one before\nthe last\n';
}
