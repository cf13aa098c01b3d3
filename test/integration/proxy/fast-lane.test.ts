import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FastConnection, type FastLane } from '../../../src/proxy/fast/fast-connection.ts';
import { Output } from '../../../src/proxy/fast/output.ts';
import { createUpstreamPool } from '../../../src/proxy/fast/upstream-pool.ts';
import { openPlaces } from '../../../src/proxy/places.ts';
import { openUpstreamConnections } from '../../../src/proxy/upstream-connections.ts';
import { fetchBy } from '../../support/fronts.ts';
import { copy, portOf, service, startProxy } from '../../support/proxy.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const proxyTo = (port: number) => startProxy({ copies: [copy('project-3', [service('api', port)])], lanes: 'fast' });

const unused = (): never => {
  throw new Error('Nothing is asked for here.');
};

/** The lane alone, with a clock that the test moves. */
const openLane = async (plan: FastLane['plan'] = unused) => {
  const clock = { now: 0, date: 'now' };
  const handed: string[] = [];
  const lane: FastLane = {
    upstreams: {
      clock,
      pool: { take: unused, giveBack: unused, sweep: unused, close: unused },
      responseTimeoutMs: 1000,
    },
    plan,
    nextId: unused,
    observe: undefined,
    ownsDomain: unused,
    explain: unused,
    refuse: unused,
    lost: unused,
    isDraining: () => false,
    handOver: (socket, bytes) => {
      handed.push(bytes.toString('latin1'));
      socket.end('handed over');
    },
  };
  const connections: FastConnection[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    connections.push(new FastConnection(socket, lane));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const client = rawClient(portOf(server));
  await eventually(() => connections.length === 1);
  const [connection] = connections as [FastConnection];
  return { client, connection, clock, handed };
};

test('a head that takes its time gets 408, and so does a connection without one', async () => {
  for (const begin of ['', 'GET / HT']) {
    const { client, connection, clock } = await openLane();
    client.send(begin);
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.sweep(29_000);
    expect(client.received()).toBe('');
    clock.now = 31_000;
    connection.sweep(clock.now);
    expect(await client.closed).toMatch(/^HTTP\/1\.1 408 [\s\S]*request-timeout/);
  }
});

test('a head that ends in the middle gets 400', async () => {
  const { client } = await openLane();
  client.socket.end('GET / HT');
  expect(await client.closed).toMatch(/^HTTP\/1\.1 400 /);
});

test('a head in too many pieces, or too long, is for the full lane, with every byte of it', async () => {
  const { client, handed } = await openLane();
  client.socket.setNoDelay(true);
  const text = get('/').slice(0, 40);
  for (const char of text) {
    client.send(char);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await client.closed;
  expect(text.startsWith(handed[0] as string)).toBe(true);
  const other = await openLane();
  const long = `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'a'.repeat(70_000)}`;
  other.client.send(long);
  await other.client.closed;
  expect(long.startsWith(other.handed[0] as string)).toBe(true);
});

test('a head waits until it is known what it means, and only once', async () => {
  let known = (): void => {};
  const plans: string[] = [];
  const { client, handed } = await openLane(({ target }) => {
    plans.push(target);
    return new Promise<void>((resolve) => {
      known = resolve;
    });
  });
  client.send(get('/one'));
  await eventually(() => plans.length === 1);
  client.send(get('/two'));
  expect(handed).toEqual([]);
  known();
  await client.closed;
  expect(plans).toEqual(['/one', '/one']);
  expect(handed.join('')).toContain(get('/one'));
});

test('a request whose port is looked at first stays in the lane, as those after it', async () => {
  const upstream = await startRawUpstream(answerOk);
  let looks = 0;
  const proxy = await startProxy({
    copies: [copy('project-3', [service('api', upstream.port)])],
    lanes: 'fast',
    confirm: () => {
      looks += 1;
      return looks === 1 ? Promise.resolve(undefined) : undefined;
    },
  });
  for (let round = 0; round < 2; round += 1)
    expect(await fetchBy('HTTP/1.1', proxy, { host })).toMatchObject({ status: 200, text: 'ok' });
  // The full lane would have asked for itself, once more.
  expect(looks).toBe(3);
});

test('between two requests a connection goes over to the full lane, and a WebSocket opens there', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (/upgrade: websocket/i.test(received))
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello',
      );
    else answerOk(received, socket);
  });
  const { port } = await proxyTo(upstream.port);
  const client = rawClient(port);
  client.send(get('/1') + get('/2'));
  await client.until(/ok[\s\S]*ok$/);
  client.send(
    get('/3', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'),
  );
  await client.until(/101 Switching Protocols[\s\S]*hello$/);
});

