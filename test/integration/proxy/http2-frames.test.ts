import type { IncomingMessage } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Http2Stream } from '../../../src/proxy/fast/http2/stream.ts';
import { StreamDuplex } from '../../../src/proxy/fast/http2/stream-duplex.ts';
import { frameClient } from '../../support/frame-client.ts';
import { block, endHeaders, endStream, type Frame, frame, request, types, uint32 } from '../../support/frames.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';
import { answerOk, startRawUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const statusHost = 'sidings.localhost';

const isEnd =
  (stream: number) =>
  ({ type, stream: id, flags }: Frame): boolean =>
    id === stream && (type === types.reset || (type <= types.headers && (flags & endStream) !== 0));
const isHead =
  (stream: number) =>
  ({ type, stream: id }: Frame): boolean =>
    id === stream && type === types.headers;
const open = (id: number, fields: Buffer, flags = endHeaders | endStream): Buffer =>
  frame(types.headers, flags, id, fields);
const data = (id: number, text: string, flags = 0): Buffer => frame(types.data, flags, id, Buffer.from(text));
const reset = (id: number): Buffer => frame(types.reset, 0, id, uint32(8));

test.each(['fast', 'full'] as const)(
  'what comes before a tunnel is open is not sent ahead, whatever the client expects: lane %s',
  async (lanes) => {
    const upstream = await startRawUpstream((received, socket) => {
      if (received.includes('\r\n\r\n')) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    });
    const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])], lanes });
    const client = await frameClient(proxy.securePort);
    const fields = block([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', host],
      [':path', '/'],
      ['sec-websocket-version', '13'],
      ['expect', '100-continue'],
    ]);
    client.send(open(1, fields, endHeaders), data(1, 'GET /smuggled HTTP/1.1\r\n\r\n'));
    await client.until(isEnd(1));
    expect(upstream.received()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
    expect(upstream.received()).not.toContain('smuggled');
  },
);

/** Handlers of the status host that are waiting for something. */
const openHandlers = async () => {
  const urls = new Map<object, string | undefined>();
  const proxy = await startProxy({
    copies: [],
    status: (incoming, response) => {
      urls.set(incoming, incoming.url);
      response.on('close', () => urls.delete(incoming));
      if (incoming.url === '/events') response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('\n');
    },
  });
  return { client: await frameClient(proxy.securePort), urls };
};

test.each(['GET', 'DELETE', 'OPTIONS', 'POST'])(
  'a body of %s for the status host is no second request',
  async (method) => {
    const asked: { method: string | undefined; body: string }[] = [];
    const proxy = await startProxy({
      copies: [],
      status: (incoming, response) => {
        const one = { method: incoming.method, body: '' };
        asked.push(one);
        incoming.on('data', (chunk) => {
          one.body += chunk;
        });
        incoming.on('end', () => response.end('ok'));
      },
    });
    const client = await frameClient(proxy.securePort);
    const body = `PATCH /api HTTP/1.1\r\nHost: ${statusHost}\r\n\r\n`;
    client.send(open(1, request(statusHost, [], '/', method), endHeaders), data(1, body, endStream));
    await client.until(isEnd(1));
    expect(asked).toEqual([{ method, body }]);
  },
);

test('a handler of the status host learns that its client has left', async () => {
  const { client, urls } = await openHandlers();
  client.send(
    open(1, request(statusHost, [], '/events')),
    open(3, request(statusHost, [], '/never')),
    open(5, request(statusHost, [], '/body', 'POST'), endHeaders),
  );
  await eventually(() => [...urls.values()].join() === '/events,/never,/body', 'they are asked');
  await client.until(isHead(1));
  client.send(reset(1), reset(3), reset(5));
  await eventually(() => urls.size === 0, 'all hear of it');
});

test('a client that waits with its body for the status host is told to go on', async () => {
  const proxy = await startProxy({
    copies: [],
    status: (incoming, response) => incoming.resume().on('end', () => response.end()),
  });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(statusHost, [['expect', '100-continue']], '/', 'POST'), endHeaders));
  await client.until(isHead(1));
  client.send(data(1, 'body', endStream));
  await client.until(isEnd(1));
  expect(client.frames.filter(isHead(1))).toHaveLength(2);
});

