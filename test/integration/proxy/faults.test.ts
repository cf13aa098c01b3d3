import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import { buildRouteTable } from '../../../src/model/route-table.ts';
import { reset } from '../../../src/proxy/reset.ts';
import { runToEnd } from '../../e2e/run-to-end.ts';
import { turn } from '../../support/both-lanes.ts';
import { type Ask, fetchBy, fronts, open } from '../../support/fronts.ts';
import { copy, service, startProxy, type TestProxy } from '../../support/proxy.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';
import { needs } from '../../support/requirements.ts';
import { answerOk, startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const get = (more = '', path = '/') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`;
const proxyTo = (port: number, more = {}) =>
  startProxy({ copies: [copy('project-3', [service('api', port)])], ...more });

const deadPort = async (): Promise<number> => {
  const { port, server } = await startUpstream(() => {});
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const invalid: Readonly<Record<string, string>> = {
  'something that is not HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  'status 099': 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n',
  'status 2000': 'HTTP/1.1 2000 Odd\r\nContent-Length: 0\r\n\r\n',
  'status 600': 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n',
  'both lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
  'a bad length': 'HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc',
  'an unknown encoding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc',
  'NUL in a value': 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n',
  'a bare CR in a value': 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n',
  'interim answers without end': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100),
  'another protocol that looks like HTTP': 'RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a tab behind an encoding, behind empty lines':
    '\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'empty lines without end': '\r\n'.repeat(100_000),
  'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
};

const cut: Readonly<Record<string, string>> = {
  'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
  'a broken chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nxyz\r\n',
};

describe.each(fronts)('%s', (way) => {
  const ask = (proxy: TestProxy, more: Partial<Ask> = {}) => fetchBy(way, proxy, { host, ...more });

  test('nobody listens: 502 with the diagnosis, JSON for programs and a page for browsers', async () => {
    const port = await deadPort();
    const diagnosis = {
      listening: [{ port: 5999, pid: 42, command: 'vite <b>' }],
      container: undefined,
      logTail: ['\u001b[31mboom', '<script>alert(1)</script>'],
      startCommand: 'stack-env run --service api -- npm run api',
    };
    const proxy = await proxyTo(port, { diagnose: async () => diagnosis });
    const { status, headers, text } = await ask(proxy);
    expect([status, headers['content-type']]).toEqual([502, 'application/problem+json']);
    expect(JSON.parse(text)).toMatchObject({
      code: 'upstream-refused',
      status: 502,
      port,
      diagnosis: { listening: [{ port: 5999 }] },
    });
    const page = await ask(proxy, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const part of [String(port), '5999', 'vite &lt;b&gt;', '&lt;script&gt;', 'npm run api'])
      expect(page.text).toContain(part);
    expect(page.text).not.toContain('<script');
    expect(page.text).not.toContain('\u001b');
    expect(proxy.suspected).toEqual([host, host]);
    const head = await ask(proxy, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 502, text: '' });
    expect(await ask(proxy, { method: 'POST', body: Buffer.alloc(500_000) })).toMatchObject({ status: 502 });
  });

  test('a known name with a refusal gets 409, an unknown one 404 with the known ones, a foreign host 421 without anything of it', async () => {
    const refusal = problem('foreign-owner', {
      port: 1,
      service: 'api',
      name: 'x',
      pid: 2,
      command: 'c',
      directory: '/d',
      owner: 'o',
    });
    const upstream = await startRawUpstream(answerOk);
    const copies = [copy('project-3', [service('api', upstream.port)])];
    const refusing = await startProxy({ copies, refusal: () => refusal });
    const refused = await ask(refusing);
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([409, 'foreign-owner']);
    const late = await startProxy({ copies, confirm: async () => refusal });
    expect(await ask(late)).toMatchObject({ status: 409 });
    const unknown = await ask(refusing, { host: host.replace('project-3', 'project-9') });
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text).known).toEqual([
      way === 'HTTP/1.1'
        ? `http://project-3.api.localhost:${refusing.port}`
        : `https://project-3.api.localhost:${refusing.securePort}`,
    ]);
    for (const name of [
      'evil.example',
      '127.0.0.1',
      'localhost.evil.example',
      '[::1]:80',
      'project-3.api.localhost.evil',
    ]) {
      const foreign = await ask(refusing, { host: name, path: '/secret', headers: { 'x-secret': '1' } });
      expect(foreign.status).toBe(421);
      expect(foreign.text + JSON.stringify(foreign.headers)).not.toMatch(/evil|secret|project/);
    }
    expect(upstream.received()).toBe('');
  });

  test('a request whose service moves to another port while the old one is looked at goes to the new one', async () => {
    const before = await startRawUpstream(answerOk);
    const after = await startRawUpstream(answerOk);
    const tableOf = ({ port }: { port: number }) =>
      buildRouteTable([copy('project-3', [service('api', port)])], ['localhost']);
    let table = tableOf(before);
    const proxy = await startProxy({
      copies: [],
      table: () => table,
      confirm: ({ upstream, service: name, workstream }) => {
        if (upstream.port === after.port) return undefined;
        table = tableOf(after);
        return Promise.resolve(problem('upstream-starting', { service: name, name: workstream }));
      },
    });
    expect(await ask(proxy)).toMatchObject({ status: 200, text: 'ok' });
    expect(before.received()).toBe('');
  });

  test('a refusal that comes at once is whole, whatever was asked and however much is still to come', async () => {
    const proxy = await startProxy({ copies: [] });
    const refused = { host: 'project-9.api.localhost' };
    for (const method of ['HEAD', 'GET', 'DELETE'])
      expect(await ask(proxy, { ...refused, method })).toMatchObject({ status: 404, cut: false });
    const length = { 'content-length': '500000' };
    for (const method of ['HEAD', 'POST']) {
      const exchange = open(way, proxy, { ...refused, method, headers: length, body: 'open' });
      exchange.send(Buffer.alloc(1000));
      expect(await exchange.head).toMatchObject({ status: 404 });
      if (method === 'POST') await exchange.until(/hostname-unknown/);
      exchange.cancel();
    }
  });

  /** An upstream that says `body` behind an answer that has none: at once, or only when the next request has come. */
  const talkative = (bare: string, body: string, isLate: boolean) => {
    const taken = new WeakMap<Socket, number>();
    return startRawUpstream((received, socket) => {
      if (!received.endsWith('\r\n\r\n')) return;
      const count = (taken.get(socket) ?? 0) + 1;
      taken.set(socket, count);
      if (received.includes(' /bare ') && count === 1) {
        socket.write(`HTTP/1.1 ${bare}\r\n\r\n`);
        if (!isLate) setImmediate(() => socket.write(body));
      } else socket.write(`${count > 1 ? body : ''}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright`);
    });
  };
  const stolen = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen';

  test.each([
    ['HEAD', '200 OK\r\nContent-Length: 50'],
    ['HEAD', '200 OK\r\nTransfer-Encoding: chunked'],
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified\r\nContent-Length: 50'],
  ])('a body behind an answer to %s that has none ends the connection: %s', async (method, bare) => {
    const upstream = await talkative(bare, stolen, false);
    const proxy = await proxyTo(upstream.port);
    expect(await ask(proxy, { method, path: '/bare' })).toMatchObject({ text: '', cut: false });
    await eventually(() => upstream.connections[0]?.closed === true, 'the connection is closed');
    expect(await ask(proxy)).toMatchObject({ status: 200, text: 'right' });
  });

  test('a body that comes behind the answer to HEAD when the next request is on its way is not its answer', async () => {
    const upstream = await talkative('200 OK\r\nContent-Length: 50', stolen, true);
    const proxy = await proxyTo(upstream.port);
    expect(await ask(proxy, { method: 'HEAD', path: '/bare' })).toMatchObject({ status: 200, text: '', cut: false });
    expect(await ask(proxy)).toMatchObject({ status: 200, text: 'right' });
  });

  test('what is no answer, before the answer on a kept connection, is not passed on and ends the connection', async () => {
    const upstream = await talkative('304 Not Modified', 'a body', true);
    const proxy = await proxyTo(upstream.port);
    expect(await ask(proxy, { path: '/bare' })).toMatchObject({ status: 304, text: '', cut: false });
    const { status, text } = await ask(proxy);
    expect([status, JSON.parse(text).code]).toEqual([502, 'upstream-invalid']);
    expect(await ask(proxy)).toMatchObject({ status: 200, text: 'right' });
    expect(upstream.connections).toHaveLength(2);
  });

  test.each([
    ['closes without a word', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('an upstream that %s: 502, and the request is sent once', async (_name, act) => {
    const upstream = await startRawUpstream((_received, socket) => act(socket));
    const { status, text } = await ask(await proxyTo(upstream.port));
    expect([status, JSON.parse(text).code]).toEqual([502, 'upstream-broken']);
    expect(upstream.connections).toHaveLength(1);
  });

  test.each(Object.entries(invalid))('an upstream that sends %s: 502', async (_name, bytes) => {
    const upstream = await startRawUpstream((_received, socket) => socket.write(Buffer.from(bytes, 'latin1')));
    const { status, text } = await ask(await proxyTo(upstream.port));
    expect(status).toBe(502);
    expect(JSON.parse(text).code).toMatch(/upstream-(invalid|broken)/);
  });

  test.each(Object.entries(cut))('a body with %s that breaks off is seen as broken off', async (_name, bytes) => {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      const upstream = await startRawUpstream((_received, socket) => {
        socket.write(bytes);
        setImmediate(() => setImmediate(() => socket[how]()));
      });
      const proxy = await proxyTo(upstream.port);
      const exchange = open(way, proxy, { host });
      // Either nothing was sent yet and it is an error, or the body stays incomplete.
      const { status } = await exchange.head;
      if (status !== 502) {
        expect(await exchange.over).toMatchObject({ cut: true });
        expect(proxy.suspected).toEqual([host]);
      }
    }
  });

  test('a body that ends with its connection is complete at its end, and cut by a reset', async () => {
    const upstream = await startRawUpstream((received, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nbody');
      if (received.includes('/cut')) setTimeout(() => socket.resetAndDestroy(), 30);
      else socket.end();
    });
    const proxy = await proxyTo(upstream.port);
    expect(await ask(proxy)).toMatchObject({ text: 'body', cut: false });
    expect(await ask(proxy, { path: '/cut' })).toMatchObject({ cut: true });
  });

  test('an upstream that does not answer in time: 504', async () => {
    const upstream = await startRawUpstream(() => {});
    const { status, text } = await ask(await proxyTo(upstream.port, { responseTimeoutMs: 50 }));
    expect([status, JSON.parse(text).code]).toEqual([504, 'upstream-timeout']);
    await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
  });

  test('a body under way, either way, takes as long as it likes; a client that stops in the middle of it does not', async () => {
    let finish = (): void => {};
    const { port } = await startUpstream((request, response) => {
      if (request.url === '/slow') {
        response.write('ab');
        finish = () => response.end('cd');
      } else if (request.url === '/upload') request.resume().on('end', () => response.end('taken'));
    });
    const proxy = await proxyTo(port, { responseTimeoutMs: 700 });
    const slow = open(way, proxy, { host, path: '/slow' });
    await slow.until(/ab/);
    const begin = () => {
      const headers = { 'transfer-encoding': 'chunked' };
      const upload = open(way, proxy, { host, path: '/upload', method: 'POST', headers, body: 'open' });
      upload.send('first');
      return upload;
    };
    const upload = begin();
    const drip = setInterval(() => upload.send('x'), 20);
    onTestFinished(() => clearInterval(drip));
    // That takes the whole time.
    expect((await begin().head).status).toBe(504);
    clearInterval(drip);
    upload.end();
    finish();
    expect(await slow.over).toMatchObject({ text: 'abcd', cut: false });
    expect(await upload.over).toMatchObject({ text: 'taken', cut: false });
  });

  test('connections that die between requests: GET is repeated once, nothing is delivered twice, nothing fails', async () => {
    let answered = 0;
    const { port: upstream, server } = await startUpstream((request, response) => {
      request.resume();
      request.on('end', () => {
        answered += 1;
        response.end(request.url);
        // Like a server whose keep-alive time is over at any moment.
        setTimeout(() => request.socket.destroy(), Math.random() * 5);
      });
    });
    server.keepAliveTimeout = 0;
    const proxy = await proxyTo(upstream);
    for (let count = 0; count < 200; count += 1) {
      const post = { method: 'POST', headers: { 'content-length': '0' } };
      const { status, text } = await ask(proxy, { path: `/${count}`, ...(count % 2 === 0 ? {} : post) });
      expect([status, text]).toEqual([200, `/${count}`]);
    }
    expect(answered).toBe(200);
  });

  test('mass aborts release every upstream connection', async () => {
    const upstream = await startRawUpstream(() => {});
    const proxy = await proxyTo(upstream.port);
    const clients = Array.from({ length: 100 }, () => open(way, proxy, { host }));
    await eventually(() => upstream.connections.length === 100, 'all arrive');
    for (const client of clients) client.cancel();
    await eventually(() => upstream.connections.every(({ closed }) => closed), 'all are released');
  });
});

