import { createHash, randomBytes } from 'node:crypto';
import {
  constants,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { selfSigned } from '../../support/certificate.ts';
import { type Ask, fetchBy, fronts, open, sessionTo } from '../../support/fronts.ts';
import { copy, portOf, service, startProxy, type TestProxy } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, drop: () => void) => void;

/** An upstream that speaks HTTP/2 in clear text, like a gRPC server. */
const startH2c = async (handle: Handler, port = 0) => {
  const sockets = new Set<Socket>();
  const server = createHttp2Server({ settings: { maxConcurrentStreams: 200 } });
  server.on('sessionError', () => {});
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    handle(stream, headers, drop);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    drop();
    await closed;
  };
  onTestFinished(() => {
    drop();
    server.close();
  });
  return { port: portOf(server), connections: () => connections, stop };
};

const proxyTo = (port: number, protocol: 'h2c' | 'https', more = {}) =>
  startProxy({
    copies: [copy('project-3', [service('api', port, { upstream: { host: 'localhost', port, protocol } })])],
    ...more,
  });

describe.each(fronts)('h2c, asked by %s', (way) => {
  const ask = (proxy: TestProxy, more: Partial<Ask> = {}) => fetchBy(way, proxy, { host, ...more });

  test('a request and its answer pass, with the same rules for their fields', async () => {
    let seen: IncomingHttpHeaders = {};
    const upstream = await startH2c((stream, headers) => {
      seen = headers;
      stream.respond({
        ':status': 201,
        'strict-transport-security': 'max-age=1',
        'set-cookie': ['a=1', 'b=2; Domain=api.localhost'],
      });
      stream.end('ok');
    });
    const proxy = await proxyTo(upstream.port, 'h2c');
    const answer = await ask(proxy, { path: '/a?b', headers: { 'x-forwarded-for': 'evil', 'x-a': '1' } });
    expect(answer).toMatchObject({ status: 201, text: 'ok', cut: false });
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-workstream': 'project-3' });
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    expect(seen).toMatchObject({
      ':method': 'GET',
      ':authority': host,
      ':path': '/a?b',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': way === 'HTTP/1.1' ? 'http' : 'https',
      'x-a': '1',
    });
    for (const name of ['host', 'connection', 'transfer-encoding']) expect(seen).not.toHaveProperty(name);
  });

  test('bodies pass byte for byte both ways, and requests share a connection', async () => {
    const upstream = await startH2c((stream, headers) => {
      const hash = createHash('sha256');
      const parts: Buffer[] = [];
      stream.on('data', (data: Buffer) => {
        hash.update(data);
        parts.push(data);
      });
      stream.on('end', () => {
        stream.respond({ 'x-hash': hash.digest('hex'), 'x-length': String(headers['content-length']) });
        stream.end(Buffer.concat(parts));
      });
    });
    const proxy = await proxyTo(upstream.port, 'h2c');
    const body = randomBytes(900_000);
    const digest = createHash('sha256').update(body).digest('hex');
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await ask(proxy, { method: 'POST', body, headers });
      expect(answer.headers).toMatchObject({ 'x-hash': digest, 'x-length': String(headers['content-length']) });
      expect(answer.text).toBe(body.toString('latin1'));
    }
    await Promise.all(Array.from({ length: 50 }, () => ask(proxy)));
    expect(upstream.connections()).toBe(1);
  });

  test('interim answers and trailers pass in both directions', async () => {
    const upstream = await startH2c((stream) => {
      let got = 'nothing';
      stream.on('trailers', (trailers) => {
        got = String(trailers['x-check']);
      });
      stream.resume();
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
      stream.on('end', () => {
        stream.respond({ 'x-got': got }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42', age: '7' }));
        stream.end('body');
      });
    });
    const { headers, text, trailers, informed } = await ask(await proxyTo(upstream.port, 'h2c'), {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'ab',
      trailers: { 'x-check': 'yes' },
    });
    expect(informed).toMatchObject([{ status: 103, headers: { link: '</a.css>; rel=preload' } }]);
    expect([headers['x-got'], text, JSON.stringify(trailers)]).toEqual(['yes', 'body', '{"x-sum":"42"}']);
  });

  test('HEAD, 204 and 304 have no body', async () => {
    const upstream = await startH2c((stream, headers) => {
      const status = Number(headers[':path']?.slice(1));
      stream.respond({ ':status': status, ...(status === 200 && { 'content-length': '500' }) }, { endStream: true });
    });
    const proxy = await proxyTo(upstream.port, 'h2c');
    const head = await ask(proxy, { method: 'HEAD', path: '/200' });
    expect(head).toMatchObject({ status: 200, text: '', cut: false, headers: { 'content-length': '500' } });
    for (const status of [204, 304])
      expect(await ask(proxy, { path: `/${status}` })).toMatchObject({ status, text: '', cut: false });
  });

  test('a client that leaves releases the upstream', async () => {
    const codes: (number | undefined)[] = [];
    let arrived = 0;
    const upstream = await startH2c((stream) => {
      arrived += 1;
      stream.respond({ 'content-type': 'text/event-stream' });
      stream.write('data: 1\n\n');
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const client = open(way, await proxyTo(upstream.port, 'h2c'), { host });
    await client.until(/data: 1/);
    client.cancel();
    await eventually(() => codes.length === 1, 'the upstream is released');
    expect([arrived, codes]).toEqual([1, [constants.NGHTTP2_CANCEL]]);
  });

  test.each<[string, Handler]>([
    ['by a reset', (stream) => stream.destroy(new Error('cut'))],
    ['by the end of the connection', (_stream, _headers, drop) => drop()],
  ])('an answer that is cut %s is seen as cut', async (_name, act) => {
    for (const headers of [{}, { 'content-length': '100' }]) {
      const upstream = await startH2c((stream, asked, drop) => {
        stream.respond(headers);
        stream.write('part');
        setTimeout(() => act(stream, asked, drop), 30);
      });
      const proxy = await proxyTo(upstream.port, 'h2c');
      const exchange = open(way, proxy, { host });
      expect(await exchange.head).toMatchObject({ status: 200 });
      expect(await exchange.over).toMatchObject({ text: 'part', cut: true });
      expect(proxy.suspected).toEqual([host]);
    }
  });

  test('nobody listens, nobody answers, or somebody answers in another protocol: the page says which', async () => {
    const dead = await startH2c(() => {});
    await dead.stop();
    const refused = await ask(await proxyTo(dead.port, 'h2c'));
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([502, 'upstream-refused']);
    const silent = await startH2c(() => {});
    const late = await ask(await proxyTo(silent.port, 'h2c', { responseTimeoutMs: 50 }));
    expect([late.status, JSON.parse(late.text).code]).toEqual([504, 'upstream-timeout']);
    const { port: old } = await startUpstream((_request, response) => response.end('HTTP/1.1'));
    const other = await ask(await proxyTo(old, 'h2c'));
    expect([other.status, JSON.parse(other.text).code]).toEqual([502, 'upstream-invalid']);
    const rude = await startH2c((stream) => stream.destroy(new Error('no')));
    const broken = await ask(await proxyTo(rude.port, 'h2c'));
    expect([broken.status, JSON.parse(broken.text).code]).toEqual([502, 'upstream-broken']);
  });
});

test('an upstream that was restarted is asked again; what it may have taken is not sent twice', async () => {
  const asked: string[] = [];
  const handle: Handler = (stream, headers, drop) => {
    asked.push(`${headers[':method']} ${headers[':path']}`);
    stream.resume();
    if (headers[':path'] === '/die') drop();
    else {
      stream.respond({});
      stream.end('ok');
    }
  };
  const first = await startH2c(handle);
  const proxy = await proxyTo(first.port, 'h2c');
  const ask = (path: string, method = 'GET') =>
    fetchBy('HTTP/2', proxy, { host, path, method, ...(method === 'POST' && { body: 'x' }) });
  expect(await ask('/1')).toMatchObject({ text: 'ok' });
  await first.stop();
  await startH2c(handle, first.port);
  for (const path of ['/2', '/3']) expect(await ask(path)).toMatchObject({ status: 200, text: 'ok' });
  expect(await ask('/4', 'POST')).toMatchObject({ status: 200 });
  asked.length = 0;
  // A used connection that dies under a request: GET goes once more, POST does not.
  expect(await ask('/die')).toMatchObject({ status: 502 });
  expect(await ask('/5')).toMatchObject({ status: 200 });
  expect(await ask('/die', 'POST')).toMatchObject({ status: 502 });
  expect(asked).toEqual(['GET /die', 'GET /die', 'GET /5', 'POST /die']);
});

test('a request that the upstream refused to take is sent again, once', async () => {
  let count = 0;
  const upstream = await startH2c((stream, headers) => {
    count += 1;
    if (headers[':path'] === '/always' || count === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else {
      stream.respond({});
      stream.end('taken');
    }
  });
  const proxy = await proxyTo(upstream.port, 'h2c');
  expect(await fetchBy('HTTP/2', proxy, { host, method: 'DELETE' })).toMatchObject({ status: 200, text: 'taken' });
  expect(count).toBe(2);
  expect(await fetchBy('HTTP/2', proxy, { host, path: '/always' })).toMatchObject({ status: 502 });
  expect(count).toBe(4);
});

/** A message as gRPC frames it: not compressed, its length, its bytes. */
const message = (text: string): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
};

test('gRPC: a call that streams both ways ends with its status in the trailers', async () => {
  let te: string | string[] | undefined;
  const upstream = await startH2c((stream, headers) => {
    te = headers.te;
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('data', (data: Buffer) => stream.write(message(`echo ${data.subarray(5)}`)));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
    stream.on('end', () => stream.end());
  });
  const call = open('HTTP/2', await proxyTo(upstream.port, 'h2c'), {
    host,
    method: 'POST',
    path: '/notes.Notes/Watch',
    headers: { te: 'trailers', 'content-type': 'application/grpc' },
    body: 'open',
  });
  for (const text of ['one', 'two', 'three']) {
    call.send(message(text));
    await call.until(new RegExp(`echo ${text}$`));
  }
  call.end();
  const { cut, trailers } = await call.over;
  expect([cut, te, trailers['grpc-status'], trailers['grpc-message']]).toEqual([false, 'trailers', '0', 'fine']);
});

test('gRPC: an answer of trailers only is one head that ends the stream', async () => {
  const upstream = await startH2c((stream) => {
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
  });
  const proxy = await proxyTo(upstream.port, 'h2c');
  const session = sessionTo(proxy.securePort);
  const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', ':authority': host, te: 'trailers' });
  stream.end(message('x'));
  const [status, flags] = await new Promise<[unknown, number]>((resolve) =>
    stream.on('response', (headers, bits) => resolve([headers['grpc-status'], bits])),
  );
  expect(status).toBe('5');
  expect(flags & constants.NGHTTP2_FLAG_END_STREAM).toBeTruthy();
});

test('gRPC: an upstream that answers and lets go of the rest of the request ends the call', async () => {
  const upstream = await startH2c((stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '8' }));
    stream.end(message('enough'));
  });
  const call = open('HTTP/2', await proxyTo(upstream.port, 'h2c'), { host, method: 'POST', body: 'open' });
  call.send(message('x'));
  const { cut, trailers } = await call.over;
  expect([cut, trailers['grpc-status']]).toEqual([false, '8']);
});

