import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';

const ask = (
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
) =>
  new Promise<{ status: number; text: string; message: IncomingMessage }>((resolve, reject) => {
    const { method = 'GET', path = '/', headers = {}, body } = options;
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers: { host, ...headers }, agent: false });
    request.on('error', reject);
    request.on('response', (message) => {
      let text = '';
      message.on('data', (data) => {
        text += data;
      });
      message.on('end', () => resolve({ status: message.statusCode ?? 0, text, message }));
      message.on('error', reject);
    });
    request.end(body);
  });

test('all four hostname forms reach the service, and Host is passed on unchanged', async () => {
  const { port: upstream } = await startUpstream((request, response) => response.end(request.headers.host));
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream, { isDefault: true })])] });
  for (const name of [
    host,
    'api.project-3.localhost',
    'project-3-api.localhost',
    'project-3.localhost',
    'PROJECT-3.Localhost',
  ]) {
    const { status, text } = await ask(port, { headers: { host: `${name}:${port}` } });
    expect([status, text]).toEqual([200, `${name}:${port}`]);
  }
});

test('the upstream gets fresh forwarding fields and nothing of the hop before', async () => {
  const upstream = await startRawUpstream(answerOk);
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  await exchange(
    port,
    [
      'GET //a/../b?x=%2f&& HTTP/1.1',
      `Host: ${host}`,
      'X-Forwarded-For: 6.6.6.6',
      'x_forwarded_proto: https',
      'X-Forwarded.Host: evil',
      'Forwarded: for=6.6.6.6',
      'Connection: close, X-Hop, X-Forwarded-For',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Authorization: Basic x',
      'TE: trailers, deflate',
      'X-Kept: a',
      'X-Kept: b',
      'Via: 1.0 other',
      '',
      '',
    ].join('\r\n'),
  );
  const lines = upstream.received().split('\r\n');
  expect(lines[0]).toBe('GET //a/../b?x=%2f&& HTTP/1.1');
  const fields = lines
    .slice(1, -2)
    .map((line) => line.toLowerCase())
    .sort();
  const id = fields.find((line) => line.startsWith('x-request-id: ')) as string;
  expect(fields).toEqual(
    [
      `host: ${host}`,
      'x-kept: a',
      'x-kept: b',
      'te: trailers',
      'connection: te',
      'x-forwarded-for: 127.0.0.1',
      'x-forwarded-proto: http',
      `x-forwarded-host: ${host}`,
      `x-forwarded-port: ${port}`,
      'via: 1.0 other, 1.1 sidings',
      id,
    ].sort(),
  );
});

test('the client gets the fields of the upstream without those of its connection, and ours', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write(
      'HTTP/1.1 201 Made It\r\nContent-Length: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
        'Strict-Transport-Security: max-age=1\r\nX-Request-Id: theirs\r\nSet-Cookie: a=1; Path=/\r\n' +
        'Set-Cookie: b=2; Domain=api.localhost; HttpOnly\r\nSet-Cookie: c=3; Domain=.project-3.localhost\r\n\r\nok',
    );
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const { status, text, message } = await ask(port, { headers: { connection: 'close' } });
  expect([status, message.statusMessage, text]).toEqual([201, 'Made It', 'ok']);
  expect(message.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; HttpOnly', 'c=3; Domain=.project-3.localhost']);
  expect(message.headers['x-sidings-note']).toMatch(/Domain/);
  expect(message.headers).not.toHaveProperty('strict-transport-security');
  expect(message.headers).not.toHaveProperty('x-hop');
  expect(message.headers['x-workstream']).toBe('project-3');
  expect(message.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-/);
});

test('bodies pass byte for byte both ways, with a length and in chunks, for every method', async () => {
  const { port: upstream } = await startUpstream((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (data) => hash.update(data));
    request.on('end', () => response.end(`${request.method} ${hash.digest('hex')}`));
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const body = randomBytes(300_000).toString('latin1');
  const digest = createHash('sha256').update(Buffer.from(body)).digest('hex');
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    expect((await ask(port, { method, body, headers: length })).text).toBe(`${method} ${digest}`);
    const chunked = { 'transfer-encoding': 'chunked' };
    expect((await ask(port, { method, body, headers: chunked })).text).toBe(`${method} ${digest}`);
  }
});

