import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createDecoder } from '../../hostile/http2/hpack.ts';
import { selfSigned } from '../../support/certificate.ts';
import { type FrameClient, frameClient } from '../../support/frame-client.ts';
import { block, endHeaders, endStream, type Frame, frame, request, types, uint32 } from '../../support/frames.ts';
import { fetchBy, sessionTo } from '../../support/fronts.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';

/** An upstream that takes what it gets literally: it would see a request that was hidden in another one. */
const front = async () => {
  const upstream = await startRawUpstream(answerOk);
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  return { upstream, proxy, client: await frameClient(proxy.securePort) };
};

const isAnswer =
  (stream: number) =>
  ({ type, stream: id }: Frame): boolean =>
    id === stream && (type === types.headers || type === types.reset);
const isEnd =
  (stream: number) =>
  ({ type, stream: id, flags }: Frame): boolean =>
    id === stream && (type === types.reset || (type <= types.headers && (flags & endStream) !== 0));
const open = (id: number, fields: Buffer, flags = endHeaders | endStream): Buffer =>
  frame(types.headers, flags, id, fields);
const reset = (id: number): Buffer => frame(types.reset, 0, id, uint32(constants.NGHTTP2_CANCEL));
const bodyOf = (frames: readonly Frame[], stream: number): string =>
  Buffer.concat(
    frames.filter(({ type, stream: id }) => type === types.data && id === stream).map(({ payload }) => payload),
  ).toString();

