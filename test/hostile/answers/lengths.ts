import { ask, type Family } from '../vector.ts';
import { abc, answering, cut, failed, ok, relayed } from './common.ts';

const headed = (...fields: readonly string[]): string => `${ok}${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const chunks = '3\r\nabc\r\n0\r\n\r\n';
const strictly = { promised: [failed] } as const;

export const answerLengths: Family = {
  name: 'lengths of answers',
  vectors: [
    ...answering(
      'RFC 9112 §6.3: the transfer encoding counts and the length is removed, or the answer is an error',
      {
        'an answer with both lengths': headed('Content-Length: 3', 'Transfer-Encoding: chunked') + chunks,
        'an answer with both lengths, the encoding first':
          headed('Transfer-Encoding: chunked', 'Content-Length: 3') + chunks,
        'an answer with both lengths, the length of nothing':
          headed('Content-Length: 0', 'Transfer-Encoding: chunked') + chunks,
      },
      [failed, relayed(), cut],
      strictly,
    ),
    ...answering(
      'RFC 9110 §8.6: equal lengths are refused or become one',
      {
        'an answer with two equal lengths': `${headed('Content-Length: 3', 'Content-Length: 3')}abc`,
        'an answer with a list of equal lengths': `${headed('Content-Length: 3, 3')}abc`,
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §6.3: an invalid length is answered with 502',
      {
        'an answer with two different lengths': `${headed('Content-Length: 3', 'Content-Length: 30')}abc`,
        'an answer with two different lengths, the great one first': `${headed('Content-Length: 30', 'Content-Length: 3')}abc`,
        'an answer with a list of different lengths': `${headed('Content-Length: 3, 30')}abc`,
        'an answer with a signed length': `${headed('Content-Length: +3')}abc`,
        'an answer with a negative length': `${headed('Content-Length: -3')}abc`,
        'an answer with a hexadecimal length': `${headed('Content-Length: 0x3')}abc`,
        'an answer with a length of letters': `${headed('Content-Length: abc')}abc`,
        'an answer with a length and a letter': `${headed('Content-Length: 3a')}abc`,
        'an answer with a length with a space': `${headed('Content-Length: 3 0')}abc`,
        'an answer with a decimal length': `${headed('Content-Length: 3.0')}abc`,
        'an answer with a quoted length': `${headed('Content-Length: "3"')}abc`,
        'an answer with NUL in its length': `${headed('Content-Length: 3\0')}abc`,
      },
      [failed],
    ),
    ...answering(
      'RFC 9110 §8.6: an empty length is invalid',
      { 'an answer with an empty length': { pieces: [`${headed('Content-Length:')}abc`], ending: 'end' } },
      [failed],
    ),
    ...answering(
      'RFC 9110 §8.6: recipients must anticipate large numbers',
      {
        'an answer with a length of 2^64 + 3': {
          pieces: [`${headed('Content-Length: 18446744073709551619')}abc`],
          ending: 'end',
        },
        'an answer with a length of 2^32 + 3': {
          pieces: [`${headed('Content-Length: 4294967299')}abc`],
          ending: 'end',
        },
      },
      [failed, cut],
    ),
    ...answering('RFC 9110 §8.6', { 'an answer with zeros before its length': `${headed('Content-Length: 003')}abc` }, [
      relayed(),
      failed,
    ]),
    ...answering(
      'RFC 9112 §6.1, §6.3: encodings that are not understood',
      {
        'an answer with chunked in a list': {
          pieces: [headed('Transfer-Encoding: gzip, chunked') + chunks],
          ending: 'end',
        },
        'an answer with chunked that is not last': {
          pieces: [headed('Transfer-Encoding: chunked, gzip') + chunks],
          ending: 'end',
        },
        'an answer with an unknown encoding': {
          pieces: [headed('Transfer-Encoding: xchunked') + chunks],
          ending: 'end',
        },
        'an answer with identity': { pieces: [`${headed('Transfer-Encoding: identity')}abc`], ending: 'end' },
        'an answer with chunked twice': {
          pieces: [headed('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunks],
          ending: 'end',
        },
        'an answer with chunked behind a control character': {
          pieces: [headed('Transfer-Encoding: \x0bchunked') + chunks],
          ending: 'end',
        },
      },
      // Without chunked as the last one, the end of the connection is the end of the body.
      [failed, cut, relayed({ body: chunks }), relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §6.1: HTTP/1.0 knows no transfer encodings',
      {
        'an answer in HTTP/1.0 with chunks': {
          pieces: [(headed('Transfer-Encoding: chunked') + chunks).replace('1.1', '1.0')],
          ending: 'end',
        },
      },
      [failed, cut, relayed(), relayed({ body: chunks })],
      strictly,
    ),
    ...answering(
      'RFC 9112 §6.3: without a length the body ends with the connection',
      { 'an answer that ends with its connection': { pieces: [`${headed()}a`, 'bc'], ending: 'end' } },
      [relayed()],
    ),
    ...answering(
      'RFC 9112 §9.3: HTTP/1.0',
      {
        'an answer in HTTP/1.0': { pieces: ['HTTP/1.0 200 OK\r\n\r\nabc'], ending: 'end' },
        'an answer in HTTP/1.0 with a length': { pieces: [abc.replace('1.1', '1.0')], ending: 'end' },
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9110 §15.3.5, §15.4.5; RFC 9112 §6.3: no body, whatever the fields say',
      {
        '204 with a length': 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n',
        '204 with an encoding': 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
        '304 with a length': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n',
        '304 with an encoding': 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
      },
      [relayed({ status: 204, body: '' }), relayed({ status: 304, body: '' }), failed],
    ),
    ...answering(
      'RFC 9110 §9.3.2: no body behind HEAD, whatever the fields say',
      {
        'HEAD with a length': headed('Content-Length: 3'),
        'HEAD with chunks': headed('Transfer-Encoding: chunked'),
        'HEAD without either': headed(),
      },
      [relayed({ body: '' }, 'HEAD')],
      { writes: ask('HEAD /') },
    ),
  ],
};
