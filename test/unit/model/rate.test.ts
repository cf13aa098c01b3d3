import { expect, test } from 'vitest';
import { rateLimit } from '../../../src/model/rate.ts';

test('a burst is allowed, then what comes in time, and never more than the burst', () => {
  let time = 0;
  const take = rateLimit(3, 2, () => time);
  const taken = (count: number) => Array.from({ length: count }, take).filter(Boolean).length;
  expect(taken(5)).toBe(3);
  time = 400;
  expect(taken(2)).toBe(0);
  time = 500;
  expect(taken(2)).toBe(1);
  time = 60_000;
  expect(taken(10)).toBe(3);
});

test('it goes by the clock of the machine, unless it is given another', () => {
  const take = rateLimit(1, 0);
  expect([take(), take()]).toEqual([true, false]);
});
