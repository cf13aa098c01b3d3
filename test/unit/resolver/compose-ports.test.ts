import fc from 'fast-check';
import { expect, test } from 'vitest';
import { otherPublications, publishedPorts } from '../../../src/resolver/compose-ports.ts';

const ports = (...entries: unknown[]) =>
  publishedPorts({ services: { db: { ports: entries } } }, (name) => (name === 'FROM_ENV' ? '5499' : undefined)).map(
    ({ variable, port, container }) => [variable, port, container],
  );

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is written in the file
test.each([
  ['8000:80', undefined, 8000, 80],
  ['127.0.0.1:8000:80/tcp', undefined, 8000, 80],
  ['[::1]:8000:80', undefined, 8000, 80],
  ['${DB_PORT:-5432}:5432', 'DB_PORT', 5432, 5432],
  ['${DB_PORT-5432}:5432', 'DB_PORT', 5432, 5432],
  ['127.0.0.1:${DB_PORT:-5432}:5432', 'DB_PORT', 5432, 5432],
  ['${BIND:-127.0.0.1}:${DB_PORT:-5432}:5432', 'DB_PORT', 5432, 5432],
  ['${DB_PORT:-${OTHER:-5432}}:5432', 'DB_PORT', 5432, 5432],
  ['${FROM_ENV}:5432', 'FROM_ENV', 5499, 5432],
  ['$FROM_ENV:5432', 'FROM_ENV', 5499, 5432],
  ['${FROM_ENV:?must be set}:5432', 'FROM_ENV', 5499, 5432],
  ['${DB_PORT:-5432}:${INNER:-5432}', 'DB_PORT', 5432, 5432],
])('%s', (entry, variable, port, container) => {
  expect(ports(entry)).toEqual([[variable, port, container]]);
});

test.each([
  '8000',
  8000,
  '8000-8005:8000-8005',
  '53:53/udp',
  '${UNSET}:80',
  '${UNSET:-$OTHER}:80',
  '${PREFIX:-80}80:80',
  '${DB_PORT:-text}:80',
  '${DB_PORT:-$FROM_ENV}:80',
  '0:80',
  '70000:80',
  'a:b',
  '',
  null,
  true,
  [],
  { target: 80 },
  { target: 53, published: 53, protocol: 'udp' },
  `${'${A:-'.repeat(100)}1${'}'.repeat(100)}:80`,
])('%j publishes nothing that is known', (entry) => {
  expect(ports(entry)).toEqual([]);
});

test('the long syntax', () => {
  expect(
    ports(
      { target: 80, published: '${WEB_PORT:-8080}', host_ip: '127.0.0.1' },
      { target: 80, published: 8081, protocol: 'tcp' },
    ),
  ).toEqual([
    ['WEB_PORT', 8080, 80],
    [undefined, 8081, 80],
  ]);
});
test('what is published without being known is told, unless the machine chooses the port', () => {
  const entries = ['8000:80', '0:81', '00:82', '53:53/udp', '${UNSET}:83', { target: 84, published: '9000-9001' }];
  const others = otherPublications({ services: { db: { ports: entries } } }, () => undefined);
  expect(others.map(({ host, container, protocol }) => [host, container, protocol])).toEqual([
    ['53', '53', 'udp'],
    ['${UNSET}', '83', 'tcp'],
    ['9000-9001', '84', 'tcp'],
  ]);
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: only there

test('whatever a file holds, there is no exception', () => {
  for (const content of [
    null,
    undefined,
    1,
    'x',
    [],
    {},
    { services: null },
    { services: { a: null, b: { ports: 1 } } },
  ])
    expect(publishedPorts(content, () => undefined)).toEqual([]);
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      Array.isArray(publishedPorts({ services: { a: { ports: [value] } } }, () => undefined)),
    ),
  );
  fc.assert(fc.property(fc.string(), (value) => Array.isArray(ports(value))));
});
