import { expect, test } from 'vitest';
import { countTraffic } from '../../../src/feedback/traffic.ts';
import { exchangeOf } from '../../support/exchange.ts';

const start = 1_700_000_000_000;
const at = (seconds: number, more = {}) => exchangeOf({ startedAt: start + seconds * 1000, durationMs: 10, ...more });
const plenty = { burst: 100, perSecond: 0 };
const zeros = (count: number) => new Array(count).fill(0);

test('requests are counted in the second in which they end, the oldest first', () => {
  const traffic = countTraffic(plenty);
  for (const seconds of [0, 0, 1, 58]) traffic.add('/a', at(seconds));
  traffic.add('/a', at(57, { durationMs: 2500 }));
  traffic.add('/b', at(58));
  expect(traffic.read('/a', start + 59_500)).toEqual({
    perSecond: [2, 1, ...zeros(56), 1, 1],
    requests: 5,
    errors: 0,
    slowestMs: 2500,
    countedOnly: 0,
  });
});

test('what failed is counted, by its status or by its problem', () => {
  const traffic = countTraffic(plenty);
  for (const more of [{ status: 500 }, { status: 404 }, { status: 0 }, { error: 'upstream-broken' }])
    traffic.add('/a', at(0, more));
  expect(traffic.read('/a', start)).toMatchObject({ requests: 4, errors: 2 });
});

test('after a minute it is forgotten, however long nobody asked', () => {
  const traffic = countTraffic(plenty);
  traffic.add('/a', at(0, { status: 500 }));
  expect(traffic.read('/a', start + 59_000).requests).toBe(1);
  expect(traffic.read('/a', start + 60_000)).toEqual({
    perSecond: zeros(60),
    requests: 0,
    errors: 0,
    slowestMs: 0,
    countedOnly: 0,
  });
  traffic.add('/a', at(100_000));
  expect(traffic.read('/a', start + 100_000_000).perSecond).toEqual([...zeros(59), 1]);
});

test('a copy that was never asked has sixty empty seconds', () => {
  const { perSecond, requests } = countTraffic(plenty).read('/a', start);
  expect([perSecond, requests]).toEqual([zeros(60), 0]);
});

test('a clock that is set back loses nothing while it is near, and starts anew when it is far', () => {
  const traffic = countTraffic(plenty);
  traffic.add('/a', at(30));
  traffic.add('/a', at(20));
  expect(traffic.read('/a', start + 20_000).perSecond).toEqual([...zeros(59), 2]);
  traffic.add('/a', at(-100_000));
  expect(traffic.read('/a', start - 100_000_000).perSecond).toEqual([...zeros(59), 1]);
});

test('what comes too fast is counted only, in each workstream by itself, and what fails is kept all the same', () => {
  const traffic = countTraffic({ burst: 2, perSecond: 0 });
  const add = (more = {}) => traffic.add('/a', at(0, { workstream: 'a', ...more }));
  expect([add(), add({ status: 500 }), add(), add(), add({ error: 'upstream-broken' }), add()]).toEqual([
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
  expect(traffic.add('/b', at(0, { workstream: 'b' }))).toBe(true);
  expect(traffic.read('/a', start)).toMatchObject({ requests: 6, errors: 2, countedOnly: 2 });
  expect(['a', 'b', undefined].map((name) => traffic.countedOnly(name, start))).toEqual([2, 0, 2]);
  expect(traffic.countedOnly(undefined, start + 60_000)).toBe(0);
});
