import { expect, test } from 'vitest';
import { readPlainHead } from '../../../../src/proxy/fast/plain-head.ts';

const head = (line: string, ...fields: string[]): string => [line, ...fields, '', ''].join('\r\n');
const host = 'Host: project-3.api.localhost';

test('a plain head is read, names and values as they came', () => {
  const text = head(
    'POST /a/../b?x=%2f&&[1] HTTP/1.1',
    host,
    'Connection: Keep-Alive',
    'X-Empty:',
    'X-Space:   a b  ',
    'x-latin: caf\xe9',
    'Continuing: y',
    'Content-Length: 3',
  );
  expect(readPlainHead(`${text}abc`)).toEqual({
    method: 'POST',
    target: '/a/../b?x=%2f&&[1]',
    version: '1.1',
    headers: [
      ...['Host', 'project-3.api.localhost', 'Connection', 'Keep-Alive', 'X-Empty', '', 'X-Space', 'a b'],
      ...['x-latin', 'caf\xe9', 'Continuing', 'y', 'Content-Length', '3'],
    ],
    isClean: true,
    lines: text.slice(text.indexOf('\r\n') + 2, -2),
    size: text.length,
    keepsAlive: true,
  });
  expect(readPlainHead(head('GET / HTTP/1.1', host, 'X-A: \t a\tb\t '))).toMatchObject({
    headers: ['Host', 'project-3.api.localhost', 'X-A', 'a\tb'],
  });
  expect(readPlainHead(head('GET / HTTP/1.1', host, 'connection: CLOSE'))).toMatchObject({ keepsAlive: false });
  expect(readPlainHead(head('GET / HTTP/1.1', host, 'Transfer-Encoding: chunked'))).toMatchObject({ size: 77 });
});

test('every beginning of a plain head is incomplete, and only the whole is a head', () => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const text = head(`${method} /a?b HTTP/1.1`, host, 'X-A: b', 'Content-Length: 3', 'Connection: close');
    for (let size = 0; size < text.length; size += 1) expect(readPlainHead(text.slice(0, size))).toBe('incomplete');
    expect(readPlainHead(text)).toMatchObject({ method, size: text.length });
  }
});

const others: Readonly<Record<string, string>> = {
  'an unusual method': head('PROPFIND / HTTP/1.1', host),
  'a method that is cut': head('GE / HTTP/1.1', host),
  'a method in lower case': head('get / HTTP/1.1', host),
  'an empty line first': `\r\n${head('GET / HTTP/1.1', host)}`,
  'two spaces': head('GET  / HTTP/1.1', host),
  'a tab': head('GET\t/ HTTP/1.1', host),
  'a target in absolute form': head('GET http://a/ HTTP/1.1', host),
  'an asterisk': head('OPTIONS * HTTP/1.1', host),
  'a fragment': head('GET /#a HTTP/1.1', host),
  'a target with a quote': head('GET /"a" HTTP/1.1', host),
  'a target with an 8-bit character': head('GET /\xe4 HTTP/1.1', host),
  'a target with a control character': head('GET /\x01 HTTP/1.1', host),
  'HTTP/1.0': head('GET / HTTP/1.0', host),
  'HTTP/1.2': head('GET / HTTP/1.2', host),
  'HTTP/0.9': 'GET /\r\n\r\n',
  'a space behind the version': head('GET / HTTP/1.1 ', host),
  'a tab around a length': head('POST / HTTP/1.1', host, 'Content-Length:\t3'),
  'no host': head('GET / HTTP/1.1', 'X-A: b'),
  'two hosts': head('GET / HTTP/1.1', host, host),
  'a folded field': head('GET / HTTP/1.1', host, 'X-A: b', ' c'),
  'a space before the colon': head('GET / HTTP/1.1', host, 'X-A : b'),
  'no colon': head('GET / HTTP/1.1', host, 'X-A'),
  'no name': head('GET / HTTP/1.1', host, ': b'),
  'a control character in a name': head('GET / HTTP/1.1', host, 'X\x01: b'),
  'NUL in a value': head('GET / HTTP/1.1', host, 'X: a\0b'),
  'DEL in a value': head('GET / HTTP/1.1', host, 'X: a\x7fb'),
  'a bare LF': `GET / HTTP/1.1\r\n${host}\nX: a\r\n\r\n`,
  'a bare LF behind the request line': `GET / HTTP/1.1\n${host}\r\n\r\n`,
  'a bare LF at the end': `GET / HTTP/1.1\r\n${host}\r\n\n`,
  'a bare CR': `GET / HTTP/1.1\r\n${host}\rX: a\r\n\r\n`,
  'a bare CR at the end': `GET / HTTP/1.1\r\n${host}\r\n\rX`,
  'two lengths': head('POST / HTTP/1.1', host, 'Content-Length: 3', 'Content-Length: 3'),
  'both framings': head('POST / HTTP/1.1', host, 'Content-Length: 3', 'Transfer-Encoding: chunked'),
  'a list of lengths': head('POST / HTTP/1.1', host, 'Content-Length: 3, 3'),
  'a signed length': head('POST / HTTP/1.1', host, 'content-length: +3'),
  'an empty length': head('POST / HTTP/1.1', host, 'Content-Length:'),
  'a length beyond all bounds': head('POST / HTTP/1.1', host, `Content-Length: ${'9'.repeat(16)}`),
  'another encoding': head('POST / HTTP/1.1', host, 'Transfer-Encoding: gzip, chunked'),
  'chunks in capitals': head('POST / HTTP/1.1', host, 'Transfer-Encoding: Chunked'),
  'an upgrade': head('GET / HTTP/1.1', host, 'Upgrade: websocket'),
  'an expectation': head('POST / HTTP/1.1', host, 'Expect: 100-continue'),
  'what some take for Connection': head('GET / HTTP/1.1', host, 'Proxy-Connection: close'),
  'settings of HTTP/2': head('GET / HTTP/1.1', host, 'HTTP2-Settings: AAA'),
  'a promise about trailers': head('GET / HTTP/1.1', host, 'TE: trailers'),
  'a connection option': head('GET / HTTP/1.1', host, 'Connection: keep-alive, X-Hop'),
  'an empty connection option': head('GET / HTTP/1.1', host, 'Connection:'),
  'two lines of connection options': head('GET / HTTP/1.1', host, 'Connection: close', 'Connection: close'),
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
};

test.each(Object.entries(others))('%s is nothing plain, and never waits for more once that is seen', (_name, text) => {
  expect(readPlainHead(text)).toBe('other');
  const answers = Array.from(text, (_char, size) => readPlainHead(text.slice(0, size)));
  for (const answer of answers) expect(answer).toBeTypeOf('string');
  // Once other, always other.
  const first = answers.indexOf('other');
  if (first !== -1) expect(new Set(answers.slice(first))).toEqual(new Set(['other']));
});
