import { expect, test } from 'vitest';
import { countTraffic } from '../../../src/feedback/traffic.ts';
import { exchangeOf } from '../../support/exchange.ts';

const start = 1_700_000_000_000;
const at = (seconds: number, more = {}) => exchangeOf({ startedAt: start + seconds * 1000, durationMs: 10, ...more });
const zeros = (count: number) => new Array(count).fill(0);

test('requests are counted in the second in which they end, the oldest first', () => {
  const traffic = countTraffic();
  for (const seconds of [0, 0, 1, 58]) traffic.add('/a', at(seconds));
  traffic.add('/a', at(57, { durationMs: 2500 }));
  traffic.add('/b', at(58));
  expect(traffic.read('/a', start + 59_500)).toEqual({
    perSecond: [2, 1, ...zeros(56), 1, 1],
    requests: 5,
    errors: 0,
    slowestMs: 2500,
  });
});

test('what failed is counted, by its status or by its problem', () => {
  const traffic = countTraffic();
  for (const more of [{ status: 500 }, { status: 404 }, { status: 0 }, { error: 'upstream-broken' }])
    traffic.add('/a', at(0, more));
  expect(traffic.read('/a', start)).toMatchObject({ requests: 4, errors: 2 });
});

test('after a minute it is forgotten, however long nobody asked', () => {
  const traffic = countTraffic();
  traffic.add('/a', at(0, { status: 500 }));
  expect(traffic.read('/a', start + 59_000).requests).toBe(1);
  expect(traffic.read('/a', start + 60_000)).toEqual({ perSecond: zeros(60), requests: 0, errors: 0, slowestMs: 0 });
  traffic.add('/a', at(100_000));
  expect(traffic.read('/a', start + 100_000_000).perSecond).toEqual([...zeros(59), 1]);
});

test('a copy that was never asked has sixty empty seconds', () => {
  const { perSecond, requests } = countTraffic().read('/a', start);
  expect([perSecond, requests]).toEqual([zeros(60), 0]);
});

test('a clock that is set back loses nothing while it is near, and starts anew when it is far', () => {
  const traffic = countTraffic();
  traffic.add('/a', at(30));
  traffic.add('/a', at(20));
  expect(traffic.read('/a', start + 20_000).perSecond).toEqual([...zeros(59), 2]);
  traffic.add('/a', at(-100_000));
  expect(traffic.read('/a', start - 100_000_000).perSecond).toEqual([...zeros(59), 1]);
});
