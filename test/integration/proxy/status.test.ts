import { describe, expect, onTestFinished, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import { createStatus } from '../../../src/status/status.ts';
import { fetchBy, fronts, open } from '../../support/fronts.ts';
import { startProxy } from '../../support/proxy.ts';
import { noLogs } from '../../support/status.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const state = { version: 7, problems: [], workstreams: [] };

/** The status page as the proxy serves it. */
const serve = async () => {
  const status = createStatus({
    state: () => state,
    subscribe: () => () => {},
    lookup: () => undefined,
    requests: openHistory({ count: 0, version: '0' }),
    activity: async () => [],
    setup: async () => ({ roots: [], docker: 'off', rootCertificate: 'unused' }),
    logs: noLogs,
    health: async () => [],
    suffixes: ['localhost'],
    log,
  });
  onTestFinished(() => status.close());
  return startProxy({ copies: [], status: status.handle });
};

describe.each(fronts)('%s', (front) => {
  test('the status page, its API and its errors are served', async () => {
    const proxy = await serve();
    const host = `localhost:${front === 'HTTP/1.1' ? proxy.port : proxy.securePort}`;
    const page = await fetchBy(front, proxy, { host });
    expect(page).toMatchObject({
      status: 200,
      cut: false,
      headers: { 'content-type': expect.stringContaining('html') },
    });
    const api = await fetchBy(front, proxy, { host, path: '/api/workstreams' });
    expect(JSON.parse(api.text)).toEqual(state);
    expect(await fetchBy(front, proxy, { host, method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect(await fetchBy(front, proxy, { host, path: '/none' })).toMatchObject({ status: 404 });
    const post = { host, path: '/api/workstreams', method: 'POST', body: 'x'.repeat(200_000) };
    expect((await fetchBy(front, proxy, post)).status).toBeGreaterThanOrEqual(400);
  });

  test('a method that is known to nobody is refused', async () => {
    const proxy = await serve();
    const host = `localhost:${front === 'HTTP/1.1' ? proxy.port : proxy.securePort}`;
    for (const method of ['BREW', '__proto__']) {
      const { status } = await fetchBy(front, proxy, { host, path: '/api/workstreams', method });
      // Over HTTP/1.1 it is no request for Node.
      expect(status).toBe(front === 'HTTP/2' ? 501 : 400);
    }
  });

  test('events come at once, and end when the proxy closes', async () => {
    const proxy = await serve();
    const host = `localhost:${front === 'HTTP/1.1' ? proxy.port : proxy.securePort}`;
    const events = open(front, proxy, { host, path: '/api/events', headers: { accept: 'text/event-stream' } });
    await events.until(/"version":7/);
    await proxy.close(60_000);
    await events.over;
  });
});
