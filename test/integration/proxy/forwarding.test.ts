import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Ask, fetchBy, fronts, open } from '../../support/fronts.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const proxyTo = (port: number) =>
  startProxy({ copies: [copy('project-3', [service('api', port, { isDefault: true })])] });

describe.each(fronts)('%s', (front) => {
  const ask = (proxy: Awaited<ReturnType<typeof proxyTo>>, more: Partial<Ask> = {}) =>
    fetchBy(front, proxy, { host, ...more });
  const begin = (proxy: Awaited<ReturnType<typeof proxyTo>>, more: Partial<Ask> = {}) =>
    open(front, proxy, { host, ...more });

  test('all four hostname forms reach the service, and Host is passed on unchanged', async () => {
    const { port } = await startUpstream((request, response) => response.end(request.headers.host));
    const proxy = await proxyTo(port);
    for (const name of [
      host,
      'api.project-3.localhost',
      'project-3-api.localhost',
      'project-3.localhost',
      'PROJECT-3.Localhost',
    ]) {
      const { status, text } = await ask(proxy, { host: `${name}:${proxy.port}` });
      expect([status, text]).toEqual([200, `${name}:${proxy.port}`]);
    }
  });

  test('the upstream learns how the request came', async () => {
    const { port } = await startUpstream((request, response) => {
      const of = (name: string) => request.headers[name];
      response.end(JSON.stringify([of('x-forwarded-proto'), of('x-forwarded-port'), of('x-forwarded-for'), of('via')]));
    });
    const proxy = await proxyTo(port);
    const { text } = await ask(proxy, { headers: { 'x-forwarded-proto': 'gopher', via: '1.0 other' } });
    const isSecure = front !== 'HTTP/1.1';
    expect(JSON.parse(text)).toEqual([
      isSecure ? 'https' : 'http',
      String(isSecure ? proxy.securePort : proxy.port),
      '127.0.0.1',
      `1.0 other, ${front === 'HTTP/2' ? '2.0' : '1.1'} sidings`,
    ]);
  });

  test('the client gets the fields of the upstream without those of its connection, and ours', async () => {
    const upstream = await startRawUpstream((_received, socket) => {
      socket.write(
        'HTTP/1.1 201 Made It\r\nContent-Length: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
          'Strict-Transport-Security: max-age=1\r\nX-Request-Id: theirs\r\nSet-Cookie: a=1; Path=/\r\n' +
          'Upgrade: h2c\r\nAlt-Svc: h3=":1"\r\nETag: "a"\r\nETag: "b"\r\nX-Latin: \xe4\r\nVary: a\r\nVary: b\r\n' +
          'Set-Cookie: b=2; Domain=api.localhost; HttpOnly\r\nSet-Cookie: c=3; Domain=.project-3.localhost\r\n\r\nok',
        'latin1',
      );
    });
    const { status, text, headers, cut } = await ask(await proxyTo(upstream.port));
    expect([status, text, cut]).toEqual([201, 'ok', false]);
    expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; HttpOnly', 'c=3; Domain=.project-3.localhost']);
    expect(headers['x-sidings-note']).toMatch(/Domain/);
    for (const name of ['strict-transport-security', 'x-hop', 'keep-alive', 'upgrade', 'alt-svc'])
      expect(headers).not.toHaveProperty(name);
    expect(headers).toMatchObject({ 'x-workstream': 'project-3', 'x-latin': '\xe4', vary: 'a, b' });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-/);
  });

  test('bodies pass byte for byte both ways, with a length and in chunks, for every method', async () => {
    const { port } = await startUpstream((request, response) => {
      const hash = createHash('sha256');
      request.on('data', (data) => hash.update(data));
      request.on('end', () => response.end(`${request.method} ${hash.digest('hex')}`));
    });
    const proxy = await proxyTo(port);
    const body = randomBytes(700_000);
    const digest = createHash('sha256').update(body).digest('hex');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) {
      const length = { 'content-length': String(body.length) };
      expect((await ask(proxy, { method, body, headers: length })).text).toBe(`${method} ${digest}`);
      const chunked = { 'transfer-encoding': 'chunked' };
      expect((await ask(proxy, { method, body, headers: chunked })).text).toBe(`${method} ${digest}`);
    }
  });

  test('a gigabyte goes through without being kept: a slow reader holds the upstream back', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 20);
    const { port } = await startUpstream((_request, response) => {
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
    const client = begin(await proxyTo(port));
    await client.head;
    client.pause();
    await standsStill(() => sent, 'the upstream is held back');
    expect(sent).toBeLessThan(64);
    client.cancel();
  });

  test('a slow upstream holds the upload back', async () => {
    let taken = 0;
    const { port } = await startUpstream((request) => {
      request.pause();
    });
    const client = begin(await proxyTo(port), {
      method: 'POST',
      headers: { 'content-length': String(1024 << 20) },
      body: 'open',
    });
    const chunk = Buffer.alloc(1 << 20);
    const push = (): void => {
      while (taken < 1024) {
        taken += 1;
        if (!client.send(chunk)) {
          client.writable.once('drain', push);
          return;
        }
      }
    };
    push();
    await standsStill(() => taken, 'the client is held back');
    expect(taken).toBeLessThan(64);
    client.cancel();
  });

  test('server-sent events pass at once, and the upstream is released when the client leaves', async () => {
    let released = false;
    let push = (_text: string): void => {};
    const { port } = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      push = (text) => response.write(text);
      response.on('close', () => {
        released = true;
      });
    });
    const client = begin(await proxyTo(port), { headers: { accept: 'text/event-stream' } });
    expect((await client.head).headers['content-type']).toBe('text/event-stream');
    push('data: one\n\n');
    await client.until(/data: one\n\n/);
    push('data: two\n\n');
    await client.until(/data: two\n\n/);
    client.cancel();
    await eventually(() => released, 'the upstream is released');
  });

  test('a client that leaves before the answer releases the upstream', async () => {
    let aborted = false;
    let arrived = false;
    const { port } = await startUpstream((request) => {
      arrived = true;
      request.on('close', () => {
        aborted = true;
      });
      request.resume();
    });
    const proxy = await proxyTo(port);
    for (const more of [{}, { method: 'POST', headers: { 'content-length': '10' }, body: 'open' as const }]) {
      arrived = false;
      aborted = false;
      const client = begin(proxy, more);
      if (more.body !== undefined) client.send('123');
      await eventually(() => arrived, 'the request arrives');
      client.cancel();
      await eventually(() => aborted, 'the upstream is released');
    }
    expect(proxy.suspected).toEqual([]);
  });

  test('interim answers and trailers pass in both directions', async () => {
    const { port } = await startUpstream((request, response) => {
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
    const { headers, text, trailers, informed } = await ask(await proxyTo(port), {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked', trailer: 'X-Check' },
      body: 'ab',
      trailers: { 'x-check': 'yes', 'cache-control': 'evil' },
    });
    expect(informed).toMatchObject([{ status: 103, headers: { link: '</a.css>; rel=preload' } }]);
    expect([headers['x-got'], text, JSON.stringify(trailers)]).toEqual(['yes', 'body', '{"x-sum":"42"}']);
  });

  test('an interim answer has no length, whatever the upstream says', async () => {
    const upstream = await startRawUpstream((_received, socket) => {
      const early = 'HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\nTrailer: X-Sum\r\nLink: </a>\r\n\r\n';
      socket.write(`${early}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody`);
    });
    const { status, text, cut, informed } = await ask(await proxyTo(upstream.port));
    expect([status, text, cut]).toEqual([200, 'body', false]);
    expect(informed).toMatchObject([{ status: 103, headers: { link: '</a>' } }]);
    for (const name of ['content-length', 'trailer']) expect(informed[0]?.headers).not.toHaveProperty(name);
  });

  test('Max-Forwards of OPTIONS is counted down, and at zero the proxy answers for itself', async () => {
    const asked: string[] = [];
    const { port } = await startUpstream((request, response) => {
      asked.push(`${request.method} ${request.headers['max-forwards']}`);
      response.end('theirs');
    });
    const proxy = await proxyTo(port);
    const asking = (method: string, value: string) => ask(proxy, { method, headers: { 'max-forwards': value } });
    for (const value of ['10', '1', '001']) expect(await asking('OPTIONS', value)).toMatchObject({ text: 'theirs' });
    const last = await asking('OPTIONS', '0');
    expect([last.status, last.text, last.headers.allow]).toEqual([204, '', expect.stringContaining('PATCH')]);
    for (const value of ['-1', '1x', '5, 0', '']) expect(await asking('OPTIONS', value)).toMatchObject({ status: 400 });
    // It means nothing for other methods.
    await asking('GET', '0');
    expect(asked).toEqual(['OPTIONS 9', 'OPTIONS 0', 'OPTIONS 0', 'GET 0']);
    await eventually(() => proxy.exchanges.some(({ status }) => status === 204), 'the answer is told');
  });

  test('trailers that are announced beside a length cannot come, and harm nobody', async () => {
    const upstream = await startRawUpstream((_received, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTrailer: X-Sum\r\n\r\nbody');
    });
    const proxy = await proxyTo(upstream.port);
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, cut } = await ask(proxy, { method });
      expect([status, headers.trailer, cut]).toEqual([200, undefined, false]);
    }
  });

  test('an answer in chunks without trailers ends', async () => {
    const { port } = await startUpstream((_request, response) => {
      response.write('one');
      response.end('two');
    });
    expect(await ask(await proxyTo(port))).toMatchObject({ text: 'onetwo', cut: false });
  });

  test('Expect: 100-continue is decided by the upstream', async () => {
    const { port, server } = await startUpstream(() => {});
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
    const proxy = await proxyTo(port);
    const expecting = (path: string) =>
      begin(proxy, {
        method: 'POST',
        path,
        headers: { 'content-length': '4', expect: '100-continue' },
        body: 'open',
      });
    const yes = expecting('/yes');
    await eventually(() => yes.informed.length === 1, 'the 100');
    yes.send('body');
    yes.end();
    expect(await yes.head).toMatchObject({ status: 200 });
    expect(await yes.over).toMatchObject({ text: 'taken' });
    expect(yes.informed).toMatchObject([{ status: 100 }]);
    const no = expecting('/no');
    expect(await no.head).toMatchObject({ status: 413 });
    expect(no.informed).toEqual([]);
  });

  test('an answer that comes before the end of the upload is delivered whole', async () => {
    const answer = 'big'.repeat(300_000);
    const upstream = await startRawUpstream((received, socket) => {
      if (received.length < 200_000) return;
      socket.removeAllListeners('data');
      socket.end(`HTTP/1.1 413 Too Large\r\nContent-Length: ${answer.length}\r\nConnection: close\r\n\r\n${answer}`);
      socket.resume();
    });
    const client = begin(await proxyTo(upstream.port), {
      method: 'POST',
      headers: { 'content-length': '50000000' },
      body: 'open',
    });
    client.send(Buffer.alloc(1_000_000));
    expect(await client.head).toMatchObject({ status: 413 });
    await client.until(/^(big){300000}$/);
    // HTTP/2 has words for it: no more of the request is needed.
    if (front === 'HTTP/2') expect(await client.over).toMatchObject({ cut: false });
  });

  test('HEAD, 204 and 304 have no body; 204 and 304 leave the connection to the upstream usable', async () => {
    let connections = 0;
    const { port, server } = await startUpstream((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 200 ? { 'content-length': '500' } : {});
      response.end();
    });
    server.on('connection', () => {
      connections += 1;
    });
    const proxy = await proxyTo(port);
    const head = await ask(proxy, { method: 'HEAD', path: '/200' });
    expect(head).toMatchObject({ status: 200, text: '', cut: false, headers: { 'content-length': '500' } });
    expect(await ask(proxy, { path: '/204' })).toMatchObject({ status: 204, text: '', cut: false });
    expect(await ask(proxy, { path: '/304' })).toMatchObject({ status: 304, text: '', cut: false });
    expect(connections).toBe(2);
  });

  test('a body behind 205, which has none, passes where it can and breaks nothing where it cannot', async () => {
    const framings = [
      'Content-Length: 2\r\n\r\nok',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    ];
    for (const framing of framings) {
      const upstream = await startRawUpstream((_received, socket) => {
        socket.write(`HTTP/1.1 205 Reset Content\r\n${framing}`);
      });
      const { status, text, cut } = await ask(await proxyTo(upstream.port));
      expect([status, text, cut]).toEqual([205, front === 'HTTP/2' ? '' : 'ok', false]);
    }
  });

  test('both loopback families are tried, and connections are reused', async () => {
    const { port, server } = await startUpstream((_request, response) => response.end('six'), '::1');
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const proxy = await proxyTo(port);
    for (let count = 0; count < 5; count += 1) expect((await ask(proxy)).text).toBe('six');
    expect(connections).toBe(1);
  });

  test('what was learnt about each exchange is told when it is over', async () => {
    const { port } = await startUpstream((request, response) => {
      request.resume();
      request.on('end', () => response.end('12345'));
    });
    const proxy = await proxyTo(port);
    await ask(proxy, { method: 'POST', path: '/a?b', body: '123', headers: { 'content-length': '3' } });
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

  test('the status page is asked under its own path and host, and its answer carries an id', async () => {
    const proxy = await startProxy({
      copies: [],
      status: ({ method, url, headers }, response) => {
        response.setHeader('content-type', 'text/plain');
        response.end(`${method} ${url} ${headers.host}`);
      },
    });
    const { status, text, headers } = await ask(proxy, { host: 'sidings.localhost:1', path: '/api?x' });
    expect([status, text]).toEqual([200, 'GET /api?x sidings.localhost:1']);
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'x-request-id': expect.stringMatching(/-/) });
  });

  test('closing lets a request finish, and ends what never would', async () => {
    let finish = (): void => {};
    const { port } = await startUpstream((request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
      } else finish = () => response.end('done');
    });
    const proxy = await proxyTo(port);
    const events = begin(proxy, { path: '/events' });
    await events.head;
    const slow = begin(proxy, { path: '/slow' });
    const idle = rawClient(front === 'HTTP/1.1' ? proxy.port : proxy.securePort);
    await eventually(() => String(finish) !== '() => {}' && idle.socket.readyState === 'open');
    const closed = proxy.close(10_000);
    await events.over;
    await idle.closed;
    finish();
    expect(await slow.over).toMatchObject({ text: 'done', cut: false });
    await closed;
  });

  test('closing waits no longer than it may: what is left is seen as cut, and its upstream is released', async () => {
    let released = false;
    const { port } = await startUpstream((_request, response) => {
      response.write('begun');
      response.on('close', () => {
        released = true;
      });
    });
    const proxy = await proxyTo(port);
    const endless = begin(proxy);
    await endless.until(/begun/);
    await proxy.close(50);
    expect(await endless.over).toMatchObject({ text: 'begun', cut: true });
    await eventually(() => released, 'the upstream is released');
  });
});