test('what follows a 205 is left out, and not read for ever', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write('HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(host)));
  await client.until(isEnd(1));
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
});

test('what comes behind our last word is never said to have been taken', async () => {
  const { client, urls } = await openHandlers();
  client.send(open(1, request(statusHost, [], '/never')));
  await eventually(() => urls.size === 1, 'it is asked');
  // Who has so much cancelled gets our last word.
  for (let id = 3; id < 2003; id += 2) client.send(open(id, request(statusHost, [], '/never')), reset(id));
  const { payload } = await client.until(({ type }) => type === types.goaway);
  client.send(open(2003, request(statusHost)), frame(types.ping, 0, 0, Buffer.alloc(3)));
  await client.closed;
  const last = client.frames.filter(({ type }) => type === types.goaway).at(-1);
  expect(last?.payload.subarray(0, 8)).toEqual(Buffer.concat([payload.subarray(0, 4), uint32(6)]));
});

const initialWindow = (size: number): Buffer =>
  frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(size)]));
const window = (id: number, bytes: number): Buffer => frame(types.window, 0, id, uint32(bytes));

test('a hundred answers without a window cost nothing when the window of the connection grows', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(initialWindow(0));
  const ids = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
  client.send(...ids.map((id) => open(id, request(host))));
  await eventually(() => ids.every((id) => client.frames.some(isHead(id))), 'the answers begin');
  const resume = vi.spyOn(Http2Stream.prototype, 'resume');
  onTestFinished(() => resume.mockRestore());
  client.send(...Array.from({ length: 1000 }, () => window(0, 1)), frame(types.ping, 0, 0, Buffer.alloc(8)));
  await client.until(({ type }) => type === types.ping);
  expect(resume.mock.calls.length).toBeLessThan(200);
  // Each goes on with a window of its own, whether that comes alone or for all.
  client.send(window(3, 1), window(1, 2), window(3, 1));
  await Promise.all([client.until(isEnd(1)), client.until(isEnd(3))]);
  client.send(initialWindow(2));
  await Promise.all(ids.map((id) => client.until(isEnd(id))));
});

test('a body that comes byte by byte takes no more room than another while nobody reads it', async () => {
  const asked: IncomingMessage[] = [];
  const proxy = await startProxy({
    copies: [],
    status: (incoming, response) => {
      asked.push(incoming);
      incoming.on('end', () => response.end());
    },
  });
  const push = vi.spyOn(StreamDuplex.prototype, 'push');
  onTestFinished(() => push.mockRestore());
  const client = await frameClient(proxy.securePort);
  const text = 'abcdefghij'.repeat(10_000);
  client.send(open(1, request(statusHost, [], '/', 'POST'), endHeaders), ...[...text].map((byte) => data(1, byte)));
  client.send(data(1, '', endStream), frame(types.ping, 0, 0, Buffer.alloc(8)));
  await client.until(({ type }) => type === types.ping);
  await eventually(() => asked.length === 1, 'the request arrives');
  expect(push.mock.calls.length).toBeLessThan(text.length / 2);
  let body = '';
  asked[0]?.on('data', (chunk) => {
    body += chunk;
  });
  await client.until(isEnd(1));
  expect(body).toBe(text);
});

test.each(['GET', 'HEAD', 'POST'])('a %s to the status host that announces trailers is answered', async (method) => {
  const proxy = await startProxy({ copies: [] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(statusHost, [['trailer', 'x-sum']], '/', method)));
  await client.until(isEnd(1));
  expect(client.frames.filter(isHead(1))).toHaveLength(1);
});

// nghttp2 takes it for one.
test('what says more of streams that are over, as it may be under way still, is no flood', async () => {
  const upstream = await startRawUpstream(answerOk);
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = await frameClient(proxy.securePort);
  client.send(open(1, request(host)));
  await client.until(isEnd(1));
  client.send(...Array.from({ length: 2000 }, () => [window(1, 1), reset(1)]).flat(), open(3, request(host)));
  await client.until(isEnd(3));
  expect(client.frames.some(({ type, stream }) => type === types.data && stream === 3)).toBe(true);
});
