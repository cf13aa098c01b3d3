import { chmod, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, startService } from '../../support/commands.ts';
import { startWatching } from '../../support/docker-sidings.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { portOf } from '../../support/proxy.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { type Answering, json, standInEngine } from '../../support/stand-in-engine.ts';

// Engines that no real one behaves like on request; the real one is in test/docker.

/** A container as an engine lists it, whose port is published on loopback. */
const listed = (number: number, hostPort: number, labels: Readonly<Record<string, string>>) => ({
  Id: number.toString(16).padStart(64, '0'),
  Names: [`/c${number}`],
  State: 'running',
  Status: 'Up 1 second',
  Created: number,
  Labels: labels,
  Ports: [{ IP: '127.0.0.1', PrivatePort: 80, PublicPort: hostPort, Type: 'tcp' }],
  NetworkSettings: { Networks: {} },
});

const startUpstream = async (): Promise<number> => {
  const server = createServer((_request, response) => response.end('container'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return portOf(server);
};

const socketIn = async (): Promise<string> => `${await temporaryFolder()}/docker.sock`;

it('catches up with 200 containers that start at once', async () => {
  const hostPort = await startUpstream();
  const socket = await socketIn();
  let count = 0;
  let tell: (event: object) => void = () => {};
  const { asked } = await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith('/events')) {
      response.flushHeaders();
      tell = (event) => response.write(`${JSON.stringify(event)}\n`);
    } else if (url.startsWith('/containers/json')) {
      const containers = Array.from({ length: count }, (_, index) =>
        listed(index + 1, hostPort, { 'sidings.host': `c${index + 1}.localhost` }),
      );
      // A real one takes its time.
      setTimeout(() => json(response, containers), count / 10);
    } else if (url.startsWith('/containers/')) json(response, { Config: { Env: [], ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  const sidings = await startWatching(['project', 'project-3'], socket);
  const routed = async () =>
    (await sidings.state()).workstreams.filter(({ directory }) => directory.startsWith('docker:'));
  const begun = performance.now();
  for (count = 1; count < 200; count += 1) {
    for (const Action of ['create', 'attach', 'start']) tell({ Type: 'container', Action, Actor: { ID: `${count}` } });
    if (count % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  tell({ Type: 'container', Action: 'start', Actor: { ID: '200' } });
  await eventually(async () => (await sidings.get('c200.localhost')).text === 'container', 'the last of them');
  process.stdout.write(`200 containers were routed after ${(performance.now() - begun).toFixed(0)} ms\n`);
  expect(await routed()).toHaveLength(200);
  expect((await sidings.get('c1.localhost')).text).toBe('container');
  // Events come in bursts, lists do not; and nothing is asked twice that cannot change.
  expect(asked.filter((call) => call.includes('/containers/json')).length).toBeLessThan(100);
  expect(asked.filter((call) => /containers\/\w{64}\/json/.test(call))).toHaveLength(200);
});

describe('whatever is at the socket, the copies are served', () => {
  const hang: Answering = () => {};
  const cases: Readonly<Record<string, Answering>> = {
    'one that hangs': hang,
    'one that fails': (_request, response) => response.writeHead(500).end('{"message":"no"}'),
    'one that only answers a ping': ({ url }, response) => {
      if (url === '/_ping') response.end('OK');
    },
    'lists that are none': ({ url = '' }, response) =>
      url === '/_ping'
        ? response.end('OK')
        : url.startsWith('/events')
          ? response.flushHeaders()
          : json(response, { not: 'a list' }),
    'lists of anything': ({ url = '' }, response) =>
      url === '/_ping'
        ? response.end('OK')
        : url.startsWith('/events')
          ? response.flushHeaders()
          : json(response, [
              1,
              null,
              'x',
              {},
              { Id: '../../x' },
              { Id: 'a'.repeat(64), State: 'running', Labels: 7, Ports: {} },
            ]),
    'events that are none': ({ url = '' }, response) =>
      url === '/_ping'
        ? response.end('OK')
        : url.startsWith('/events')
          ? response.write('<html>\n')
          : json(response, []),
    'events without an end': ({ url = '' }, response) => {
      if (url === '/_ping') response.end('OK');
      else if (!url.startsWith('/events')) json(response, []);
      else for (let count = 0; count < 40; count += 1) response.write('x'.repeat(65_536));
    },
    'answers that are cut off': ({ url = '' }, response) => {
      if (url === '/_ping') response.end('OK');
      else if (url.startsWith('/events')) response.flushHeaders();
      else {
        response.writeHead(200, { 'Content-Length': '1000' }).write('[');
        setTimeout(() => response.destroy(), 10);
      }
    },
    'something that is no HTTP': ({ socket }) => socket.end('220 mail ready\r\n'),
  };

  it.each(Object.entries(cases))('%s', async (_name, answer) => {
    const socket = await socketIn();
    const { asked } = await standInEngine(socket, answer);
    const sidings = await startWatching(['project', 'project-3'], socket);
    await startService(sidings.directory('project-3'), sidings.portOf('project-3', 'api'), 'computed');
    await eventually(() => asked.length >= 2, 'a second try', 20_000);
    expect((await sidings.get('project-3.api.localhost')).text).toBe('computed');
    expect(sidings.messages).toEqual([]);
  });
});

it.each(['/_ping', '/containers/json'])('what comes without an end from %s is not taken whole', async (endless) => {
  const socket = await socketIn();
  const taken: number[] = [];
  const { asked } = await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith(endless)) {
      const attempt = taken.push(0) - 1;
      const push = (): void => {
        if (response.destroyed || taken[attempt] === 200) return;
        taken[attempt] = (taken[attempt] ?? 0) + 1;
        response.write(Buffer.alloc(1024 * 1024, ' '), push);
      };
      push();
    } else if (url === '/_ping') response.end('OK');
    else response.flushHeaders();
  });
  const sidings = await startWatching(['project'], socket);
  await eventually(() => asked.filter((call) => call.includes(endless)).length >= 2, 'a second try', 20_000);
  expect(taken[0]).toBeLessThan(100);
  expect(sidings.messages).toEqual([]);
});

it('finds an engine that is started later', async () => {
  const socket = await socketIn();
  const sidings = await startWatching(['project', 'project-3'], socket);
  const hostPort = await startUpstream();
  await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith('/events')) response.flushHeaders();
    else if (url.startsWith('/containers/json'))
      json(response, [listed(1, hostPort, { 'sidings.host': 'late.localhost' })]);
    else if (url.startsWith('/containers/')) json(response, { Config: { ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  await eventually(async () => (await sidings.get('late.localhost')).text === 'container', 'the container');
});

it("reaches an engine over the user's own ssh", async () => {
  const folder = await temporaryFolder();
  const socket = `${folder}/docker.sock`;
  const hostPort = await startUpstream();
  await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith('/events')) response.flushHeaders();
    else if (url.startsWith('/containers/json'))
      json(response, [listed(1, hostPort, { 'sidings.host': 'far.localhost' })]);
    else if (url.startsWith('/containers/')) json(response, { Config: { ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  // Says what it was called with, and leads to the socket as `docker system dial-stdio` does on the other side.
  await write(
    `${folder}/bin/ssh`,
    `#!${process.execPath}
const way = require('node:net').connect(${JSON.stringify(socket)});
require('node:fs').writeFileSync(${JSON.stringify(`${folder}/called`)}, process.argv.slice(2).join(' '));
process.stdin.pipe(way).pipe(process.stdout);
`,
  );
  await chmod(`${folder}/bin/ssh`, 0o755);
  const sidings = await startWatching(['project', 'project-3'], {
    host: 'ssh://me@far.example:2222',
    path: `${folder}/bin`,
  });
  await eventually(async () => (await sidings.get('far.localhost')).text === 'container', 'the container');
  expect(await readFile(`${folder}/called`, 'utf8')).toBe(
    '-T -o BatchMode=yes -o ConnectTimeout=5 -p 2222 -l me -- far.example docker system dial-stdio',
  );
});

it('gives the log of a container, and follows it and the one that comes after it', async () => {
  const socket = await socketIn();
  const hostPort = await startUpstream();
  const frame = (text: string): Buffer => {
    const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  let labels: Record<string, string> = {};
  let number = 1;
  let tell = (): void => {};
  const { asked } = await standInEngine(socket, ({ url = '' }, response) => {
    if (url.startsWith('/events')) {
      response.flushHeaders();
      tell = () => response.write('{"Action":"start"}\n');
    } else if (url.startsWith('/containers/json')) json(response, [listed(number, hostPort, labels)]);
    else if (url.includes('/logs')) {
      response.write(frame(`2026-07-01T12:00:0${number}.5Z \u001b[32mcontainer ${number}\u001b[0m\u0007\n`));
      if (!url.includes('follow=true') || number === 1) response.end();
    } else if (url.startsWith('/containers/')) json(response, { Config: { ExposedPorts: { '80/tcp': {} } } });
    else response.end('OK');
  });
  const sidings = await startWatching(['project', 'project-3'], socket);
  labels = {
    'com.docker.compose.project': 'project-3',
    'com.docker.compose.project.working_dir': sidings.directory('project-3'),
    'com.docker.compose.service': 'api',
  };
  await eventually(() => asked.some((call) => call.startsWith('GET /events')), 'the engine to be followed');
  tell();
  await eventually(async () => (await sidings.service('project-3', 'api'))?.container === 'c1', 'the container');
  const answer = await ask(sidings.port, 'localhost', '/api/logs?workstream=project-3&service=api&lines=3&since=500');
  const at = Date.parse('2026-07-01T12:00:01.500Z');
  expect(JSON.parse(answer.text)).toEqual({
    workstream: 'project-3',
    service: 'api',
    source: 'container',
    lines: [{ text: '\u001b[32mcontainer 1\u001b[0m', at }],
  });
  const call = asked.find((one) => one.includes('/logs')) ?? '';
  for (const part of ['tail=3', 'since=0.5', 'timestamps=true']) expect(call).toContain(part);

  const client = rawClient(sidings.port);
  client.send('GET /api/logs/events?workstream=project-3&service=api HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.until(/container 1/);
  number = 2;
  tell();
  await client.until(/container 2/);
  expect(asked.some((one) => one.includes(`since=${(at + 1) / 1000}`))).toBe(true);
});
