import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessLog, maskQuery } from '../../../src/feedback/access-log.ts';

const exchange = {
  id: 'abc-1',
  method: 'GET',
  host: 'project-3.api.localhost',
  path: '/notes?token=s3cret&page=2',
  status: 200,
  workstream: 'project-3',
  service: 'api',
  startedAt: 1_700_000_000_000,
  durationMs: 12.345_67,
  bytesIn: 0,
  bytesOut: 512,
  error: undefined,
};

const lines = (...exchanges: (typeof exchange | object)[]) => {
  const told: [object, string][] = [];
  const never = () => {
    throw new Error('Only info is for exchanges.');
  };
  const tell = accessLog({ debug: never, warn: never, error: never, info: (...line) => told.push(line) });
  for (const one of exchanges) tell({ ...exchange, ...one });
  return told;
};

test('an exchange is a sentence, and the same as fields', () => {
  expect(lines(exchange)).toEqual([
    [
      { exchange: { ...exchange, path: '/notes?token=***&page=2', durationMs: 12.3 } },
      'GET project-3.api.localhost/notes?token=***&page=2 200 12.3 ms 0/512 B api of project-3 #abc-1',
    ],
  ]);
});

test('what led nowhere, failed, or was left by its client says so', () => {
  const nowhere = { workstream: undefined, service: undefined, status: 404, error: 'hostname-unknown', path: '/' };
  const messages = lines(nowhere, { status: 0, path: '/' }).map(([, message]) => message);
  expect(messages).toEqual([
    'GET project-3.api.localhost/ 404 12.3 ms 0/512 B - hostname-unknown #abc-1',
    'GET project-3.api.localhost/ left 12.3 ms 0/512 B api of project-3 #abc-1',
  ]);
});

test.each([
  ['/token=1', '/token=1'],
  ['/?page=2&sort=name', '/?page=2&sort=name'],
  ['/?access_token=a=b&x=1', '/?access_token=***&x=1'],
  ['/cb?code=1&state=2', '/cb?code=***&state=2'],
  ['/?postcode=1&encode=2', '/?postcode=1&encode=2'],
  ['/?X-Amz-Signature=1&apiKey=2&PASSWORD=3', '/?X-Amz-Signature=***&apiKey=***&PASSWORD=***'],
  ['/?%74oken=1&%=2', '/?%74oken=***&%=2'],
  ['/?token', '/?token'],
  ['/?a?token=1', '/?a?token=***'],
])('%s is logged as %s', (path, expected) => {
  expect(maskQuery(path)).toBe(expected);
});

test('no value of a secret parameter is ever in the log, wherever it is', () => {
  const pair = fc.tuple(fc.stringMatching(/^[a-z%0-9]{0,8}$/), fc.stringMatching(/^[a-z=?%0-9]{0,8}$/));
  fc.assert(
    fc.property(fc.array(pair), fc.array(pair), fc.stringMatching(/^[=?]?$/), (before, after, odd) => {
      const text = (pairs: [string, string][]) => pairs.map(([name, value]) => `${name}=${value}&`).join('');
      expect(maskQuery(`/?${text(before)}token=${odd}SECRET&${text(after)}`)).not.toContain('SECRET');
    }),
  );
});
