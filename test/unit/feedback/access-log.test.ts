import { expect, test } from 'vitest';
import { accessLog } from '../../../src/feedback/access-log.ts';
import { exchangeOf } from '../../support/exchange.ts';

const { requestHeaders, responseHeaders, isStatus, ...exchange } = exchangeOf({
  path: '/notes?token=s3cret&page=2',
  requestHeaders: ['Authorization', 'Bearer s3cret'],
});

const lines = (...exchanges: (typeof exchange | object)[]) => {
  const told: [object, string][] = [];
  const never = () => {
    throw new Error('Only info is for exchanges.');
  };
  const tell = accessLog({ debug: never, warn: never, error: never, info: (...line) => told.push(line) });
  for (const one of exchanges) tell({ ...exchange, requestHeaders, responseHeaders, isStatus, ...one });
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