test('an answer that comes before the request was read arrives, also when the upstream closes behind it', async () => {
  const { port } = await startUpstream((_request, response) => {
    response.writeHead(413, { connection: 'close' });
    response.end('too large');
  });
  const proxy = await proxyTo(port);
  const body = 'x'.repeat(256 * 1024);
  const post = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(proxy.port, post)));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*too large/);
  }
});

test.each([
  ['a length', 'Content-Length: 10', 'hello', 'world'],
  ['chunks', 'Transfer-Encoding: chunked', '5\r\nhello\r\n', '0\r\n\r\n'],
])(
  'what comes behind a request that was answered before its end is the next request, whole: %s',
  async (_name, framing, some, rest) => {
    const upstream = await startRawUpstream((received, socket) => {
      if (received.endsWith('hello') || received.endsWith('hello\r\n'))
        socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
      else if (received.startsWith('GET /next ')) answerOk(received, socket);
    });
    const { port } = await proxyTo(upstream.port);
    const client = rawClient(port);
    client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\n${framing}\r\n\r\n${some}`);
    await client.until(/big$/);
    client.send(`${rest}${get('', '/next')}`);
    expect(await client.closed).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\n\r\nbigHTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok$/);
  },
);

test('what is behind the end of a request that was answered before is not dropped up to the body of another one', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('hello')) socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
    else if (/^POST \/second /.test(received) && received.includes('/smuggled')) answerOk('\r\n\r\n', socket);
  });
  const { port } = await proxyTo(upstream.port);
  const client = rawClient(port);
  client.send(`POST /first HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\n\r\nhello`);
  await client.until(/big$/);
  const body = get('', '/smuggled');
  const second = `POST /second HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  client.send(`world${second}`);
  await turn(50);
  client.send(body);
  expect(await client.closed).toMatch(/ok$/);
  expect(upstream.connections.map(({ received }) => received.split(' HTTP')[0])).toEqual([
    'POST /first',
    'POST /second',
  ]);
});