const head = (more: readonly (readonly [string, string])[], method = 'POST') => request(host, more, '/', method);
const smuggled = `0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

test.each<[string, Buffer]>([
  ['a transfer encoding', head([['transfer-encoding', 'chunked']])],
  ['a Connection field', head([['connection', 'x-forwarded-for']])],
  ['an upgrade', head([['upgrade', 'h2c']])],
  [
    'two lengths',
    head([
      ['content-length', '1'],
      ['content-length', '2'],
    ]),
  ],
  ['a length that is no number', head([['content-length', '1x']])],
  ['a length in disguise', head([['content_length', '1']])],
  ['a length that the body exceeds', head([['content-length', '1']])],
  ['another Host', head([['host', 'project-4.api.localhost']])],
  [
    'a name in upper case',
    head([
      ['X-Upper', '1'],
      ['content_length', '1'],
    ]),
  ],
  ['a path that is no path', request(host, [], 'evil')],
  ['a path with a space', request(host, [], '/ HTTP/1.1\r\nX: y')],
  ['a method with a line break', request(host, [], '/', 'GET / HTTP/1.1\r\nX: y')],
  ['an authority with a user', request(`user@${host}`)],
  ['an authority with a line break', request(`${host}\r\nX: y`)],
  [
    'a second path',
    block([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', host],
      [':path', '/'],
      [':path', '/b'],
    ]),
  ],
  [
    'no authority',
    block([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/'],
    ]),
  ],
])('%s: refused, and nothing hidden arrives', async (_name, fields) => {
  const { upstream, client } = await front();
  client.send(open(1, fields, endHeaders), frame(types.data, endStream, 1, Buffer.from(smuggled)));
  await client.until(isEnd(1));
  const [answer] = client.frames.filter(isAnswer(1));
  if (answer?.type === types.headers) expect(bodyOf(client.frames, 1)).toMatch(/"status":400/);
  expect(upstream.received()).not.toMatch(/smuggled|\r\nX: y/);
  // The next stream is none the worse for it.
  client.send(open(3, request(host)));
  await client.until(isEnd(3));
  expect(bodyOf(client.frames, 3)).toBe('ok');
});

test('a line break in a field value does not get through', async () => {
  const { upstream, client } = await front();
  client.send(open(1, head([['x-a', 'b\r\nX-Smuggled: y']], 'GET')));
  await client.until(isEnd(1));
  expect(upstream.received()).not.toMatch(/smuggled/i);
});

test('a plain CONNECT gets 501', async () => {
  const { upstream, client } = await front();
  client.send(
    open(
      1,
      block([
        [':method', 'CONNECT'],
        [':authority', `${host}:80`],
      ]),
      endHeaders,
    ),
  );
  await client.until(isEnd(1));
  expect(bodyOf(client.frames, 1)).toMatch(/method-unsupported/);
  expect(upstream.received()).toBe('');
});

test('one connection may ask for several hosts; each request is routed by its own authority', async () => {
  const [one, two] = [await startRawUpstream(answerOk), await startRawUpstream(answerOk)];
  const proxy = await startProxy({
    copies: [copy('project-2', [service('api', one.port)]), copy('project-3', [service('api', two.port)])],
  });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request('project-2.api.localhost', [], '/2')), open(3, request(host, [], '/3')));
  client.send(open(5, request('example.com')));
  for (const id of [1, 3, 5]) await client.until(isEnd(id));
  expect(one.received()).toMatch(/^GET \/2 HTTP\/1\.1\r\nHost: project-2\.api\.localhost\r\n/);
  expect(two.received()).toMatch(/^GET \/3 HTTP\/1\.1\r\nHost: project-3\.api\.localhost\r\n/);
  expect(bodyOf(client.frames, 5)).toMatch(/host-misdirected/);
});

test('cookies that come in crumbs arrive as one field', async () => {
  const { upstream, client } = await front();
  client.send(
    open(
      1,
      head(
        [
          ['cookie', 'a=1'],
          ['cookie', 'b=2'],
        ],
        'GET',
      ),
    ),
  );
  await client.until(isEnd(1));
  expect(upstream.received().match(/^cookie: .*$/gim)).toEqual(['cookie: a=1; b=2']);
});

test('cookies that are too large get 431, and thousands of small fields arrive', async () => {
  const { upstream, client } = await front();
  const send = (id: number, fields: Buffer): void => {
    const parts: Buffer[] = [];
    for (let start = 0; start < fields.length; start += 16_384) parts.push(fields.subarray(start, start + 16_384));
    parts.forEach((part, index) => {
      const last = index === parts.length - 1 ? endHeaders : 0;
      client.send(
        frame(index === 0 ? types.headers : types.continuation, (index === 0 ? endStream : 0) | last, id, part),
      );
    });
  };
  send(1, head(Array.from({ length: 20 }, (_, index) => ['cookie', `c${index}=${'x'.repeat(4000)}`] as const)));
  await client.until(isEnd(1));
  expect(bodyOf(client.frames, 1)).toMatch(/head-too-large/);
  expect(upstream.received()).toBe('');
  send(
    3,
    head(
      Array.from({ length: 3000 }, (_, index) => [`x-${index}`, '1'] as const),
      'GET',
    ),
  );
  await client.until(isEnd(3));
  expect(upstream.received()).toContain('x-2999: 1\r\n');
});

// The fast lane takes 16 KiB of head with all that stands between fields, which never comes so far.
test('an answer of thousands of small fields arrives that is larger than nghttp2 would send', async () => {
  const fields = Array.from({ length: 5000 }, (_, index) => [(index + 10 * 36 ** 2).toString(36), ''] as const);
  const lines = fields.map(([name, value]) => `${name}:${value}\r\n`).join('');
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${lines}\r\nok`);
  });
  const { securePort } = await startProxy({
    copies: [copy('project-3', [service('api', upstream.port)])],
    lanes: 'full',
  });
  const client = await frameClient(securePort);
  client.send(open(1, head([], 'GET')));
  await client.until(isEnd(1));
  expect(bodyOf(client.frames, 1)).toBe('ok');
  const blocks = client.frames.filter(({ type }) => type === types.headers || type === types.continuation);
  const received = createDecoder()(Buffer.concat(blocks.map(({ payload }) => payload)));
  expect(received.filter(([, value]) => value === '')).toEqual(fields);
});

