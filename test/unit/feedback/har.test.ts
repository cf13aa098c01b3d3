import { expect, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import type { Exchange } from '../../../src/model/exchange.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { expectHar } from '../../support/har.ts';

const archiveOf = (...exchanges: Partial<Exchange>[]) => {
  const history = openHistory({ count: 100, version: '1.2.3' });
  for (const more of exchanges) history.add(exchangeOf(more));
  return expectHar(history.har({}, Number.POSITIVE_INFINITY)).log;
};

test('an archive holds the requests, the oldest first, with sizes and times', () => {
  const log = archiveOf(
    {
      method: 'POST',
      path: '/login?next=%2F&token=secret',
      protocol: 'h2',
      status: 302,
      bytesIn: 7,
      bytesOut: 0,
      durationMs: 20,
      firstByteMs: 15,
      requestHeaders: ['Host', 'project-3.api.localhost', 'Cookie', 'sid=secret; theme=secret'],
      responseHeaders: ['Location', '/?code=secret', 'Set-Cookie', 'sid=secret; Path=/; Secure; HttpOnly; Domain=a.b'],
    },
    { id: 'abc-2', method: 'GET' },
  );
  expect(JSON.stringify(log)).not.toContain('secret');
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'sidings', version: '1.2.3' } });
  expect(log.entries.map(({ request }) => request.method)).toEqual(['POST', 'GET']);
  expect(log.entries[0]).toEqual({
    startedDateTime: '2023-11-14T22:13:20.000Z',
    time: 20,
    request: {
      method: 'POST',
      url: 'https://project-3.api.localhost/login?next=%2F&token=***',
      httpVersion: 'HTTP/2.0',
      cookies: [
        { name: 'sid', value: '***' },
        { name: 'theme', value: '***' },
      ],
      headers: [
        { name: 'Host', value: 'project-3.api.localhost' },
        { name: 'Cookie', value: 'sid=***; theme=***' },
      ],
      queryString: [
        { name: 'next', value: '%2F' },
        { name: 'token', value: '***' },
      ],
      headersSize: -1,
      bodySize: 7,
    },
    response: {
      status: 302,
      statusText: 'Found',
      httpVersion: 'HTTP/2.0',
      cookies: [{ name: 'sid', value: '***', path: '/', domain: 'a.b', httpOnly: true, secure: true }],
      headers: [
        { name: 'Location', value: '/?code=***' },
        { name: 'Set-Cookie', value: 'sid=***; Path=/; Secure; HttpOnly; Domain=a.b' },
      ],
      content: { size: 0, mimeType: '' },
      redirectURL: '/?code=***',
      headersSize: -1,
      bodySize: 0,
    },
    cache: {},
    timings: { send: 0, wait: 15, receive: 5 },
    _id: 'abc-1',
    _workstream: 'project-3',
    _service: 'api',
  });
});

test('it is an archive whatever the requests were', () => {
  const nowhere = { workstream: undefined, service: undefined, directory: undefined };
  const { entries } = archiveOf(
    { ...nowhere, status: 0, firstByteMs: undefined, responseHeaders: [] },
    { protocol: 'websocket', status: 101 },
    { path: 'http://evil.example/?a&=b&&', status: 999, error: 'host-misdirected', host: '' },
    { path: '*', method: 'OPTIONS', durationMs: 1, firstByteMs: 2, requestHeaders: ['Cookie', '; =x; y'] },
    { responseHeaders: ['Set-Cookie', '', 'Set-Cookie', ';;', 'Set-Cookie', 'a; __proto__=1'] },
    { path: '/<script>\u001b[31m\u202e', requestHeaders: ['X', '\u0000\ud800'] },
  );
  expect(entries).toHaveLength(6);
  expect(entries[1]).toMatchObject({ _resourceType: 'websocket' });
  expect(entries[2]).toMatchObject({ _error: 'host-misdirected', request: { url: 'http://evil.example/?a&=b&&' } });
});