/** Settles when a number has stopped to grow. */
const standsStill = async (value: () => number, what: string): Promise<void> => {
  let before = -1;
  await eventually(async () => {
    const now = value();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const still = now === before;
    before = value();
    return still && now === before;
  }, what);
};

test('the upstream gets fresh forwarding fields and nothing of the hop before', async () => {
  const upstream = await startRawUpstream(answerOk);
  const { port } = await proxyTo(upstream.port);
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

test('a head in Latin-1 arrives as it was sent, also before its body', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Name: caf\xe9\r\n\r\n', 'latin1');
    setTimeout(() => socket.write('body'), 50);
  });
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const answer = await exchange(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toContain('X-Name: caf\xe9\r\n');
});

test('a client that closes its half after the request still gets the answer', async () => {
  const { port: upstream } = await startUpstream((_request, response) => {
    setTimeout(() => response.end('late'), 200);
  });
  const { port } = await proxyTo(upstream);
  const client = rawClient(port);
  client.socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  expect(await client.closed).toMatch(/^HTTP\/1\.1 200 [\s\S]*late/);
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
  const { port } = await proxyTo(upstream);
  const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  const answer = await exchange(port, one('/1') + one('/2') + one('/3', 'Connection: close\r\n'));
  expect(answer.match(/\[\/\d\]/g)).toEqual(['[/1]', '[/2]', '[/3]']);
  expect(seen).toEqual(['begin /1', 'end /1', 'begin /2', 'end /2', 'begin /3', 'end /3']);
});

