import { expect, test } from 'vitest';
import { packHeaders, unpackHeaders } from '../../../src/model/exchange.ts';

test.each([[[]], [['A', '1']], [['A', '', 'b', 'c: d', 'A', '2']]])('%j is the same after it was packed', (headers) => {
  const packed = packHeaders(headers);
  expect(packed).toBeTypeOf('string');
  expect(unpackHeaders(packed)).toEqual(headers);
  expect(packHeaders(packed)).toBe(packed);
  expect(unpackHeaders(headers)).toBe(headers);
});

test('lines of a head are read as they are', () => {
  expect(unpackHeaders('Host: a:1\r\nX-Empty:\r\nnonsense\r\n\r\n')).toEqual(['Host', 'a:1', 'X-Empty', '']);
});