test('a WebSocket to an upstream that speaks h2c is refused with a reason', async () => {
  const upstream = await startH2c(() => {});
  const { port } = await proxyTo(upstream.port, 'h2c');
  const status = await new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)).on('error', () => {});
  });
  expect(status).toBe(502);
});

const startHttps = async () => {
  const server = createHttpsServer(selfSigned(['localhost']), (request, response) => {
    request.resume();
    request.on('end', () => response.end(`${request.method} ${request.headers.host}`));
  });
  let connections = 0;
  server.on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server), server, connections: () => connections };
};

test.each(fronts)('https, asked by %s: the certificate of the upstream is its own affair', async (way) => {
  const upstream = await startHttps();
  const proxy = await proxyTo(upstream.port, 'https');
  for (let count = 0; count < 3; count += 1)
    expect(await fetchBy(way, proxy, { host })).toMatchObject({ status: 200, text: `GET ${host}` });
  expect(upstream.connections()).toBe(1);
  expect(await fetchBy(way, proxy, { host, method: 'POST', body: 'x' })).toMatchObject({ text: `POST ${host}` });
});

test('https: WebSocket works, and an upstream that does not speak TLS is found out', async () => {
  const upstream = await startHttps();
  new WebSocketServer({ server: upstream.server }).on('connection', (socket) => socket.send('hello'));
  const { port } = await proxyTo(upstream.port, 'https');
  const text = await new Promise((resolve) =>
    new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } }).on('message', (data) => resolve(String(data))),
  );
  expect(text).toBe('hello');
  const plain = await startRawUpstream((_received, socket) => answerOk('\r\n\r\n', socket));
  const wrong = await fetchBy('HTTP/1.1', await proxyTo(plain.port, 'https'), { host });
  expect([wrong.status, JSON.parse(wrong.text).code]).toEqual([502, 'upstream-invalid']);
});
