import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchBy, fronts, open, sessionTo } from '../../support/fronts.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { startRawUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const ways = (['fast', 'full'] as const).flatMap((lanes) => fronts.map((front) => [lanes, front] as const));

describe.each(ways)('%s lane, %s', (lanes, front) => {
  test('many clients that leave in the middle of an answer, or of their request, release all that was theirs', async () => {
    const upstream = await startRawUpstream((received, socket) => {
      if (received.includes('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun');
    });
    const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])], lanes });
    const answers = Array.from({ length: 20 }, () => open(front, proxy, { host }));
    const headers = { 'content-length': '1000' };
    const uploads = Array.from({ length: 20 }, () =>
      open(front, proxy, { host, method: 'POST', headers, body: 'open' }),
    );
    for (const upload of uploads) upload.send('part');
    await Promise.all(answers.map((answer) => answer.until(/begun/)));
    await eventually(() => upstream.received().split('part').length === 21, 'all uploads');
    expect(upstream.connections).toHaveLength(40);
    for (const client of [...answers, ...uploads]) client.cancel();
    await eventually(() => upstream.connections.every(({ closed }) => closed), 'all of them to be released');
    await eventually(() => proxy.exchanges.length === 40, 'all of them to be over');
    expect(proxy.suspected).toEqual([]);
  });
});

test.each(['fast', 'full'] as const)(
  '%s lane: 300 connections on which nothing happens are in nobody’s way',
  async (lanes) => {
    const upstream = await startRawUpstream((received, socket) => {
      if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])], lanes });
    const idle = Array.from({ length: 240 }, () => rawClient(proxy.port));
    for (const client of idle.slice(0, 50)) client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    for (const client of idle.slice(50, 100)) client.send('GET / HTTP/1.1\r\nHo');
    await Promise.all(idle.slice(0, 50).map((client) => client.until(/ok$/)));
    const secure = Array.from({ length: 40 }, () => {
      const socket = connectTls({ port: proxy.securePort, host: '127.0.0.1', rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      return socket;
    });
    const sessions = Array.from({ length: 20 }, () => sessionTo(proxy.securePort));
    await Promise.all([
      ...secure.map((socket) => once(socket, 'secureConnect')),
      ...sessions.map((one) => once(one, 'remoteSettings')),
    ]);

    for (const front of fronts)
      for (let count = 0; count < 3; count += 1)
        expect(await fetchBy(front, proxy, { host })).toMatchObject({ status: 200, text: 'ok' });
    expect(idle.every(({ socket }) => socket.readyState === 'open')).toBe(true);
    // One that wakes up is answered like the first.
    idle[50]?.send(`st: ${host}\r\n\r\n`);
    await idle[50]?.until(/ok$/);
    idle[0]?.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await idle[0]?.until(/ok[\s\S]*ok$/);
    await proxy.close();
    await Promise.all(idle.map(({ closed }) => closed));
  },
);
