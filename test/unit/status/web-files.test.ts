import { expect, test } from 'vitest';
import { isKnown } from '../../../src/status/web-files.ts';

test.each([
  ['', false],
  ['"b"', false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['a', false],
])('If-None-Match: %s names "a": %s', (value, expected) => {
  expect(isKnown(value, '"a"')).toBe(expected);
});
