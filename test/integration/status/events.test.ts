import { expect, test } from 'vitest';
import type { State } from '../../../src/model/workstream.ts';
import { startProxy } from '../../support/proxy.ts';
import { eventually, type RawClient, rawClient } from '../../support/raw.ts';
import { changingState, startStatus } from '../../support/status.ts';
import { stateOf, workstreamOf } from '../../support/workstreams.ts';

/** States on a raw stream, oldest first; chunk sizes of the wire are taken out. */
const statesOf = (client: RawClient): State[] => {
  const body = client.received().slice(client.received().indexOf('\r\n\r\n') + 4);
  const text = body.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
  return [...text.matchAll(/event: state\nid: (\d+)\ndata: (.*)\n\n/g)].map(([, id, data]) => {
    const state = JSON.parse(data as string);
    expect(String(state.version)).toBe(id);
    return state;
  });
};

const follow = (port: number, fields = ''): RawClient => {
  const client = rawClient(port);
  client.send(`GET /api/events HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: text/event-stream\r\n${fields}\r\n`);
  return client;
};

test('a client gets the whole state on connect and on each change', async () => {
  const { options, publish } = changingState(stateOf(1));
  const { port } = await startStatus(options);
  const client = follow(port);
  await client.until(/\n\n/);
  expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(client.received()).toMatch(/\r\nContent-Type: text\/event-stream\r\n/);
  expect(client.received()).toMatch(/\r\nCache-Control: no-store\r\n/);
  expect(client.received()).toMatch(/\r\nX-Content-Type-Options: nosniff\r\n/);
  expect(client.received()).toMatch(/retry: \d+\nevent: state\nid: 1\n/);
  const next = stateOf(2, [workstreamOf({ name: 'a\nevent: forged\n\n', live: false })]);
  publish(next);
  await client.until(/id: 2\ndata: .*\n\n/);
  expect(statesOf(client)).toEqual([stateOf(1), next]);
  expect(client.received()).not.toMatch(/^event: forged/m);
});

test('of changes is heard only while somebody follows', async () => {
  const { options, listeners } = changingState(stateOf(1));
  const { port } = await startStatus(options);
  expect(listeners.size).toBe(0);
  const clients = [follow(port), follow(port)];
  for (const client of clients) await client.until(/id: 1\n/);
  expect(listeners.size).toBe(1);
  for (const client of clients) client.socket.destroy();
  await eventually(() => listeners.size === 0);
});

test('a client that comes back gets the state, whatever it says it had', async () => {
  const { options } = changingState(stateOf(5));
  const { port } = await startStatus(options);
  const client = follow(port, 'Last-Event-ID: 5\r\n');
  await client.until(/\n\n/);
  expect(statesOf(client)).toEqual([stateOf(5)]);
});

test('a stream on which nothing happens shows signs of life', async () => {
  const { port } = await startStatus({ ...changingState(stateOf(1)).options, heartbeatMs: 10 });
  const client = follow(port);
  await client.until(/\r\n:\n\n\r\n[\s\S]*\r\n:\n\n\r\n/);
  expect(statesOf(client)).toHaveLength(1);
});

/** A state of about so many bytes. */
const large = (version: number, bytes: number): State =>
  stateOf(version, [workstreamOf({ branch: `${version}-${'x'.repeat(bytes)}` })]);

test('a client that reads slowly gets the newest state, and none of those between wait for it', async () => {
  const changes = 200;
  const { options, publish } = changingState(large(0, 1_000_000));
  const { port } = await startStatus(options);
  const slow = follow(port);
  await slow.until(/id: 0\n/);
  slow.socket.pause();
  for (let version = 1; version <= changes; version += 1) {
    publish(large(version, 1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  slow.socket.resume();
  await slow.until(new RegExp(`id: ${changes}\\n[^\\n]*\\n\\n`));
  const versions = statesOf(slow).map(({ version }) => version);
  expect(versions[0]).toBe(0);
  expect(versions.at(-1)).toBe(changes);
  expect(versions.length).toBeLessThan(changes / 4);
  expect(versions).toEqual([...versions].sort((one, other) => one - other));
});

test('a client that takes nothing any more is let go', async () => {
  const { options, publish } = changingState(large(1, 50_000_000));
  const { port } = await startStatus({ ...options, heartbeatMs: 10, maxClients: 1 });
  const stuck = follow(port);
  await stuck.until(/id: 1\n/);
  stuck.socket.pause();
  // Its place is free again when it is gone.
  await eventually(async () => {
    publish(stateOf(2));
    const next = follow(port);
    const [, status] = await next.until(/^HTTP\/1\.1 (\d+)/);
    next.socket.destroy();
    return status === '200';
  }, 'a free place');
});

test('only so many clients follow; a place that one leaves is free', async () => {
  const { port } = await startStatus({ ...changingState(stateOf(1)).options, maxClients: 2 });
  const [first, second] = [follow(port), follow(port)];
  await Promise.all([first.until(/\n\n/), second.until(/\n\n/)]);
  const third = follow(port);
  await third.until(/"code":"events-full"/);
  expect(third.received()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: \d+\r\n/i);
  first.socket.resetAndDestroy();
  await eventually(async () => {
    const next = follow(port);
    const [, status] = await next.until(/^HTTP\/1\.1 (\d+)/);
    return status === '200';
  }, 'a free place');
});

test('close ends all streams, those of stuck clients too, and nobody is called after it', async () => {
  const { options, publish, listeners } = changingState(large(1, 50_000_000));
  const { port, close } = await startStatus(options);
  const stuck = follow(port);
  await stuck.until(/id: 1\n/);
  stuck.socket.pause();
  publish(stateOf(2));
  const client = follow(port);
  await client.until(/id: 2\n.*\n\n/);
  await close();
  await client.until(/\r\n0\r\n\r\n$/);
  stuck.socket.resume();
  await stuck.closed;
  expect(listeners.size).toBe(0);
  // What comes after it gets the state, and no stream that would never end.
  const late = follow(port);
  await late.until(/id: 2\n[\s\S]*\r\n0\r\n\r\n$/);
});

test('the streams of a page of another origin are refused before they begin', async () => {
  const { port } = await startStatus(changingState(stateOf(1)).options);
  for (const fields of ['Origin: http://evil.example\r\n', 'Sec-Fetch-Site: same-site\r\n']) {
    const client = follow(port, fields);
    await client.until(/"code":"origin-refused"/);
    expect(client.received()).toMatch(/^HTTP\/1\.1 403 /);
    expect(client.received()).not.toContain('project-3');
  }
});

test('through the proxy events come at once, and its end does not wait for them', async () => {
  const { options, publish } = changingState(stateOf(1));
  const status = await startStatus(options);
  const proxy = await startProxy({ copies: [], status: status.handle });
  const client = follow(proxy.port);
  await client.until(/id: 1\n.*\n\n/);
  publish(stateOf(2));
  await client.until(/id: 2\n.*\n\n/);
  await Promise.all([status.close(), proxy.close(60_000)]);
  await client.closed;
  expect(proxy.exchanges).toMatchObject([{ status: 200, path: '/api/events', workstream: undefined }]);
});
