import { expect, test } from 'vitest';
import { frameClient } from '../../support/frame-client.ts';
import { block, endHeaders, endStream, type Frame, frame, request, types, uint32 } from '../../support/frames.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';
import { startRawUpstream } from '../../support/upstream.ts';

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
