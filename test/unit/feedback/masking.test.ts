import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskField, maskFields, maskQuery } from '../../../src/feedback/masking.ts';

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
  ['https://a.example/cb#access_token=1&state=2', 'https://a.example/cb#access_token=***&state=2'],
  ['/?next=/a#id_token=1', '/?next=/a#id_token=***'],
  ['http://me:secret@host/x?y=1', 'http://***@host/x?y=1'],
  ['/@vite/client', '/@vite/client'],
])('%s is shown as %s', (path, expected) => {
  expect(maskQuery(path)).toBe(expected);
});

test('no value of a secret parameter is ever shown, wherever it is', () => {
  const pair = fc.tuple(fc.stringMatching(/^[a-z%0-9]{0,8}$/), fc.stringMatching(/^[a-z=?%0-9]{0,8}$/));
  fc.assert(
    fc.property(fc.array(pair), fc.array(pair), fc.stringMatching(/^[=?]?$/), (before, after, odd) => {
      const text = (pairs: [string, string][]) => pairs.map(([name, value]) => `${name}=${value}&`).join('');
      expect(maskQuery(`/?${text(before)}token=${odd}SECRET&${text(after)}`)).not.toContain('SECRET');
    }),
  );
});

test.each([
  ['Authorization', 'Bearer abc.def', 'Bearer ***'],
  ['authorization', 'opaque', '***'],
  ['authorization', 'opaque and more', '***'],
  ['authorization', 'AWS4-HMAC-SHA256 Credential=x, Signature=y', 'AWS4-HMAC-SHA256 ***'],
  ['Proxy-Authorization', 'Basic dTpw', 'Basic ***'],
  ['Cookie', 'sid=1; theme=dark', 'sid=***; theme=***'],
  ['cookie', 'opaque; a=b=c;', '***; a=***;'],
  ['Set-Cookie', 'sid=1; Path=/; HttpOnly', 'sid=***; Path=/; HttpOnly'],
  ['set-cookie', '', ''],
  ['X-API-Key', 'abc', '***'],
  ['x-csrf-token', '', ''],
  ['X-Amz-Security-Token', 'abc', '***'],
  ['WWW-Authenticate', 'Bearer realm="x"', 'Bearer realm="x"'],
  ['Access-Control-Allow-Credentials', 'true', 'true'],
  ['Sec-WebSocket-Key', 'dGhl', 'dGhl'],
  ['Sec-WebSocket-Protocol', `graphql-ws, ${'x'.repeat(40)}`, 'graphql-ws, ***'],
  ['Referer', 'https://a.localhost/cb?code=1&x=2', 'https://a.localhost/cb?code=***&x=2'],
  ['Location', '/done#access_token=1', '/done#access_token=***'],
  ['X-Forward', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '***'],
  ['X-Note', 'use bearer abc now', 'use bearer *** now'],
  ['Content-Type', 'text/html; charset=utf-8', 'text/html; charset=utf-8'],
  ['Accept', '*/*', '*/*'],
])('%s: %s is shown as %s', (name, value, expected) => {
  expect(maskField(name, value)).toBe(expected);
});

test('fields become pairs, in their order, however often a name is there', () => {
  expect(maskFields(['A', '1', 'Cookie', 'b=2', 'A', '3'])).toEqual([
    ['A', '1'],
    ['Cookie', 'b=***'],
    ['A', '3'],
  ]);
});

test.each(['?', '&', '#', '?a', 'eyJ-', 'eyJaaaaaaaa.', 'bearer ', ' ', '://', '@', ';', '=', '%'])(
  'sixty thousand bytes of %j take no longer than they are long',
  (piece) => {
    const text = piece.repeat(60_000 / piece.length);
    for (const name of ['x', 'cookie', 'authorization', 'sec-websocket-protocol']) maskField(name, text);
    // What takes the square of it meets the time-out of the test.
    expect(maskQuery(text).length).toBeLessThanOrEqual(4 * text.length);
  },
);
