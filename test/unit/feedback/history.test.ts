import { describe, expect, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import type { Exchange } from '../../../src/model/exchange.ts';
import type { RequestFilter, RequestSummary } from '../../../src/model/requests.ts';
import { exchangeOf } from '../../support/exchange.ts';

const historyOf = (...exchanges: Partial<Exchange>[]) => {
  const history = openHistory({ count: 100, version: '0', now: () => 1_700_000_000_500 });
  for (const more of exchanges) history.add(exchangeOf(more));
  return history;
};

test('a request is listed with what was learnt about it, secrets masked', () => {
  const history = historyOf({ path: '/notes?token=secret', bytesIn: 3, firstByteMs: 1.23456 });
  expect(history.find({}, 10)).toEqual([
    {
      id: 'abc-1',
      method: 'GET',
      scheme: 'https',
      host: 'project-3.api.localhost',
      path: '/notes?token=***',
      status: 200,
      workstream: 'project-3',
      service: 'api',
      startedAt: 1_700_000_000_000,
      durationMs: 12.35,
      firstByteMs: 1.23,
      bytesIn: 3,
      bytesOut: 512,
      protocol: 'http/1.1',
    },
  ]);
});

test('what led nowhere, failed or was left has no more than it has', () => {
  const nowhere = { workstream: undefined, service: undefined, directory: undefined, firstByteMs: undefined };
  const [left, failed] = historyOf({ ...nowhere, error: 'hostname-unknown', status: 404 }, { status: 0 }).find({}, 10);
  expect(Object.keys(failed ?? {})).not.toEqual(expect.arrayContaining(['workstream']));
  expect(failed).toMatchObject({ status: 404, error: 'hostname-unknown' });
  expect(left).toMatchObject({ status: 0, workstream: 'project-3' });
  expect(left).not.toHaveProperty('error');
});

test('one request is given whole, with its fields and a command that asks again', () => {
  const path = `/${'x'.repeat(5000)}`;
  const history = historyOf({
    id: 'one',
    path,
    requestHeaders: ['Host', 'project-3.api.localhost', 'Authorization', 'Bearer secret'],
    responseHeaders: ['Set-Cookie', 'sid=secret; Path=/'],
  });
  expect(history.detail('two')).toBeUndefined();
  expect(history.detail('one')).toMatchObject({
    id: 'one',
    path,
    requestHeaders: [
      ['Host', 'project-3.api.localhost'],
      ['Authorization', 'Bearer ***'],
    ],
    responseHeaders: [['Set-Cookie', 'sid=***; Path=/']],
    curl: `curl https://project-3.api.localhost${path} --header 'Authorization: Bearer ***'`,
  });
});

test('texts in a list have an end', () => {
  const [request] = historyOf({ method: 'M'.repeat(60_000), host: 'h'.repeat(60_000), path: 'p'.repeat(60_000) }).find(
    {},
    1,
  );
  expect(JSON.stringify(request).length).toBeLessThan(3000);
  expect(request?.path.endsWith('p…')).toBe(true);
});

test('requests for the status page are not remembered', () => {
  const history = historyOf({ isStatus: true });
  const heard: RequestSummary[] = [];
  history.subscribe((request) => heard.push(request));
  history.add(exchangeOf({ isStatus: true }));
  expect([history.find({}, 10), heard, history.traffic('/code/project-3').requests]).toEqual([[], [], 0]);
});

test('a copy that is asked all the time pushes out no other', () => {
  const history = openHistory({ count: 10, version: '0' });
  history.add(exchangeOf({ id: 'quiet', workstream: 'project-4', directory: '/code/project-4' }));
  for (let count = 0; count < 1000; count += 1) history.add(exchangeOf({ id: `noisy-${count}` }));
  expect(history.find({}, 100)).toHaveLength(10);
  expect(history.detail('quiet')).toBeDefined();
});

test('large heads make room for each other: bytes are bounded by the count', () => {
  const history = openHistory({ count: 10, version: '0' });
  for (let count = 0; count < 10; count += 1)
    history.add(exchangeOf({ id: `huge-${count}`, requestHeaders: ['X', 'x'.repeat(30_000)] }));
  expect(history.find({}, 100).map(({ id }) => id)).toEqual(['huge-9', 'huge-8']);
});

test('a history of none keeps none', () => {
  const history = openHistory({ count: 0, version: '0' });
  history.add(exchangeOf());
  expect(history.find({}, 10)).toEqual([]);
});

describe('a filter', () => {
  const history = historyOf(
    { id: 'ok', path: '/notes?token=secret', startedAt: 1_700_000_000_000, durationMs: 100 },
    { id: 'left', status: 0, method: 'POST' },
    { id: 'missing', status: 404, service: 'web', startedAt: 1_700_000_000_300 },
    { id: 'broken', error: 'upstream-broken', workstream: 'project-4', directory: '/code/project-4' },
    { id: 'failed', status: 502, error: 'upstream-refused', method: 'PUT', path: '/notes/1' },
  );
  const range = (from: number, to = from) => ({ status: { ranges: [{ from, to }], errors: false } });

  test.each<[RequestFilter, string]>([
    [{}, 'failed broken missing left ok'],
    [{ workstream: 'project-4' }, 'broken'],
    [{ workstream: 'project-5' }, ''],
    [{ service: 'web' }, 'missing'],
    [range(500, 599), 'failed'],
    [range(0), 'left'],
    [{ status: { ranges: [], errors: true } }, 'failed broken'],
    [{ status: { ranges: [{ from: 404, to: 404 }], errors: true } }, 'failed broken missing'],
    [{ methods: new Set(['PUT', 'POST']) }, 'failed left'],
    [{ path: '/notes' }, 'failed broken missing left ok'],
    [{ path: 'notes/1' }, 'failed'],
    [{ path: 'token=***' }, 'ok'],
    // Else a secret could be guessed, bit by bit.
    [{ path: 'secret' }, ''],
    [{ since: 1_700_000_000_100 }, 'missing ok'],
    [{ workstream: 'project-3', methods: new Set(['PUT']), path: '1', ...range(502) }, 'failed'],
  ])('%j leaves these in: %s', (filter, expected) => {
    const ids = history.find(filter, 100).map(({ id }) => id);
    expect(ids.join(' ')).toBe(expected);
  });

  test('at most so many are given, the newest', () => {
    expect(history.find({ path: '/notes' }, 2).map(({ id }) => id)).toEqual(['failed', 'broken']);
  });
});

test('who listens hears each request once, and whether a filter means it, until the end', () => {
  const history = historyOf();
  const heard: [string, boolean][] = [];
  const end = history.subscribe(({ id }, matches) => heard.push([id, matches({ service: 'api' })]));
  history.add(exchangeOf({ id: 'a' }));
  history.add(exchangeOf({ id: 'b', service: 'web' }));
  end();
  history.add(exchangeOf({ id: 'c' }));
  expect(heard).toEqual([
    ['a', true],
    ['b', false],
  ]);
});

test('traffic is that of a folder, in the minute before now', () => {
  const history = historyOf({}, { status: 500 }, { directory: '/code/project-4' }, { directory: undefined });
  expect(history.traffic('/code/project-3')).toMatchObject({ requests: 2, errors: 1, slowestMs: 12.34567 });
});
