import { expect, test } from 'vitest';
import { urlOf } from '../../../src/model/address.ts';

test.each([
  ['http', 80, 'http://a.localhost'],
  ['http', 443, 'http://a.localhost:443'],
  ['https', 443, 'https://a.localhost'],
  ['http', 8080, 'http://a.localhost:8080'],
] as const)('%s on %i is %s', (scheme, port, url) => {
  expect(urlOf('a.localhost', { scheme, port })).toBe(url);
});