test('a client that asks and asks and takes nothing is held back', async () => {
  let asked = 0;
  const body = Buffer.alloc(1 << 20);
  const { port: upstream } = await startUpstream((_request, response) => {
    asked += 1;
    response.end(body);
  });
  const { port } = await proxyTo(upstream);
  const client = rawClient(port);
  client.socket.pause();
  client.send(get('/').repeat(500));
  let before = -1;
  await eventually(async () => {
    const still = asked > 0 && asked === before;
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return still && asked === before;
  }, 'the client is held back');
  expect(asked).toBeLessThan(50);
});

test('a buffer that is still being written somewhere is not read into', async () => {
  const upstream = await startRawUpstream((received, socket) => socket.write(received.at(-1) as string));
  const connections = openUpstreamConnections(openPlaces(10, () => {}).upstreams);
  onTestFinished(() => connections.close());
  const pool = createUpstreamPool(connections.open, { now: 0, date: '' });
  const reads: { buffer: Buffer; text: string }[] = [];
  const connection = pool.take({ host: 'localhost', port: upstream.port }, true, {
    answerBytes: (buffer, from, to) => {
      reads.push({ buffer, text: buffer.toString('latin1', from, to) });
      if (reads.length === 2) connection.keepBuffer();
    },
    upstreamEnded: () => {},
    upstreamDrained: () => {},
  });
  for (const letter of 'abcd') {
    connection.socket.write(letter);
    await eventually(() => reads.at(-1)?.text === letter);
  }
  const [one, two, three, four] = reads.map(({ buffer }) => buffer);
  expect([one === two, two === three, three === four]).toEqual([true, false, true]);
  connection.end();
});

/** A pool with a clock that the test moves, and whoever takes connections to one upstream. */
const openPool = async () => {
  const upstream = await startRawUpstream(() => {});
  const connections = openUpstreamConnections(openPlaces(1000, () => {}).upstreams);
  const clock = { now: 0, date: '' };
  const pool = createUpstreamPool(connections.open, clock);
  onTestFinished(() => {
    pool.close();
    connections.close();
  });
  const user = { answerBytes: unused, upstreamEnded: () => {}, upstreamDrained: () => {} };
  const to = { host: '127.0.0.1', port: upstream.port };
  return { upstream, clock, pool, take: () => pool.take(to, true, user) };
};

test.each([
  [undefined, 15_000],
  ['timeout=5', 4000],
  ['timeout=60', 15_000],
])('a connection whose upstream says %j is kept for %i ms', async (keepAlive, ms) => {
  const { clock, pool, take } = await openPool();
  const connection = take();
  for (let round = 0; round < 2; round += 1) {
    pool.giveBack(connection, keepAlive);
    clock.now += ms;
    pool.sweep();
    expect(take()).toBe(connection);
  }
  pool.giveBack(connection, keepAlive);
  clock.now += ms + 1;
  pool.sweep();
  expect(connection.socket.destroyed).toBe(true);
  expect(take()).not.toBe(connection);
});

