import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { fronts, openTunnel } from '../../support/fronts.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';
import { startRawUpstream, startUpstream } from '../../support/upstream.ts';

const host = 'project-3.web.localhost';
const handshake = (more = '', method = 'GET') =>
  `${method} /socket?a=b HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

const front = async (port: number) => startProxy({ copies: [copy('project-3', [service('web', port)])] });

test.each(['ws', 'wss'])(
  'messages pass both ways by %s, with the subprotocol, and both sides end together',
  async (scheme) => {
    const { port: upstream, server } = await startUpstream(() => {});
    const sockets = new WebSocketServer({ server });
    const closes: number[] = [];
    sockets.on('connection', (socket, request) => {
      socket.send(`${request.url} ${request.headers.host} ${request.headers['x-forwarded-proto']}`);
      socket.on('message', (data) => socket.send(`echo ${data}`));
      socket.on('close', (code) => closes.push(code));
    });
    const { port, securePort } = await front(upstream);
    const address = `${scheme}://127.0.0.1:${scheme === 'ws' ? port : securePort}/hmr`;
    const socket = new WebSocket(address, 'vite-hmr', { headers: { host }, rejectUnauthorized: false });
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    await eventually(() => messages.length === 1, 'the greeting');
    expect(messages).toEqual([`/hmr ${host} ${scheme === 'ws' ? 'http' : 'https'}`]);
    expect(socket.protocol).toBe('vite-hmr');
    socket.send('x'.repeat(500_000));
    await eventually(() => messages.length === 2, 'the echo');
    expect(messages[1]).toHaveLength(500_005);
    socket.close(4001);
    await eventually(() => closes.length === 1, 'the close');
    expect(closes).toEqual([4001]);
  },
);

describe.each(fronts)('%s', (way) => {
  const echo = async (handler: (socket: Duplex, request: IncomingMessage) => void, more: readonly string[] = []) => {
    const { port, server } = await startUpstream(() => {});
    server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`, ...more];
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\nSec-WebSocket-Protocol: hmr\r\n\r\nfirst`,
      );
      handler(socket, request);
    });
    return front(port);
  };

  test('a tunnel opens, carries bytes both ways, and passes the end on', async () => {
    let asked: IncomingMessage | undefined;
    const proxy = await echo((socket, request) => {
      asked = request;
      socket.on('data', (data) => socket.write(data));
      socket.on('end', () => socket.end('farewell'));
    });
    const tunnel = await openTunnel(way, proxy, { host, path: '/socket?a=b', headers: { 'x-a': '1' } });
    expect(tunnel.status).toBe(way === 'HTTP/2' ? 200 : 101);
    expect(tunnel.headers).toMatchObject({ 'sec-websocket-protocol': 'hmr', 'x-workstream': 'project-3' });
    if (way === 'HTTP/2')
      for (const name of ['connection', 'upgrade', 'sec-websocket-accept'])
        expect(tunnel.headers).not.toHaveProperty(name);
    expect(asked).toMatchObject({ method: 'GET', url: '/socket?a=b' });
    expect(asked?.headers).toMatchObject({ host, 'x-a': '1', upgrade: 'websocket', 'sec-websocket-version': '13' });
    await tunnel.until(/^first$/);
    tunnel.duplex?.write('x'.repeat(700_000));
    await tunnel.until(/^firstx{700000}$/);
    tunnel.duplex?.end('bye');
    await tunnel.until(/byefarewell$/);
    await tunnel.closed;
    await eventually(() => proxy.exchanges.length === 1, 'the exchange is told');
    expect(proxy.exchanges).toMatchObject([{ method: 'GET', status: 101, service: 'web' }]);
  });

  test('a tunnel has no length, whatever the 101 says', async () => {
    const proxy = await echo((socket) => socket.pipe(socket), ['Content-Length: 0']);
    const { headers, duplex, until } = await openTunnel(way, proxy, { host });
    expect(headers).not.toHaveProperty('content-length');
    duplex?.write(' and more');
    await until(/^first and more$/);
  });

  test('a fault on either side ends the other', async () => {
    let released = false;
    const proxy = await echo((socket, request) => {
      socket.on('error', () => {}).on('end', () => socket.end());
      socket.on('close', () => {
        released = true;
      });
      socket.resume();
      if (request.url === '/reset') setTimeout(() => (socket as Socket).resetAndDestroy(), 20);
    });
    const left = await openTunnel(way, proxy, { host });
    await left.until(/first/);
    left.reset();
    await eventually(() => released, 'the upstream is released');
    const lost = await openTunnel(way, proxy, { host, path: '/reset' });
    await lost.closed;
  });

  test('a refusal of the upstream is passed on as the answer that it is', async () => {
    const { port, server } = await startUpstream(() => {});
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nX-Why: no\r\n\r\n2\r\nno\r\n0\r\n\r\n');
    });
    const { status, headers, until, closed } = await openTunnel(way, await front(port), { host });
    expect([status, headers['x-why']]).toEqual([403, 'no']);
    await until(/^no$/);
    await closed;
  });

  test('a dead upstream gets an answer, and so does one that answers for another handshake', async () => {
    const { port: dead, server } = await startUpstream(() => {});
    await new Promise((resolve) => server.close(resolve));
    const refused = await openTunnel(way, await front(dead), { host });
    expect(refused.status).toBe(502);
    await refused.until(/upstream-refused/);
    const upstream = await startRawUpstream((_received, socket) => socket.write(switching.replace('s3p', 'xxx')));
    const wrong = await openTunnel(way, await front(upstream.port), { host });
    expect(wrong.status).toBe(502);
    await wrong.until(/upstream-invalid/);
  });

  test('tunnels end when the proxy closes', async () => {
    const proxy = await echo(() => {});
    const tunnel = await openTunnel(way, proxy, { host });
    await tunnel.until(/first/);
    await proxy.close(60_000);
    await tunnel.closed;
    expect(proxy.exchanges).toMatchObject([{ status: 101, service: 'web' }]);
  });
});

