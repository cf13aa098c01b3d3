import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostsOfRule, shown, wishesOf } from '../../../../src/providers/docker/wishes.ts';

test('text of containers is cut, and nothing in it acts on a terminal', () => {
  expect(shown('x'.repeat(100), 10)).toBe(`${'x'.repeat(10)}…`);
  expect(shown('a\u001b[2Jb')).toBe('a\\u{1b}[2Jb');
  expect(shown('short')).toBe('short');
});

test('lists without end are not read to their end', () => {
  const labels = { 'sidings.host': Array.from({ length: 40 }, (_, index) => `h${index}.localhost`).join(',') };
  const { hosts, faults } = wishesOf({ labels, env: {} }, ['localhost']);
  expect(hosts).toHaveLength(32);
  expect(faults).toHaveLength(8);
  const long = wishesOf({ labels: { 'sidings.host': 'x'.repeat(5000) }, env: {} }, ['localhost']);
  expect(long.faults).toMatchObject([{ reason: 'which is too long' }]);
  const rule = wishesOf({ labels: { 'traefik.http.routers.x.rule': `Host(\`${'x'.repeat(5000)}\`)` }, env: {} }, [
    'localhost',
  ]);
  expect(rule.hosts).toEqual([]);
});

test('a rule with spaces without end is judged at once', () => {
  const begun = performance.now();
  expect(hostsOfRule(`Host(${'`a` '.repeat(1000)}`)).toBeUndefined();
  expect(hostsOfRule(`Host(${'`a` , '.repeat(800)}!`)).toBeUndefined();
  expect(hostsOfRule(`Host(\`a\`${' '.repeat(4000)}!`)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('labels named like members of objects are labels', () => {
  const labels = JSON.parse('{"__proto__": "x", "constructor": "y", "sidings.port": "80"}');
  expect(wishesOf({ labels, env: {} }, ['localhost'])).toMatchObject({ port: 80, faults: [] });
  expect(wishesOf({ labels: {}, env: {} }, ['localhost'])).toEqual({
    enabled: undefined,
    hosts: [],
    port: undefined,
    service: undefined,
    faults: [],
  });
});

test('only hostnames under the suffixes are ever taken', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (own, rule, virtual) => {
      const labels = { 'sidings.host': own, 'traefik.http.routers.x.rule': rule };
      for (const host of wishesOf({ labels, env: { VIRTUAL_HOST: virtual } }, ['localhost']).hosts) {
        expect(host).toMatch(/^[a-z0-9.-]+\.localhost$/);
      }
    }),
  );
});
