import { expect, test } from 'vitest';
import { parseMoment } from '../../../src/model/moment.ts';

const now = Date.parse('2026-07-01T12:00:00Z');

test.each([
  ['90s', now - 90_000],
  ['5m', now - 300_000],
  ['2h', now - 7_200_000],
  ['1.5d', now - 129_600_000],
  ['250ms', now - 250],
  ['0', 0],
  [String(now), now],
  ['2026-07-01T11:00:00Z', now - 3_600_000],
  ['2026-07-01T13:00:00+02:00', now - 3_600_000],
  ['2026-07-01T13:00:00 02:00', now - 3_600_000],
  ['2026-07-01', now - 43_200_000],
])('%s', (text, expected) => {
  expect(parseMoment(text, now)).toBe(expected);
});

test.each(['', '5 m', '-5m', 'm', '5w', 'yesterday', '1e3s', 'July 1 2026', '2026-99-99', '9'.repeat(16)])(
  '%j is none',
  (text) => {
    expect(parseMoment(text, now)).toBeUndefined();
  },
);