test('the burst of a page with a thousand modules, cancelled by a reload again and again, is fine', async () => {
  let open = 0;
  const { port } = await startUpstream((incoming, response) => {
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    if (incoming.url === '/last') response.end('still here');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', port)])] });
  const session = sessionTo(proxy.securePort);
  for (let reload = 0; reload < 5; reload += 1) {
    const streams = Array.from({ length: 1000 }, (_, index) => {
      const stream = session.request({ ':path': `/module-${index}.js`, ':authority': host });
      stream.on('error', () => {});
      return stream;
    });
    await eventually(() => open >= 90, 'the requests arrive');
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => open === 0, 'the requests are released');
  }
  const text = await new Promise((resolve) => {
    const stream = session.request({ ':path': '/last', ':authority': host });
    stream.on('data', (data) => resolve(String(data)));
    stream.on('close', () => resolve('closed'));
  });
  expect(text).toBe('still here');
});

test('a thousand modules that are not cancelled all arrive', async () => {
  const { port } = await startUpstream((incoming, response) => response.end(incoming.url));
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', port)])] });
  const session = sessionTo(proxy.securePort);
  const texts = await Promise.all(
    Array.from(
      { length: 1000 },
      (_, index) =>
        new Promise<string>((resolve, reject) => {
          let text = '';
          const stream = session.request({ ':path': `/${index}`, ':authority': host });
          stream.on('data', (data) => {
            text += data;
          });
          stream.on('error', reject).on('end', () => resolve(text));
        }),
    ),
  );
  expect(texts).toEqual(Array.from({ length: 1000 }, (_, index) => `/${index}`));
});

test('rapid reset: a connection that cancels all it asks for is ended, others are not (CVE-2023-44487)', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.includes('/last')) answerOk(received, socket);
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  for (let id = 1; id < 4000; id += 2) client.send(open(id, request(host)), reset(id));
  await client.closed;
  expect(client.frames.some(({ type }) => type === types.goaway)).toBe(true);
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
  expect(await fetchBy('HTTP/2', proxy, { host, path: '/last' })).toMatchObject({ text: 'ok' });
});

/** Sends the same over and over until the connection is closed, without reading what comes back. */
const flood = async (bytes: Buffer): Promise<void> => {
  const { proxy, client } = await front();
  const chunk = Buffer.concat(Array.from({ length: 500 }, () => bytes));
  client.socket.pause();
  let sent = 0;
  while (!client.isClosed() && sent < 400) {
    sent += 1;
    const isTaken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 500);
      client.socket.write(chunk, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (!isTaken) client.socket.resume();
  }
  client.socket.resume();
  await client.closed;
  expect(await fetchBy('HTTP/2', proxy, { host })).toMatchObject({ text: 'ok' });
};

test.each<[string, Buffer]>([
  ['settings', frame(types.settings, 0, 0)],
  ['pings', frame(types.ping, 0, 0, Buffer.alloc(8))],
])('a flood of %s whose answers are not read ends its connection', async (_name, bytes) => {
  await flood(bytes);
});

test('a client that measures by pings, and reads the answers, is no flood', async () => {
  const { client } = await front();
  const answered = (): number => client.frames.filter(({ type, flags }) => type === types.ping && flags === 1).length;
  for (let sent = 0; sent < 3000; sent += 100) {
    client.send(...Array.from({ length: 100 }, () => frame(types.ping, 0, 0, Buffer.alloc(8))));
    await eventually(() => answered() === sent + 100, 'each is answered');
  }
  client.send(open(1, request(host)));
  await client.until(isEnd(1));
  expect(bodyOf(client.frames, 1)).toBe('ok');
});

test('a flood of settings in one frame is not obeyed', async () => {
  const { client } = await front();
  const one = Buffer.concat([Buffer.from([0, 1]), uint32(4096)]);
  client.send(frame(types.settings, 0, 0, Buffer.concat(Array.from({ length: 100 }, () => one))));
  await client.until(({ type }) => type === types.goaway);
});