test.each([
  'GET /',
  'GET / RTSP/1.0',
  'GET / RTSP/1.1',
  'OPTIONS * RTSP/1.0',
  'SOURCE / ICE/1.0',
  '\r\n\r\nGET / RTSP/1.0',
])('what is no HTTP, or not any more, is refused at once: %j', async (line) => {
  const upstream = await startUpstream((_request, response) => response.end('seen'));
  const { port } = await proxyTo(upstream.port);
  const head = `${line}\r\nHost: ${host}\r\n\r\n`;
  const dripped = rawClient(port);
  for (const byte of head) {
    dripped.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const answer of [await exchange(port, head), await dripped.closed]) {
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  }
});

test.each(['HTTP/1.1', 'HTTP/1.1 over TLS'] as const)('an offer of h2c is ignored by %s as well', async (way) => {
  const { port } = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => response.end(`${request.headers.upgrade} ${request.headers.connection}`));
  });
  const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
  const ask = { host, method: 'POST', headers: { ...offer, 'content-length': '3' }, body: 'abc' };
  expect(await fetchBy(way, await proxyTo(port), ask)).toMatchObject({ status: 200, text: 'undefined close' });
});

test('an offer of h2c that was sent without waiting for the answer before is ignored, and answered in its turn', async () => {
  const { port: upstream } = await startUpstream((request, response) => {
    // More than the client's side takes at once.
    setTimeout(() => response.end(`${'x'.repeat(5_000_000)}[${request.url}]`), request.url === '/1' ? 50 : 0);
  });
  const { port } = await proxyTo(upstream);
  const offer = 'Connection: Upgrade\r\nUpgrade: h2c\r\n';
  const one = (path: string, more: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  const requests = [
    one('/1', 'TE: trailers\r\n'),
    one('/2', offer),
    one('/3', offer),
    one('/4', 'Connection: close\r\n'),
  ];
  expect((await exchange(port, requests.join(''))).match(/\[\/\d\]/g)).toEqual(['[/1]', '[/2]', '[/3]', '[/4]']);
  const half = rawClient(port);
  half.socket.end(requests.join(''));
  expect((await half.closed).match(/\[\/\d\]/g)).toEqual(['[/1]', '[/2]', '[/3]', '[/4]']);
});

test('an offer of another protocol is ignored, and the request is answered', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('abc')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const { port } = await proxyTo(upstream.port);
  const answer = await exchange(
    port,
    `POST /x HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 3\r\n\r\nabc`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(upstream.received()).toMatch(/^POST \/x HTTP\/1\.1\r\n/);
  expect(upstream.received()).not.toMatch(/upgrade|http2-settings/i);
});
