import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { type Exchange, fetchBy, fronts, open, openTunnel, sessionTo } from '../../support/fronts.ts';
import { startProxy } from '../../support/proxy.ts';
import { eventually, type RawClient, rawClient } from '../../support/raw.ts';
import { changingState, startStatus } from '../../support/status.ts';
import { stateOf, workstreamOf } from '../../support/workstreams.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A state of about so many bytes. */
const large = (version: number, bytes: number) =>
  stateOf(version, [workstreamOf({ branch: `${version}-${'x'.repeat(bytes)}` })]);

/** The status page behind a proxy, with lines of a log without end. */
const stage = async (bytes = 0) => {
  const state = changingState(large(0, bytes));
  const history = openHistory({ count: 100, version: '0' });
  const status = await startStatus({
    ...state.options,
    requests: history,
    logs: {
      read: async () => ({ source: 'process', lines: [] }),
      async *follow(_directory, _service, _query, signal) {
        for (let line = 0; !signal.aborted; line += 1) {
          yield { text: `${line} ${'x'.repeat(1000)}` };
          if (line % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      },
    },
  });
  const proxy = await startProxy({ copies: [], status: status.handle });
  return { ...state, history, proxy };
};

describe.each(fronts)('a page of somebody else, by %s', (front) => {
  const scheme = front === 'HTTP/1.1' ? 'http' : 'https';
  const strangers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'of a copy': { origin: `${scheme}://project-3.web.localhost`, 'sec-fetch-site': 'same-site' },
    'of another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'in a sandbox': { origin: 'null', 'sec-fetch-site': 'cross-site' },
    'of another port': { origin: `${scheme}://localhost:1` },
  };

  test.each(Object.entries(strangers))(
    '%s reads nothing, follows nothing and opens no WebSocket',
    async (_whose, headers) => {
      const { proxy } = await stage();
      for (const path of ['/', '/api/workstreams', '/api/events', '/api/requests/events', '/api/nothing']) {
        const answer = await fetchBy(front, proxy, { host: 'localhost', path, headers });
        expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, 'origin-refused']);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
        expect(answer.text).not.toContain('project-3');
      }
      // Forms and simple requests change nothing: nothing can be changed.
      const posted = { method: 'POST', body: 'a=1', headers: { ...headers, 'content-type': 'text/plain' } };
      expect(await fetchBy(front, proxy, { host: 'localhost', path: '/api/workstreams', ...posted })).toMatchObject({
        status: 403,
      });
      const asks = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x' };
      const preflight = { method: 'OPTIONS', headers: { ...headers, ...asks } };
      const { status, headers: fields } = await fetchBy(front, proxy, {
        host: 'localhost',
        path: '/api/workstreams',
        ...preflight,
      });
      expect(status).toBe(403);
      expect(Object.keys(fields).filter((name) => name.startsWith('access-control'))).toEqual([]);
      for (const path of ['/', '/api/events']) {
        const tunnel = await openTunnel(front, proxy, { host: 'localhost', path, headers });
        expect([tunnel.status, tunnel.duplex]).toEqual([403, undefined]);
      }
    },
  );

  test('that rebound its own name to this machine gets nothing, however it asks', async () => {
    const { proxy } = await stage();
    for (const host of ['evil.example', 'evil.localhost.example', '127.0.0.1', '[::1]', 'localhost.evil.example']) {
      const headers = { origin: `${scheme}://${host}`, 'sec-fetch-site': 'same-origin' };
      for (const path of ['/', '/api/workstreams', '/api/events']) {
        const answer = await fetchBy(front, proxy, { host, path, headers });
        expect([answer.status, answer.text.includes('evil')]).toEqual([421, false]);
        expect(answer.text).not.toContain('project-3');
      }
      const tunnel = await openTunnel(front, proxy, { host, headers });
      expect([tunnel.duplex, tunnel.status >= 400]).toEqual([undefined, true]);
    }
  });

  test('nobody gets a WebSocket of the status page, which has none', async () => {
    const { proxy } = await stage();
    for (const path of ['/', '/api/events', '/api/workstreams'])
      expect((await openTunnel(front, proxy, { host: 'localhost', path })).duplex).toBe(undefined);
  });
});

const paths = ['/api/events', '/api/requests/events', '/api/logs/events?workstream=project-3&service=api'];

test('a hundred readers that take nothing cost little, keep nobody from being answered, and leave no trace', async () => {
  const bytes = 200_000;
  const { proxy, publish, history, listeners } = await stage(bytes);
  const get = (path: string) => fetchBy('HTTP/1.1', proxy, { host: 'localhost', path });
  await get('/api/workstreams');
  collect();
  const before = process.memoryUsage();

  const stalled: RawClient[] = [];
  for (let count = 0; count < 70; count += 1) {
    const client = rawClient(proxy.port);
    client.send(`GET ${paths[count % 3]} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.until(/retry/);
    client.socket.pause();
    stalled.push(client);
  }
  const session = sessionTo(proxy.securePort);
  const streams = Array.from({ length: 30 }, (_, count) =>
    session.request({ ':authority': 'localhost', ':path': paths[count % 3] ?? '' }).pause(),
  );
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve))));
  for (let version = 1; version <= 50; version += 1) {
    publish(large(version, bytes));
    for (let count = 0; count < 10; count += 1)
      history.add(exchangeOf({ id: `${version}-${count}`, path: `/${'x'.repeat(1500)}` }));
    if (version % 10 === 0) expect(await get('/api/requests?limit=1')).toMatchObject({ status: 200 });
  }
  collect();
  const during = process.memoryUsage();
  const grown = (key: 'heapUsed' | 'external') => (during[key] - before[key]) / 1024 / 1024;
  process.stdout.write(`100 stalled readers: ${(grown('heapUsed') + grown('external')).toFixed(1)} MB\n`);
  // A state, or 256 KB, for each, and what is on its way.
  expect(grown('heapUsed') + grown('external')).toBeLessThan(100);

  // One more may not follow, and may ask.
  const refused = await get('/api/events');
  expect([refused.status, JSON.parse(refused.text).code, refused.headers['retry-after']]).toEqual([
    503,
    'events-full',
    '10',
  ]);
  expect(JSON.parse((await get('/api/workstreams')).text).version).toBe(50);

  for (const { socket } of stalled) socket.destroy();
  session.destroy();
  let next: Exchange | undefined;
  await eventually(async () => {
    next?.cancel();
    next = open('HTTP/1.1', proxy, { host: 'localhost', path: '/api/events' });
    return (await next.head).status === 200;
  }, 'a free place');
  await next?.until(/id: 50\n/);
  publish(large(51, 10));
  await next?.until(/id: 51\n/);
  next?.cancel();
  await eventually(() => listeners.size === 0, 'the followers to be forgotten');
  await eventually(() => {
    collect();
    return process.memoryUsage().external - before.external < 8 * 1024 * 1024;
  }, 'what waited for them to be let go');
});