test('a client of HTTP/1.0, which knows no chunks, sees a cut by a reset', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nbody');
    setTimeout(() => socket.resetAndDestroy(), 30);
  });
  const { port } = await proxyTo(upstream.port);
  const old = rawClient(port);
  old.send(get().replace('HTTP/1.1', 'HTTP/1.0'));
  await old.closed;
  expect(old.wasReset()).toBe(true);
});

test('curl, which reads what the kernel says, tells a cut by HTTP/1.0 from an end', async (context) => {
  needs(context, 'curl');
  const upstream = await startRawUpstream((received, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nbody');
    setTimeout(() => (received.includes('/whole') ? socket.end() : reset(socket)), 30);
  });
  const { port } = await proxyTo(upstream.port);
  const ask = (path: string) =>
    runToEnd('curl', [
      '-q',
      '-sS',
      '--noproxy',
      '*',
      '--http1.0',
      '-H',
      `Host: ${host}`,
      `http://127.0.0.1:${port}${path}`,
    ]);
  expect(await ask('/whole')).toMatchObject({ code: 0, output: 'body' });
  expect((await ask('/cut')).code).toBe(56);
});

test('a request that came too often through the proxy gets 508 with the usual cause', async () => {
  const { port: unused } = await startUpstream(() => {});
  let loops = 0;
  const { port: upstream } = await startUpstream((request, response) => {
    loops += 1;
    const via = String(request.headers.via);
    void exchange(proxy.port, get(`Via: ${via}\r\n`)).then((answer) => response.end(answer));
  });
  const proxy = await proxyTo(upstream);
  expect(await exchange(proxy.port, get())).toMatch(/508 Loop Detected[\s\S]*changeOrigin/);
  expect(loops).toBeLessThan(10);
  expect(unused).toBeGreaterThan(0);
});

