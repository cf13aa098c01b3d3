import { expect, test } from 'vitest';
import { mostClients } from '../../../src/proxy/descriptors.ts';
import { failureOf } from '../../../src/proxy/lane.ts';

test('half of what is not reserved is for clients, the other half for their upstreams', () => {
  expect([1024, 4096, 100, 0].map(mostClients)).toEqual([480, 2016, 18, 16]);
  expect(mostClients(undefined)).toBe(Number.POSITIVE_INFINITY);
});

test.each(['EMFILE', 'ENFILE'])('%s on the way to an upstream does not mean that nobody listens there', (code) => {
  expect(failureOf(Object.assign(new Error(), { code, syscall: 'connect' }))).toMatchObject({ kind: 'exhausted' });
});