test('bytes that the client sends early reach the upstream only behind its 101', async () => {
  let switched = false;
  const early: boolean[] = [];
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('early')) early.push(switched);
    if (!switched && received.includes('\r\n\r\n')) {
      expect(received).toMatch(/\r\n\r\n$/);
      setTimeout(() => {
        switched = true;
        socket.write(`${switching}first`);
      }, 20);
    }
  });
  const { port } = await front(upstream.port);
  const client = rawClient(port);
  client.send(`${handshake()}early`);
  await client.until(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Sec-WebSocket-Accept: s3p[\s\S]*\r\n\r\nfirst$/i);
  await eventually(() => early.length === 1, 'the early bytes');
  expect(early).toEqual([true]);
  expect(upstream.received()).toMatch(/^GET \/socket\?a=b HTTP\/1\.1\r\n/);
  expect(upstream.received()).toMatch(/\r\nUpgrade: websocket\r\n/);
});

test('a dead upstream gets an answer, and a broken one too', async () => {
  const { port: dead, server } = await startUpstream(() => {});
  await new Promise((resolve) => server.close(resolve));
  expect(await exchange((await front(dead)).port, handshake())).toMatch(/^HTTP\/1\.1 502 [\s\S]*upstream-refused/);
  const broken = await startRawUpstream((_received, socket) => socket.destroy());
  expect(await exchange((await front(broken.port)).port, handshake())).toMatch(
    /^HTTP\/1\.1 502 [\s\S]*upstream-broken/,
  );
});

test('a switch to something that nobody asked for is refused', async () => {
  const upstream = await startRawUpstream((_received, socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nevil'),
  );
  const { port } = await front(upstream.port);
  expect(await exchange(port, handshake())).toMatch(/^HTTP\/1\.1 502 /);
  expect(await exchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 502 /,
  );
});

test.each([
  ['no key', handshake().replace(/Sec-WebSocket-Key: .*\r\n/, '')],
  ['two keys', handshake('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')],
  ['another method', handshake('', 'POST')],
  ['HTTP/1.0', handshake().replace('HTTP/1.1', 'HTTP/1.0')],
  ['a body', handshake('Content-Length: 5\r\n')],
  ['chunks', handshake('Transfer-Encoding: chunked\r\n')],
])('a handshake with %s is no tunnel', async (_name, text) => {
  const upstream = await startRawUpstream((_received, socket) => socket.write(switching));
  const { port } = await front(upstream.port);
  expect(await exchange(port, text)).toMatch(/^HTTP\/1\.1 400 /);
  expect(upstream.received()).toBe('');
});

test('a client that resets before the upgrade releases the upstream and harms nobody', async () => {
  const upstream = await startRawUpstream(() => {});
  const { port } = await front(upstream.port);
  const client = rawClient(port);
  client.send(handshake());
  await eventually(() => upstream.received() !== '', 'the handshake arrives');
  client.socket.resetAndDestroy();
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
});

test('a tunnel passes a half-close on, and a reset ends both sides', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write(switching);
    if (received.endsWith('bye')) socket.end('farewell');
  });
  const { port } = await front(upstream.port);
  const polite = rawClient(port);
  polite.send(handshake());
  await polite.until(/\r\n\r\n$/);
  polite.socket.end('bye');
  expect(await polite.closed).toMatch(/farewell$/);
  const rude = rawClient(port);
  rude.send(handshake());
  await rude.until(/\r\n\r\n$/);
  rude.socket.resetAndDestroy();
  await eventually(() => upstream.connections.every(({ closed }) => closed), 'the upstream is released');
});

test('a handshake that was sent without waiting for an answer comes after it', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (/^GET \/first /.test(received))
      setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst'), 50);
    else socket.write(`${switching}second`);
  });
  const { port } = await front(upstream.port);
  const client = rawClient(port);
  client.send(`GET /first HTTP/1.1\r\nHost: ${host}\r\n\r\n${handshake()}early`);
  await client.until(/^HTTP\/1\.1 200 OK[\s\S]*first[\s\S]*HTTP\/1\.1 101 [\s\S]*second$/);
  await eventually(() => upstream.received().endsWith('early'), 'what came behind the handshake');
});
