import { expect, test } from 'vitest';
import { momentOf } from '../../../src/cli/sidings/moment.ts';

test.each(['5', '1764543334', 'soon'])('--since %s is no moment', (said) => {
  expect(() => momentOf(said)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test.each([
  ['0', 0],
  ['1764543334000', 1_764_543_334_000],
])('--since %s is one', (said, moment) => {
  expect(momentOf(said)).toBe(moment);
});