test('killing and restarting an upstream under load fails no request but those in flight, and leaks no socket', async () => {
  let server = await startUpstream((_request, response) => response.end('ok'));
  const { port: upstreamPort } = server;
  const proxy = await proxyTo(upstreamPort);
  let running = true;
  const statuses: number[] = [];
  const worker = async (): Promise<void> => {
    while (running) {
      const answer = await exchange(proxy.port, get());
      statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]));
    }
  };
  const workers = Array.from({ length: 8 }, worker);
  for (let round = 0; round < 3; round += 1) {
    await eventually(() => statuses.slice(-20).length === 20 && statuses.slice(-20).every((status) => status === 200));
    server.server.closeAllConnections();
    await new Promise((resolve) => server.server.close(resolve));
    await eventually(() => statuses.slice(-8).every((status) => status === 502));
    const again = await startUpstream((_request, response) => response.end('ok'), '127.0.0.1', upstreamPort);
    server = again;
    await eventually(() => statuses.slice(-20).every((status) => status === 200));
  }
  running = false;
  await Promise.all(workers);
  expect(new Set(statuses)).toEqual(new Set([200, 502]));
  server.server.closeAllConnections();
  // Of both sides: all of it runs in this process.
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  await eventually(() => sockets() === 0, 'no connection to be left');
});