test('a gigabyte goes through without being kept: a slow reader holds the upstream back', async () => {
  let sent = 0;
  const chunk = Buffer.alloc(1 << 20);
  const { port: upstream } = await startUpstream((_request, response) => {
    const push = (): void => {
      while (sent < 1024 && !response.destroyed) {
        sent += 1;
        if (!response.write(chunk)) {
          response.once('drain', push);
          return;
        }
      }
      response.end();
    };
    push();
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const client = rawClient(port);
  client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await client.until(/\r\n\r\n/);
  client.socket.pause();
  let before = -1;
  await eventually(async () => {
    const now = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const still = now === before;
    before = sent;
    return still && now === sent;
  }, 'the upstream is held back');
  expect(sent).toBeLessThan(64);
  client.socket.destroy();
});

test('a slow upstream holds the upload back', async () => {
  const { port: upstream } = await startUpstream((request) => {
    request.pause();
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const client = rawClient(port);
  client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1073741824\r\n\r\n`);
  const chunk = Buffer.alloc(1 << 20);
  let taken = 0;
  const push = (): void => {
    while (taken < 200) {
      taken += 1;
      if (!client.socket.write(chunk)) {
        client.socket.once('drain', push);
        return;
      }
    }
  };
  push();
  let before = -1;
  await eventually(async () => {
    const still = taken === before;
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return still && before === taken;
  }, 'the client is held back');
  expect(taken).toBeLessThan(64);
});

test('server-sent events pass at once, and the upstream is released when the client leaves', async () => {
  let released = false;
  let push = (_text: string): void => {};
  const { port: upstream } = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    push = (text) => response.write(text);
    response.on('close', () => {
      released = true;
    });
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const client = rawClient(port);
  client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
  await client.until(/text\/event-stream[\s\S]*\r\n\r\n/);
  push('data: one\n\n');
  await client.until(/data: one\n\n/);
  push('data: two\n\n');
  await client.until(/data: two\n\n/);
  client.socket.destroy();
  await eventually(() => released, 'the upstream is released');
});

test('a client that leaves before the answer releases the upstream', async () => {
  let aborted = false;
  let arrived = false;
  const { port: upstream } = await startUpstream((request) => {
    arrived = true;
    request.on('close', () => {
      aborted = true;
    });
    request.resume();
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  for (const text of [
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\n\r\n123`,
  ]) {
    arrived = false;
    aborted = false;
    const client = rawClient(port);
    client.send(text);
    await eventually(() => arrived, 'the request arrives');
    client.socket.resetAndDestroy();
    await eventually(() => aborted, 'the upstream is released');
  }
});

test('a client that closes its half after the request still gets the answer', async () => {
  const { port: upstream } = await startUpstream((_request, response) => {
    setTimeout(() => response.end('late'), 200);
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const client = rawClient(port);
  client.socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  expect(await client.closed).toMatch(/^HTTP\/1\.1 200 [\s\S]*late/);
});

test('interim answers and trailers pass in both directions', async () => {
  const { port: upstream } = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { Trailer: 'X-Sum', 'X-Got': String(request.trailers['x-check']) });
      response.write('body');
      response.addTrailers([
        ['X-Sum', '42'],
        ['Age', '7'],
      ]);
      response.end();
    });
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const answer = await exchange(
    port,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Check\r\n\r\n2\r\nab\r\n0\r\nX-Check: yes\r\nHost: evil\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\n[\s\S]*link: <\/a\.css>; rel=preload\r\n/i);
  expect(answer).toMatch(/\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain('X-Got: yes');
  expect(answer).toMatch(/4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/);
});

test('Expect: 100-continue is decided by the upstream', async () => {
  const { port: upstream, server } = await startUpstream(() => {});
  server.on('checkContinue', (request, response) => {
    if (request.url === '/no') {
      response.writeHead(413, { 'content-length': '0' });
      response.end();
      return;
    }
    response.writeContinue();
    request.resume();
    request.on('end', () => response.end('taken'));
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`;
  const yes = rawClient(port);
  yes.send(head('/yes'));
  await yes.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  yes.send('body');
  await yes.until(/HTTP\/1\.1 200 OK[\s\S]*taken/);
  const no = rawClient(port);
  no.send(head('/no'));
  await no.until(/^HTTP\/1\.1 413 /);
});

test('an answer that comes before the end of the upload is delivered', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.length < 200_000) return;
    socket.removeAllListeners('data');
    socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
    socket.resume();
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = rawClient(port);
  client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 50000000\r\n\r\n`);
  client.socket.write(Buffer.alloc(1_000_000));
  await client.until(/^HTTP\/1\.1 413 [\s\S]*big$/);
});

test('HEAD, 204 and 304 have no body and leave the connection usable', async () => {
  const { port: upstream } = await startUpstream((request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, status === 200 ? { 'content-length': '500' } : {});
    response.end();
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const client = rawClient(port);
  client.send(`HEAD /200 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await client.until(/200 OK[\s\S]*content-length: 500[\s\S]*\r\n\r\n$/i);
  client.send(`GET /204 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await client.until(/204 No Content[\s\S]*\r\n\r\n$/);
  client.send(`GET /304 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const all = await client.closed;
  expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 304']);
});

test('pipelined requests are answered in order, and reach their upstreams one after the other', async () => {
  const seen: string[] = [];
  const { port: upstream } = await startUpstream((request, response) => {
    seen.push(`begin ${request.url}`);
    setTimeout(
      () => {
        seen.push(`end ${request.url}`);
        response.end(`[${request.url}]`);
      },
      request.url === '/1' ? 50 : 0,
    );
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  const answer = await exchange(port, one('/1') + one('/2') + one('/3', 'Connection: close\r\n'));
  expect(answer.match(/\[\/\d\]/g)).toEqual(['[/1]', '[/2]', '[/3]']);
  expect(seen).toEqual(['begin /1', 'end /1', 'begin /2', 'end /2', 'begin /3', 'end /3']);
});

test('both loopback families are tried, and connections are reused', async () => {
  const { port: upstream, server } = await startUpstream((_request, response) => response.end('six'), '::1');
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  for (let count = 0; count < 5; count += 1) expect((await ask(port, {})).text).toBe('six');
  expect(connections).toBe(1);
});

test('an offer of another protocol is ignored, and the request is answered', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('abc')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const answer = await exchange(
    port,
    `POST /x HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 3\r\n\r\nabc`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(upstream.received()).toMatch(/^POST \/x HTTP\/1\.1\r\n/);
  expect(upstream.received()).not.toMatch(/upgrade|http2-settings/i);
});

test('what was learnt about each exchange is told when it is over', async () => {
  const { port: upstream } = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => response.end('12345'));
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  await ask(proxy.port, { method: 'POST', path: '/a?b', body: '123', headers: { 'content-length': '3' } });
  await eventually(() => proxy.exchanges.length === 1);
  expect(proxy.exchanges[0]).toMatchObject({
    method: 'POST',
    host,
    path: '/a?b',
    status: 200,
    workstream: 'project-3',
    service: 'api',
    bytesIn: 3,
    bytesOut: 5,
    error: undefined,
  });
});

test('closing lets a request finish, and ends what never would', async () => {
  let finish = (): void => {};
  const { port: upstream } = await startUpstream((request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    } else finish = () => response.end('done');
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream)])] });
  const events = rawClient(proxy.port);
  events.send(`GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await events.until(/event-stream/);
  const slow = rawClient(proxy.port);
  slow.send(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const idle = rawClient(proxy.port);
  await eventually(() => String(finish) !== '() => {}' && idle.socket.readyState === 'open');
  const closed = proxy.close(10_000);
  await events.closed;
  await idle.closed;
  finish();
  expect(await slow.closed).toMatch(/done/);
  await closed;
});
