import { expect, test } from 'vitest';
import { readAnswer } from '../../../../src/proxy/fast/plain-answer.ts';

test('a head is read, interim or final, of either version', () => {
  const text = 'HTTP/1.1 200 All Right\r\nContent-Length: 2\r\nX-A:  b \r\nX-Latin: \xe9\r\n\r\n';
  expect(readAnswer(`${text}ok`)).toEqual({
    status: 200,
    version: '1.1',
    reason: 'All Right',
    headers: ['Content-Length', '2', 'X-A', 'b', 'X-Latin', '\xe9'],
    isClean: true,
    size: text.length,
  });
  expect(readAnswer('HTTP/1.0 404 \r\n\r\n')).toMatchObject({ status: 404, version: '1.0', reason: '', headers: [] });
  expect(readAnswer('HTTP/1.1 204\r\n\r\n')).toMatchObject({ status: 204, reason: '', size: 16 });
  expect(readAnswer('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')).toMatchObject({ status: 103 });
  expect(readAnswer('\r\n\nHTTP/1.1 200 OK\r\n\r\n')).toMatchObject({ status: 200, size: 22 });
  // What other rules are for.
  expect(readAnswer('HTTP/1.1 099 Odd\r\n\r\n')).toMatchObject({ status: 99 });
});

test('every beginning of a head is incomplete', () => {
  for (const text of [
    'HTTP/1.1 200 All Right\r\nContent-Length: 2\r\nX-A:  b \r\n\r\n',
    'HTTP/1.0 404 \r\n\r\n',
    '\r\nHTTP/1.1 204\r\n\r\n',
  ]) {
    for (let size = 0; size < text.length; size += 1) expect(readAnswer(text.slice(0, size))).toBe('incomplete');
    expect(readAnswer(text)).toMatchObject({ size: text.length });
  }
});

test.each([
  'SSH-2.0-OpenSSH_9.2\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.2 200 OK\r\n\r\n',
  'HTTP/1.1  200 OK\r\n\r\n',
  'HTTP/1.1 20 OK\r\n\r\n',
  'HTTP/1.1 2000 OK\r\n\r\n',
  'HTTP/1.1 2a0 OK\r\n\r\n',
  'HTTP/1.12 200 OK\r\n\r\n',
  'HTTP/1.1 200OK\r\n\r\n',
  'HTTP/1.1 200 OK\n\r\n',
  'HTTP/1.1 200 OK\rX: y\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX : y\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\t\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\r\nTRANSFER-ENCODING: chunked \t \r\n\r\n',
  'HTTP/1.2',
  'HTTP/1.1 2x',
  'HTTP/1.1x',
])('%j is no head', (text) => {
  expect(readAnswer(text)).toBe('wrong');
});
