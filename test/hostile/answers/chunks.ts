import type { Family, Script } from '../vector.ts';
import { answering, cut, failed, ok, relayed } from './common.ts';

const chunked = (body: string, ...fields: readonly string[]): string =>
  `${ok}${['Transfer-Encoding: chunked', ...fields].join('\r\n')}\r\n\r\n${body}`;
const then = (body: string, ending: Script['ending'] = 'keep'): Script => ({
  pieces: [chunked('2\r\nxy\r\n'), body],
  ending,
});

export const answerChunks: Family = {
  name: 'chunks of answers',
  vectors: [
    ...answering(
      'RFC 9112 §7.1: a broken chunk is never the end of a body',
      {
        'an answer with a chunk size that is no number': then('x\r\nabc\r\n0\r\n\r\n'),
        'an answer with a signed chunk size': then('+3\r\nabc\r\n0\r\n\r\n'),
        'an answer with a negative chunk size': then('-3\r\nabc\r\n0\r\n\r\n'),
        'an answer with a chunk size with 0x': then('0x3\r\nabc\r\n0\r\n\r\n'),
        'an answer without a chunk size': then('\r\nabc\r\n0\r\n\r\n'),
        'an answer with a chunk size of 2^64 + 3': then('10000000000000003\r\nabc\r\n0\r\n\r\n'),
        'an answer with a chunk that is longer than it says': then('2\r\nabc\r\n0\r\n\r\n'),
        'an answer with a chunk without an end of its own': then('3\r\nabc0\r\n\r\n'),
        'an answer with a chunk size that ends in LF': then('3\nabc\r\n0\r\n\r\n'),
        'an answer with a chunk that ends in LF': then('3\r\nabc\n0\r\n\r\n'),
        'an answer with a chunk that ends in CR': then('3\r\nabc\r0\r\n\r\n'),
        'an answer with an extension with LF': then('3;a=\nabc\r\n0\r\n\r\n'),
        'an answer with NUL in a chunk size': then('3\0\r\nabc\r\n0\r\n\r\n'),
        'an answer with a head for a chunk': then(`${ok}Content-Length: 3\r\n\r\nabc`),
      },
      [cut, failed],
    ),
    ...answering(
      'RFC 9112 §8: a body in chunks is whole with its last chunk only',
      {
        'an answer that ends in a chunk': then('9\r\npart', 'end'),
        'an answer that ends between chunks': then('3\r\nabc\r\n', 'end'),
        'an answer that ends in a chunk size': then('3', 'end'),
        'an answer that ends before the end of its last chunk': then('0\r\n', 'end'),
        'an answer that ends in its trailers': then('0\r\nX-Sum: 1\r\n', 'end'),
        'an answer that is reset in a chunk': then('9\r\npart', 'reset'),
        'an answer that is reset between chunks': then('3\r\nabc\r\n', 'reset'),
      },
      [cut, failed],
    ),
    ...answering(
      'RFC 9112 §7.1.1: a limit for extensions',
      { 'an answer with an extension of 100 KB': chunked(`3;${'a'.repeat(100_000)}\r\nabc\r\n0\r\n\r\n`) },
      [cut, failed, relayed()],
    ),
    ...answering(
      'RFC 9112 §7.1: a line without an end',
      { 'an answer with a chunk size without an end': { pieces: [chunked('0'.repeat(300_000))], ending: 'end' } },
      [cut, failed],
    ),
    ...answering(
      'RFC 9112 §7.1',
      {
        'an answer with a chunk size with zeros before it': chunked('0003\r\nabc\r\n0\r\n\r\n'),
        'an answer with an extension': chunked('3;a="b;c"\r\nabc\r\n0;d\r\n\r\n'),
        'an answer with a last chunk of several zeros': chunked('3\r\nabc\r\n0000\r\n\r\n'),
        'an answer with chunked in capitals': chunked('3\r\nabc\r\n0\r\n\r\n').replace('chunked', 'CHUNKED'),
        'an answer in chunks, byte by byte': { pieces: [...chunked('1\r\na\r\n2\r\nbc\r\n0\r\n\r\n')] },
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9112 §7.1.2: trailers may be passed on or dropped',
      { 'an answer with a trailer': chunked('3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n', 'Trailer: X-Sum') },
      [relayed({ lacks: [] })],
      { promised: [relayed({ trailers: [['x-sum', '1']] })] },
    ),
    ...[
      'Content-Length: 9',
      'Transfer-Encoding: gzip',
      'Set-Cookie: a=b',
      'Location: /',
      'Connection: close',
      'Content-Type: text/html',
    ].flatMap((line) =>
      answering(
        'RFC 9110 §6.5.1: fields that no trailer may be',
        { [`an answer with a trailer ${line}`]: chunked(`3\r\nabc\r\n0\r\n${line}\r\n\r\n`) },
        [cut, failed, relayed({ trailers: [] }), relayed({ lacks: [] })],
        { promised: [relayed({ trailers: [] }), cut] },
      ),
    ),
    ...answering(
      'RFC 9112 §7.1.2: trailers are fields',
      {
        'an answer with a trailer without a colon': then('0\r\nX-A\r\n\r\n'),
        'an answer with a folded trailer': {
          answers: then('0\r\nX-A: b\r\n c\r\n\r\n'),
          allowed: [cut, failed, relayed({ body: 'xy' })],
        },
        'an answer with NUL in a trailer': then('0\r\nX-A: \0\r\n\r\n'),
        'an answer with a status line for a trailer': then(`0\r\n${ok}\r\n`),
      },
      [cut, failed, relayed({ body: 'xy', trailers: [] })],
      { promised: [cut] },
    ),
  ],
};
