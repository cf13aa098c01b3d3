import { expect, test } from 'vitest';
import {
  type AnswerContext,
  clientHeaders,
  isEventStream,
  pairs,
  passes,
  safeTrailers,
  upstreamHeaders,
} from '../../../src/proxy/headers.ts';
import { judgeHead, type RawHeaders, valuesOf } from '../../../src/proxy/request-head.ts';

const arrival = { clientAddress: '127.0.0.1', scheme: 'http', port: 80, version: '1.1', requestId: 'id-1' } as const;
const toUpstream = (headers: RawHeaders, method = 'GET'): string[] => {
  const head = judgeHead({ method, target: '/', version: '1.1', headers: ['Host', 'p.localhost:80', ...headers] });
  if ('code' in head) throw new Error(head.message);
  return upstreamHeaders(head, arrival);
};
const ours = [
  ...['X-Forwarded-For', '127.0.0.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'p.localhost:80'],
  ...['X-Forwarded-Port', '80', 'X-Request-Id', 'id-1', 'Via', '1.1 sidings'],
];

test('the upstream gets Host unchanged, the fields of the client in their order, and ours', () => {
  const fields = toUpstream(['Accept', '*/*', 'X-A', '1', 'x-a', '2']);
  expect(fields).toEqual(['Host', 'p.localhost:80', 'Accept', '*/*', 'X-A', '1', 'x-a', '2', ...ours]);
});

test('nothing of the connection of the client goes on, nor what its Connection lists', () => {
  const hop = ['Keep-Alive', 'a', 'Proxy-Authorization', 'b', 'Proxy-Connection', 'c', 'HTTP2-Settings', 'd'];
  expect(toUpstream([...hop, 'Connection', 'close, X-Secret', 'x-secret', '1'])).toEqual([
    'Host',
    'p.localhost:80',
    ...ours,
  ]);
});

test('Connection takes none of our fields away', () => {
  const fields = toUpstream(
    ['Connection', 'X-Forwarded-For, Via, X-Request-Id, Host, Content-Length', 'Content-Length', '3'],
    'POST',
  );
  expect(fields).toEqual(['Host', 'p.localhost:80', 'Content-Length', '3', ...ours]);
});

test('no client speaks for the proxy, in whatever spelling', () => {
  const claims = [
    'X-Forwarded-For',
    'x_forwarded_for',
    'X.Forwarded.Proto',
    'X-Forwarded-User',
    'Forwarded',
    'X-Real-IP',
    'x_real_ip',
    'X_Request_Id',
  ];
  const fields = toUpstream([...claims.flatMap((name) => [name, 'evil']), 'X-Request-Id', 'evil']);
  expect(fields).toEqual(['Host', 'p.localhost:80', ...ours]);
});

test('there is exactly one framing, and trailers are announced where they can follow', () => {
  expect(toUpstream(['Transfer-Encoding', 'chunked', 'Trailer', 'X-Sum'], 'POST')).toEqual([
    ...['Host', 'p.localhost:80', 'Trailer', 'X-Sum', 'Transfer-Encoding', 'chunked', ...ours],
  ]);
  expect(toUpstream(['Trailer', 'X-Sum'])).toEqual(['Host', 'p.localhost:80', ...ours]);
  expect(toUpstream(['TE', 'gzip, trailers'])).toEqual([
    'Host',
    'p.localhost:80',
    'TE',
    'trailers',
    'Connection',
    'TE',
    ...ours,
  ]);
});

test('several lines of cookies are one, and a method that could have a body says that there is none', () => {
  const cookies = ['Cookie', 'a=1', 'X-A', '1', 'cookie', 'b=2', 'COOKIE', 'c=3'];
  for (const more of [[], ['Connection', 'keep-alive'], ['Connection', 'x-b']])
    expect(toUpstream([...cookies, ...more], 'PATCH')).toEqual([
      ...['Host', 'p.localhost:80', 'Cookie', 'a=1; b=2; c=3', 'X-A', '1', 'Content-Length', '0'],
      ...ours,
    ]);
});

test('a WebSocket handshake keeps its fields', () => {
  const key = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
  expect(toUpstream(['Upgrade', 'websocket', 'Connection', 'Upgrade', ...key])).toEqual([
    ...['Host', 'p.localhost:80', ...key, 'Connection', 'Upgrade', 'Upgrade', 'websocket', ...ours],
  ]);
});

test('our passes are counted in Via, which is kept', () => {
  const via = ['Via', '1.1 other, 1.1 sidings', 'Via', '1.0 Sidings (x)', 'via', 'broken'];
  expect(passes(via)).toBe(2);
  expect(valuesOf(toUpstream(via), 'via')).toEqual(['1.1 other, 1.1 sidings, 1.0 Sidings (x), broken, 1.1 sidings']);
});

const context: AnswerContext = {
  hostname: 'p.localhost',
  workstream: 'project-3',
  requestId: 'id-1',
  ownsDomain: (domain) => domain === 'p.localhost',
  status: 200,
  trailers: true,
};
const mark = ['X-Request-Id', 'id-1', 'X-Workstream', 'project-3'];
const toClient = (headers: RawHeaders, more: Partial<AnswerContext> = {}) =>
  clientHeaders(headers, { ...context, ...more });

test('the client gets the fields of the upstream, without those of its connection, and ours', () => {
  const hop = ['Connection', 'close, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked'];
  const fields = toClient(['Content-Type', 'text/html', ...hop, 'X-Request-Id', 'theirs', 'x-workstream', 'theirs']);
  expect(fields).toEqual(['Content-Type', 'text/html', ...mark]);
});

test('the length of an answer stays, whatever its Connection lists', () => {
  const fields = ['Connection', 'Content-Length, X-Hop', 'Content-Length', '3', 'X-Hop', '1'];
  expect(toClient(fields)).toEqual(['Content-Length', '3', ...mark]);
});

test('what means nothing to a proxy passes, whatever the answer says of its connection', () => {
  for (const more of [[], ['Connection', 'close'], ['Connection', 'X-Hop', 'X-Hop', '1']])
    expect(toClient(['ETag', '"a"', 'X-A', '1', 'Sec-Fetch-Something-Else-That-Is-Long', '2', ...more])).toEqual(
      expect.arrayContaining(['ETag', '"a"', 'X-A', '1', 'Sec-Fetch-Something-Else-That-Is-Long', '2']),
    );
});

test('Strict-Transport-Security is removed on .localhost only', () => {
  const sts = ['Strict-Transport-Security', 'max-age=1'];
  expect(toClient(sts)).toEqual(mark);
  expect(toClient(sts, { hostname: 'localhost' })).toEqual(mark);
  expect(toClient(sts, { hostname: 'p.example.test' })).toEqual([...sts, ...mark]);
});

test('no answer leads past the proxy', () => {
  expect(toClient(['Alt-Svc', 'h3=":5176"', 'Upgrade', 'h2c'])).toEqual(mark);
});

test('a length goes where a body can be, Trailer where trailers can be', () => {
  const trailer = ['Trailer', 'X-Sum'];
  const length = ['Content-Length', '3'];
  expect(toClient(trailer)).toEqual([...trailer, ...mark]);
  expect(toClient([...length, ...trailer])).toEqual([...length, ...mark]);
  for (const status of [101, 103, 204]) expect(toClient([...length, ...trailer], { status })).toEqual(mark);
  for (const more of [{ status: 103 }, { status: 204 }, { status: 304 }, { trailers: false }])
    expect(toClient(trailer, more)).toEqual(mark);
});

test('a cookie that would reach other copies is made host-only, and noted', () => {
  expect(
    toClient(['Set-Cookie', 'a=1; Domain=p.localhost', 'set-cookie', 'b=2; Path=/; domain=.localhost; Secure']),
  ).toEqual([
    ...['Set-Cookie', 'a=1; Domain=p.localhost', 'set-cookie', 'b=2; Path=/; Secure'],
    ...['X-Sidings-Note', 'Set-Cookie: Domain taken off, it would reach other copies', ...mark],
  ]);
});

test('a folder name of any characters is a valid field value', () => {
  const fields = toClient([], { workstream: 'pro%jé\r\n日' });
  expect(valuesOf(fields, 'x-workstream')).toEqual(['pro%25j%C3%A9%0D%0A%E6%97%A5']);
});

test('trailers that a receiver may not act on are dropped', () => {
  const fields = ['X-Sum', '1', 'Content-Length', '5', 'SET-COOKIE', 'a', 'Transfer-Encoding', 'x', 'x-sum', '2'];
  expect(safeTrailers(fields)).toEqual(['X-Sum', '1', 'x-sum', '2']);
  expect(pairs(safeTrailers(fields))).toEqual([
    ['X-Sum', '1'],
    ['x-sum', '2'],
  ]);
});

test('nor are those that some receivers read as one of these', () => {
  const twins = ['Content_Length', '5', 'transfer.encoding', 'chunked', 'SET_COOKIE', 'a', 'x_request_id', 'mine'];
  expect(safeTrailers(['X_Sum', '1', ...twins])).toEqual(['X_Sum', '1']);
});

test('trailers say nothing of how a request came, in no spelling', () => {
  const claims = ['X-Forwarded-For', '6.6.6.6', 'x_forwarded.host', 'a', 'Forwarded', 'for=6', 'X-Request-Id', 'mine'];
  expect(safeTrailers(['X-Sum', '1', ...claims, 'x-workstream', 'a'])).toEqual(['X-Sum', '1']);
});

test('server-sent events are recognised', () => {
  expect(isEventStream(['Content-Type', 'Text/Event-Stream; charset=utf-8'])).toBe(true);
  expect(isEventStream(['Content-Type', 'text/html'])).toBe(false);
  expect(isEventStream([])).toBe(false);
});