test.each<[string, Buffer]>([
  ['empty frames', Buffer.alloc(0)],
  ['fields', block([['x', 'y'.repeat(100)]])],
])('a head that goes on without end, in %s, ends its connection (CVE-2024-27316)', async (_name, fields) => {
  const { upstream, client } = await front();
  client.send(open(1, request(host), endStream));
  for (let count = 0; count < 100; count += 1) client.send(frame(types.continuation, 0, 1, fields));
  await client.closed;
  expect(upstream.received()).toBe('');
});

test('a flood of empty data ends its connection (CVE-2019-9518)', async () => {
  const { client } = await front();
  client.send(open(1, head([]), endHeaders));
  client.send(Buffer.concat(Array.from({ length: 5000 }, () => frame(types.data, 0, 1))));
  await client.closed;
});

test('a client that makes us reset its streams is ended as well (CVE-2025-8671)', async () => {
  const { client } = await front();
  for (let round = 0; round < 30 && !client.isClosed(); round += 1) {
    const ids = Array.from({ length: 100 }, (_, index) => 2 * (100 * round + index) + 1);
    client.send(...ids.flatMap((id) => [open(id, request(host)), frame(types.window, 0, id, uint32(0))]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.closed;
});

test('one port for both tells TLS from clear text by the first byte', async () => {
  const { port } = await startUpstream((incoming, response) =>
    response.end(`${incoming.headers['x-forwarded-proto']} ${incoming.headers['x-forwarded-port']}`),
  );
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', port)])] });
  const both = await proxy.listen('both');
  const ways = { port: both, securePort: both };
  expect(await fetchBy('HTTP/1.1', ways, { host })).toMatchObject({ text: `http ${both}` });
  expect(await fetchBy('HTTP/1.1 over TLS', ways, { host })).toMatchObject({ text: `https ${both}` });
  expect(await fetchBy('HTTP/2', ways, { host })).toMatchObject({ text: `https ${both}` });
});

test('page loads in clear text are sent to the port that speaks TLS, and nothing else is', async () => {
  const { port } = await startUpstream((_incoming, response) => response.end('as it is'));
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', port)])] });
  const load = { 'upgrade-insecure-requests': '1' };
  expect(await fetchBy('HTTP/1.1', proxy, { host, path: '/a?b', headers: load })).toMatchObject({
    status: 308,
    headers: { location: `https://${host}:${proxy.securePort}/a?b`, vary: 'Upgrade-Insecure-Requests' },
  });
  expect(await fetchBy('HTTP/1.1', proxy, { host })).toMatchObject({ status: 200, text: 'as it is' });
  expect(await fetchBy('HTTP/2', proxy, { host, headers: load })).toMatchObject({ status: 200, text: 'as it is' });
  const foreign = await fetchBy('HTTP/1.1', proxy, { host: 'evil.example', headers: load });
  expect(foreign).toMatchObject({ status: 421 });
});

test.each([
  ['TLSv1.1', false],
  ['TLSv1.2', true],
  ['TLSv1.3', true],
] as const)('%s: %s', async (version, isSpoken) => {
  const proxy = await startProxy({ copies: [] });
  const spoken = await new Promise<string | undefined>((resolve) => {
    const socket = connect({
      ...{ port: proxy.securePort, host: '127.0.0.1', rejectUnauthorized: false },
      ...{ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
    });
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol() ?? undefined);
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
  });
  expect(spoken).toBe(isSpoken ? version : undefined);
});

test('a client whose name gets no certificate is turned away, and others are not', async () => {
  const { upstream } = await front();
  const proxy = await startProxy({
    copies: [copy('project-3', [service('api', upstream.port)])],
    tls: {
      sni: (_servername, done) => done(new Error('not ours')),
      keepDefault: async (apply) => apply(selfSigned(['localhost'])),
    },
  });
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect({
      port: proxy.securePort,
      host: '127.0.0.1',
      servername: 'x.test',
      rejectUnauthorized: false,
    });
    socket
      .on('secureConnect', () => resolve(false))
      .on('error', () => resolve(true))
      .on('close', () => resolve(true));
  });
  expect(refused).toBe(true);
  const nameless = await frameClient(proxy.securePort);
  nameless.send(open(1, request(host)));
  await nameless.until(isEnd(1));
  expect(bodyOf(nameless.frames, 1)).toBe('ok');
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s: no session is resumed, so each handshake is judged anew',
  async (version) => {
    const { proxy } = await front();
    const sessions: Buffer[] = [];
    const isResumed = (session?: Buffer): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const versions = { minVersion: version, maxVersion: version };
        const socket = connect({
          port: proxy.securePort,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ...versions,
          session,
        });
        onTestFinished(() => void socket.destroy());
        socket.on('session', (one: Buffer) => sessions.push(one)).on('error', reject);
        // What the server has to say of its session comes before its answer.
        socket.on('data', () => resolve(socket.isSessionReused()));
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      });
    expect(await isResumed()).toBe(false);
    for (const session of [...sessions]) expect(await isResumed(session)).toBe(false);
  },
);

