import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CopyClaim } from '../../src/model/workstream.ts';
import { type Exchange, fronts, open, openTunnel } from '../support/fronts.ts';
import { openOtherMachine } from '../support/network.ts';
import { copy, service, startProxy, type TestProxy } from '../support/proxy.ts';
import { eventually, rawClient } from '../support/raw.ts';
import { needs } from '../support/requirements.ts';
import { startUpstream } from '../support/upstream.ts';

// With those of Docker, which never run beside the tests of browsers: Chromium drops requests while network interfaces come and go.

const host = 'project-3.api.localhost';
const lanes = ['fast', 'full'] as const;

/** Answers `/events` with a stream, `/part` with half of a body and anything else never; takes WebSockets. */
const program = (address: string): string => `
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/events') response.setHeader('Content-Type', 'text/event-stream');
    if (request.url === '/part') response.setHeader('Content-Length', '100');
    if (request.url !== '/silent') response.write('begun');
  });
  server.on('upgrade', ({ headers }, socket) => {
    const text = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = require('node:crypto').createHash('sha1').update(text).digest('base64');
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: ' + accept];
    socket.on('error', () => {});
    socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\\r\\n'));
  });
  server.listen(8000, '${address}', () => console.log('listening'));
`;

/** Both lanes, which soon ask whether the other side is there. */
const startBoth = (copies: readonly CopyClaim[]): Promise<readonly TestProxy[]> =>
  Promise.all(lanes.map((lane) => startProxy({ copies, lanes: lane, presenceMs: 1000, responseTimeoutMs: 1500 })));

test('an upstream that vanishes without a word is found out and let go, whatever is under way', {
  timeout: 90_000,
}, async (context) => {
  const machine = await openOtherMachine(context);
  await machine.start(program(machine.address));
  const near = await startUpstream((_request, response) => {
    response.setHeader('Content-Type', 'text/event-stream').write('begun');
  });
  const proxies = await startBoth([
    copy('project-3', [service('api', 8000, { upstream: { host: machine.address, port: 8000 } })]),
    copy('project-4', [service('api', near.port, { upstream: { host: '127.0.0.1', port: near.port } })]),
  ]);
  const ways = proxies.flatMap((proxy) => fronts.map((front) => ({ proxy, front })));

  const begun: Exchange[] = [];
  for (const { proxy, front } of ways)
    for (const path of ['/events', '/part', '/chunks']) begun.push(open(front, proxy, { host, path }));
  const silent = ways.map(({ proxy, front }) => open(front, proxy, { host: 'project-4.api.localhost' }));
  const tunnels = await Promise.all(ways.map(({ proxy, front }) => openTunnel(front, proxy, { host })));
  await Promise.all([...begun, ...silent].map((exchange) => exchange.until(/begun/)));
  expect(tunnels.map(({ duplex }) => duplex !== undefined)).not.toContain(false);

  const uploads = ways.map(({ proxy, front }) =>
    open(front, proxy, { host, path: '/silent', method: 'POST', headers: { 'content-length': '9' }, body: 'open' }),
  );
  for (const upload of uploads) upload.send('part');
  expect((await machine.connections()).length).toBeGreaterThan(uploads.length);
  await machine.pull();
  const late = ways.map(({ proxy, front }) => open(front, proxy, { host }));

  for (const { head } of [...late, ...uploads]) expect([502, 504]).toContain((await head).status);
  for (const { over } of begun) expect(await over).toMatchObject({ text: expect.stringMatching(/begun/), cut: true });
  await Promise.all(tunnels.map(({ closed }) => closed));
  await eventually(async () => (await machine.connections()).length === 0, 'every connection to be let go', 20_000);
  for (const { exchanges, suspected } of proxies) {
    expect(exchanges.filter(({ path, error }) => path === '/part' && error === 'upstream-broken')).toHaveLength(3);
    expect(suspected).toContain(host);
  }
  // Who is there and has nothing to say may be silent for as long as it likes.
  for (const { proxy, front } of ways)
    expect((await open(front, proxy, { host: 'project-4.api.localhost' }).head).status).toBe(200);
  for (const exchange of silent) {
    exchange.cancel();
    expect(exchange.text()).toBe('begun');
  }
});

test('the kernel asks whether clients are still there, too', async (context) => {
  needs(context, 'ss');
  const near = await startUpstream((_request, response) => {
    response.setHeader('Content-Type', 'text/event-stream').write('begun');
  });
  for (const proxy of await startBoth([copy('project-3', [service('api', near.port)])])) {
    const client = rawClient(proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await client.until(/begun/);
    const { stdout } = await promisify(execFile)('ss', ['-Htno', 'sport', '=', `:${proxy.port}`]);
    expect(stdout).toMatch(/^ESTAB .* timer:\(keepalive,/m);
  }
});
