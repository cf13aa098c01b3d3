import { expect, test } from 'vitest';
import {
  answerFields,
  http2Fields,
  plainFields,
  receivedHead,
  roughHead,
  sizeOf,
  upstreamFields,
} from '../../../src/proxy/http2-headers.ts';
import { judgeHead, type RawHeaders, type RequestHead } from '../../../src/proxy/request-head.ts';

const place = [':scheme', 'https', ':authority', 'p.localhost:8443', ':path', '/a?b'];
const received = (headers: RawHeaders, isOver = true) =>
  receivedHead({ headers, isOver, webSocketKey: () => 'dGhlIHNhbXBsZSBub25jZQ==' });
const get = [':method', 'GET', ...place];

test('a head is said in the words of HTTP/1.1', () => {
  expect(received([...get, 'accept', '*/*', 'te', 'trailers'])).toEqual({
    method: 'GET',
    target: '/a?b',
    version: '1.1',
    headers: ['Host', 'p.localhost:8443', 'accept', '*/*', 'te', 'trailers'],
  });
});

test('a head without a method is left to the rules for all heads, which refuse it', () => {
  const head = received(place) as Parameters<typeof judgeHead>[0];
  expect(judgeHead(head)).toMatchObject({ code: 'request-invalid' });
});

test('the body is framed as its end is known', () => {
  const post = [':method', 'POST', ...place];
  expect(received(post)).toMatchObject({ headers: ['Host', 'p.localhost:8443'] });
  expect(received(post, false)).toMatchObject({
    headers: ['Host', 'p.localhost:8443', 'Transfer-Encoding', 'chunked'],
  });
  expect(received([...post, 'content-length', '3'], false)).toMatchObject({
    headers: ['Host', 'p.localhost:8443', 'content-length', '3'],
  });
});

test('crumbs of cookies are one field', () => {
  expect(received([...get, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'])).toMatchObject({
    headers: ['Host', 'p.localhost:8443', 'x', 'y', 'cookie', 'a=1; b=2'],
  });
});

test('Host may stand in for :authority, and may repeat it', () => {
  const bare = [':method', 'GET', ':scheme', 'http', ':path', '/'];
  expect(received([...bare, 'host', 'p.localhost'])).toMatchObject({ headers: ['Host', 'p.localhost'] });
  expect(received([...get, 'host', 'P.localhost:8443'])).toMatchObject({ headers: ['Host', 'p.localhost:8443'] });
});

const socket = [':method', 'CONNECT', ':protocol', 'websocket', ...place];
test('an extended CONNECT is the handshake that it stands for', () => {
  const head = received([...socket, 'sec-websocket-version', '13', 'sec-websocket-key', 'evil'], false);
  expect(head).toEqual({
    method: 'GET',
    target: '/a?b',
    version: '1.1',
    headers: [
      ...['Host', 'p.localhost:8443', 'sec-websocket-version', '13'],
      ...['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ],
  });
  expect('code' in head || judgeHead(head)).toMatchObject({ websocket: true });
});

test.each<[string, RawHeaders, string]>([
  ['no authority', [':method', 'GET', ':scheme', 'https', ':path', '/'], 'host-invalid'],
  ['another Host', [...get, 'host', 'evil.localhost'], 'host-invalid'],
  ['two Hosts', [...get, 'host', 'p.localhost:8443', 'host', 'p.localhost:8443'], 'host-invalid'],
  ['no path', [':method', 'GET', ':scheme', 'https', ':authority', 'p.localhost'], 'request-invalid'],
  ['no scheme', [':method', 'GET', ':path', '/', ':authority', 'p.localhost'], 'request-invalid'],
  ['another scheme', [':method', 'GET', ':scheme', 'ftp', ...place.slice(2)], 'request-invalid'],
  ['an absolute path', [...get.slice(0, -1), 'https://evil.localhost/'], 'request-invalid'],
  ['two paths', [...get, ':path', '/b'], 'request-invalid'],
  ['an unknown field with a colon', [...get, ':status', '200'], 'request-invalid'],
  ['a transfer encoding', [...get, 'transfer-encoding', 'chunked'], 'request-invalid'],
  ['Connection', [...get, 'connection', 'x'], 'request-invalid'],
  ['Upgrade', [...get, 'upgrade', 'h2c'], 'request-invalid'],
  ['TE with more than trailers', [...get, 'te', 'trailers, gzip'], 'request-invalid'],
  ['a plain CONNECT', [':method', 'CONNECT', ':authority', 'a:443'], 'method-unsupported'],
  ['a tunnel for another protocol', [':method', 'CONNECT', ':protocol', 'connect-udp', ...place], 'method-unsupported'],
  ['a protocol on another method', [':method', 'GET', ':protocol', 'websocket', ...place], 'method-unsupported'],
])('%s is refused', (_name, headers, code) => {
  expect(received(headers)).toMatchObject({ code });
});

test('a head that has no meaning still says what it tried', () => {
  expect(roughHead([...get, 'accept', 'text/html', 'connection', 'x'])).toEqual({
    method: 'GET',
    target: '/a?b',
    version: '1.1',
    headers: ['Host', 'p.localhost:8443', 'accept', 'text/html', 'connection', 'x'],
  });
  expect(roughHead(['host', 'h'])).toMatchObject({ method: '', target: '', headers: ['Host', 'h', 'host', 'h'] });
});

test('fields are counted as HTTP/1.1 writes them', () => {
  expect(sizeOf(['a', 'b', 'cc', ''])).toBe('a: b\r\ncc: \r\n'.length);
});

test('fields go out once each, in lower case, whatever their names', () => {
  const fields = ['Vary', 'a', 'ETag', '"1"', 'vary', 'b', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', '__proto__', 'x'];
  expect(Object.entries(http2Fields(fields))).toEqual([
    ['vary', 'a, b'],
    ['etag', '"1"'],
    ['set-cookie', ['a=1', 'b=2']],
    ['__proto__', 'x'],
  ]);
  expect(plainFields([':status', '200', 'a', 'b'])).toEqual(['a', 'b']);
});

test('to an upstream that speaks HTTP/2 nothing goes that only HTTP/1.1 knows', () => {
  const head = judgeHead({ method: 'PUT', target: '/a?b', version: '1.1', headers: ['Host', 'p.localhost:8443'] });
  const fields = [
    'Host',
    'x',
    'Connection',
    'close',
    'Upgrade',
    'h2c',
    'Transfer-Encoding',
    'chunked',
    'Accept',
    '*/*',
  ];
  expect(upstreamFields(head as RequestHead, fields)).toEqual({
    ':method': 'PUT',
    ':scheme': 'http',
    ':authority': 'p.localhost:8443',
    ':path': '/a?b',
    accept: '*/*',
  });
});

test('the head of an answer has its status first, and no name is special', () => {
  const fields = answerFields(200, ['Content-Type', 'a', '__proto__', 'b', 'Constructor', 'c']);
  expect(Object.entries(fields)).toEqual([
    [':status', '200'],
    ['content-type', 'a'],
    ['__proto__', 'b'],
    ['constructor', 'c'],
  ]);
});

test('an answer that has no body by its status says no length', () => {
  expect(answerFields(205, ['Content-Length', '0', 'A', 'b'])).toEqual({ ':status': '205', a: 'b' });
});