test('a client that closes its half is let go, whether or not it has said anything', async () => {
  const { proxy, client } = await front();
  const silent = connect({
    ...{ port: proxy.securePort, host: '127.0.0.1', ALPNProtocols: ['h2'] },
    rejectUnauthorized: false,
  });
  await once(silent, 'secureConnect');
  silent.resume().end();
  client.socket.end();
  await Promise.all([once(silent, 'close'), client.closed]);
});

test('a client that closes its half while an answer is under way gets all of it', async () => {
  let response: ServerResponse | undefined;
  const { port } = await startUpstream((_incoming, outgoing) => {
    response = outgoing;
    outgoing.write('one, ');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(host)));
  await client.until(({ type, payload }) => type === types.data && payload.toString() === 'one, ');
  client.socket.end();
  response?.end('and two');
  await client.closed;
  expect(bodyOf(client.frames, 1)).toBe('one, and two');
});

test.each<[string, (client: FrameClient) => void]>([
  ['without an error', ({ send }) => send(frame(types.reset, 0, 1, uint32(constants.NGHTTP2_NO_ERROR)))],
  ['as cancelled', ({ send }) => send(reset(1))],
  ['with its connection', ({ socket }) => socket.destroy()],
])('a request that is taken back %s in its body never looks whole to the upstream', async (_name, takeBack) => {
  for (const method of ['POST', 'HEAD']) {
    const { upstream, client } = await front();
    client.send(open(1, head([], method), endHeaders), frame(types.data, 0, 1, Buffer.from('abc')));
    await eventually(() => upstream.received().endsWith('3\r\nabc\r\n'), 'the body arrives');
    takeBack(client);
    await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
    expect(upstream.received()).toMatch(/3\r\nabc\r\n$/);
  }
});

test('an answer that comes before the end of its request is whole, and the client is asked to send no more', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('abc\r\n')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, head([]), endHeaders), frame(types.data, 0, 1, Buffer.from('abc')));
  const ended = await client.until(({ type }) => type === types.reset);
  expect(ended.payload).toEqual(uint32(constants.NGHTTP2_NO_ERROR));
  expect(bodyOf(client.frames, 1)).toBe('no');
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is not used again');
});

test('a body is left out where HTTP/2 has none', async () => {
  const answer = 'HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n';
  const upstream = await startRawUpstream((_received, socket) => socket.write(answer));
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  expect(await fetchBy('HTTP/2', proxy, { host })).toMatchObject({ status: 205, text: '', cut: false });
});

test('a client that has gone is found out, though it only closed its half and its upstream says nothing', async () => {
  const upstream = await startRawUpstream(() => {});
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(host)));
  await eventually(() => upstream.received().endsWith('\r\n\r\n'), 'the request arrives');
  client.socket.end();
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
});