test('of more connections than are kept for one upstream, the last ones are closed, and so is one that is announced to end', async () => {
  const { upstream, pool, take } = await openPool();
  const taken = Array.from({ length: 300 }, take);
  await eventually(() => upstream.connections.length === 300, 'all of them');
  for (const connection of taken) pool.giveBack(connection, undefined);
  expect(taken.filter(({ socket }) => !socket.destroyed)).toHaveLength(256);
  const last = take();
  pool.giveBack(last, 'timeout=1');
  expect(last.socket.destroyed).toBe(true);
  await eventually(() => upstream.connections.filter(({ closed }) => !closed).length === 255, 'what is kept');
});

/** A connection that takes what an output writes, and its client. */
const connect = async () => {
  const accepted: Socket[] = [];
  const taker = rawClient(
    await new Promise<number>((resolve) => {
      const server = createServer((socket) => accepted.push(socket)).listen(0, () => resolve(portOf(server)));
      onTestFinished(() => {
        server.close();
      });
    }),
  );
  await eventually(() => accepted.length === 1);
  const [socket] = accepted as [Socket];
  onTestFinished(() => {
    socket.destroy();
  });
  return { taker, socket };
};

test('text goes out at the end of the turn, or at once where it must or is long', async () => {
  const { taker, socket } = await connect();
  const output = new Output(socket);
  output.text('first ');
  output.flush();
  expect(socket.bytesWritten).toBe(0);
  output.text('second ');
  output.flush();
  await eventually(() => taker.received() === 'first second ');
  output.text('third');
  output.flush();
  output.write();
  expect(socket.bytesWritten).toBe('first second third'.length);
  output.text('x'.repeat(20_000));
  output.flush();
  expect(socket.bytesWritten).toBeGreaterThan(20_000);
});

test('what a connection could not take at once is known to be needed', async () => {
  const { taker, socket } = await connect();
  taker.socket.pause();
  const output = new Output(socket);
  output.text('text');
  output.bytes(Buffer.alloc(100), 0, 100);
  expect(output.flush()).toBe(false);
  let needed = false;
  for (let count = 0; count < 1000 && !needed; count += 1) {
    output.bytes(Buffer.alloc(64 * 1024), 0, 64 * 1024);
    needed = output.flush();
  }
  expect(needed).toBe(true);
  // What is copied needs no buffer, however long it waits.
  output.bytes(Buffer.alloc(100), 0, 100);
  expect(output.flush()).toBe(false);
});

test('what is read for one client is not written over while another takes its time', async () => {
  const bodies = Array.from({ length: 10 }, () => randomBytes(300_000));
  const { port } = await startUpstream((request, response) => response.end(bodies[Number(request.url?.slice(1))]));
  const proxy = await proxyTo(port);
  const digest = (text: string | Buffer): string =>
    createHash('sha256')
      .update(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
      .digest('hex');
  for (const front of ['HTTP/1.1', 'HTTP/1.1 over TLS'] as const) {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        bodies.map((_body, index) => fetchBy(front, proxy, { host, path: `/${index}` })),
      );
      expect(answers.map(({ text }) => digest(text))).toEqual(bodies.map(digest));
    }
  }
});

test('many requests of one connection over TLS come back whole, though its writes end late', async () => {
  const body = randomBytes(20_000);
  const { port } = await startUpstream((_request, response) => response.end(body));
  const proxy = await proxyTo(port);
  const { Agent, request } = await import('node:https');
  const agent = new Agent({ keepAlive: true, maxSockets: 3, rejectUnauthorized: false });
  onTestFinished(() => agent.destroy());
  const ask = () =>
    new Promise<Buffer>((resolve, reject) => {
      const parts: Buffer[] = [];
      request({ agent, host: '127.0.0.1', port: proxy.securePort, headers: { host } }, (response) => {
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
      })
        .on('error', reject)
        .end();
    });
  for (const answer of await Promise.all(Array.from({ length: 100 }, ask))) expect(answer.equals(body)).toBe(true);
});
