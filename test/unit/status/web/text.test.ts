import { expect, test } from 'vitest';
import type { RequestSummary } from '../../../../src/model/requests.ts';
import { age, bytes, clock, count, duration, rate } from '../../../../src/status/web/text/format.ts';
import { piecesOf } from '../../../../src/status/web/text/hints.ts';
import { added, isOfMoment, placeOfMoment } from '../../../../src/status/web/text/lines.ts';
import { hashOf, placeOf, queryOf } from '../../../../src/status/web/text/place.ts';
import { merged, outcome, statusWord, timing } from '../../../../src/status/web/text/requests.ts';
import { sparkline } from '../../../../src/status/web/text/sparkline.ts';

test.each([
  [-5000, 'just now'],
  [9999, 'just now'],
  [10_000, '10 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3_600_000, '1 h ago'],
  [86_400_000, '1 day ago'],
  [2 * 86_400_000, '2 days ago'],
  [61 * 86_400_000, '2 months ago'],
  [800 * 86_400_000, '2 years ago'],
])('%d ms ago is %s', (past, text) => {
  expect(age(1e12 - past, 1e12)).toBe(text);
});

test('numbers are said as people read them', () => {
  expect([0, 0.44, 1, 9.94, 9.96, 12.4, 999.4].map(duration)).toEqual([
    '0 ms',
    '0.4 ms',
    '1 ms',
    '9.9 ms',
    '10 ms',
    '12 ms',
    '999 ms',
  ]);
  expect([999.6, 1240, 59_000, 125_000].map(duration)).toEqual(['1.0 s', '1.2 s', '59 s', '2 min 5 s']);
  expect([0, 999, 1000, 9949, 12_345_678, 1e18].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '12 MB',
    '1000000 TB',
  ]);
  expect([0, 0.42, 12.3].map(rate)).toEqual(['0/s', '0.4/s', '12/s']);
  expect([count(1, 'file'), count(0, 'file')]).toEqual(['1 file', '0 files']);
  const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  expect([clock(at), clock(at, true)]).toEqual(['03:04:05', '03:04:05.006']);
});

test('a hint is told apart from what is to be typed', () => {
  expect(piecesOf('Stop it. Run: sidings trust')).toEqual([
    { text: 'Stop it. Run: ', code: false },
    { text: 'sidings trust', code: true },
  ]);
  expect(piecesOf('`docker info` says <b>which</b>.')).toEqual([
    { text: 'docker info', code: true },
    { text: ' says <b>which</b>.', code: false },
  ]);
  expect(piecesOf('Nothing to type.')).toEqual([{ text: 'Nothing to type.', code: false }]);
  expect(piecesOf('Run: `a b`, or wait.').map(({ text }) => text)).toEqual(['Run: ', 'a b', ', or wait.']);
});

test('places are read and written', () => {
  expect(placeOf('')).toEqual({ view: 'overview', chosen: {} });
  expect(placeOf('#/nowhere?status=5xx')).toEqual({ view: 'overview', chosen: {} });
  const chosen = { workstream: 'a&b <i>', status: '5xx' };
  expect(placeOf(hashOf('requests', { ...chosen, path: '', service: undefined }))).toEqual({
    view: 'requests',
    chosen,
  });
  expect([hashOf('overview', chosen), hashOf('logs')]).toEqual(['#/', '#/logs']);
  expect(queryOf({ a: 1, b: '', c: undefined, d: '?&' })).toBe('a=1&d=%3F%26');
});

test('a sparkline stays in its box, and little traffic looks little', () => {
  expect(sparkline([0, 2, 8], 10, 4)).toEqual({ line: 'M0,4L5,3L10,0', area: 'M0,4L5,3L10,0L10,4L0,4Z' });
  expect(sparkline([1], 10, 4).line).toBe('M0,3');
  expect(sparkline([], 10, 4)).toEqual({ line: '', area: '' });
});

const request = {
  id: 'a',
  startedAt: 100,
  durationMs: 10,
  method: 'GET',
  scheme: 'https',
  host: 'h',
  path: '/',
  status: 200,
} as const;
const summaryOf = (more: Partial<RequestSummary> = {}): RequestSummary => ({
  ...request,
  bytesIn: 0,
  bytesOut: 0,
  protocol: 'h2',
  ...more,
});

test('requests are shown once, those that ended last first, and not without end', () => {
  const [a, b, c] = [
    summaryOf(),
    summaryOf({ id: 'b', durationMs: 50 }),
    summaryOf({ id: 'c', startedAt: 200 }),
  ] as const;
  expect(merged([c, a], [b, a], 10).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(merged([c], [b, a], 2).map(({ id }) => id)).toEqual(['c', 'b']);
});

test('how a request ended has a name', () => {
  const ends = [200, 304, 404, 500, 0].map((status) => [outcome(summaryOf({ status })), statusWord(status)]);
  expect(ends).toEqual([
    ['ok', '200'],
    ['moved', '304'],
    ['refused', '404'],
    ['failed', '500'],
    ['failed', 'left'],
  ]);
  expect(outcome(summaryOf({ error: 'upstream-broken' }))).toBe('failed');
});

test('the time of a request is what it waited and what it received', () => {
  expect(timing({ durationMs: 100, firstByteMs: 25 })).toEqual({ waitedMs: 25, receivedMs: 75, share: 25 });
  expect(timing({ durationMs: 100 })).toEqual({ waitedMs: 100, receivedMs: 0, share: 100 });
  expect(timing({ durationMs: 0, firstByteMs: 1 })).toEqual({ waitedMs: 0, receivedMs: 0, share: 100 });
});

test('lines keep what tells them apart while older ones go', () => {
  const first = added([], [{ text: 'a' }, { text: 'b' }], 3);
  const then = added(first, [{ text: 'c' }, { text: 'd' }], 3);
  expect(then).toEqual([
    { text: 'b', key: 1 },
    { text: 'c', key: 2 },
    { text: 'd', key: 3 },
  ]);
});

test('the lines of a moment are found by their times', () => {
  const lines = [{ text: 'none' }, { text: 'before', at: 1000 }, { text: 'in', at: 5000 }, { text: 'after', at: 9000 }];
  expect(placeOfMoment(lines, 5050)).toBe(2);
  expect(placeOfMoment(lines, 6000)).toBe(3);
  expect(placeOfMoment(lines, 20_000)).toBe(3);
  expect(placeOfMoment([{ text: 'none' }], 5000)).toBeUndefined();
  expect(lines.map((line) => isOfMoment(line, 5050, 5060))).toEqual([false, false, true, false]);
});
