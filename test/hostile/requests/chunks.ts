import {
  chunked,
  chunkOf,
  type Family,
  givenUp,
  hidden,
  passed,
  type Row,
  refused,
  smuggled,
  table,
} from '../vector.ts';

const body = passed({ method: 'POST', body: 'abc' });
/** A chunk of three bytes whose line with the size is this. */
const sized = (line: string): string => chunked(`${line}\r\nabc\r\n0\r\n\r\n`);
const whole = (body: string, means: string): Row => ({
  writes: chunked(body),
  allowed: [passed({ method: 'POST', body: means })],
});
const broken = { mayBegin: true } as const;
const unended = { mayBegin: true, halfClose: true, promised: [refused] } as const;
const source = 'RFC 9112 §7.1';

export const requestChunks: Family = {
  name: 'chunks of requests',
  vectors: [
    ...table(
      `${source}: chunk-size = 1*HEXDIG; CVE-2020-8287, CVE-2022-24801`,
      {
        'a chunk size that is no number': sized('x'),
        'a signed chunk size': sized('+3'),
        'a negative chunk size': sized('-3'),
        'a chunk size with 0x': sized('0x3'),
        'a chunk size behind a space': sized(' 3'),
        'a chunk size behind a tab': sized('\t3'),
        'a chunk size with an underscore': chunked('1_0\r\n0123456789abcdef\r\n0\r\n\r\n'),
        'a chunk size with a dot': sized('3.'),
        'a chunk size with an h': sized('3h'),
        'a chunk size in quotes': sized('"3"'),
        'a chunk size before NUL': sized('3\0'),
        'a chunk size before an 8-bit character': sized('3\xa0'),
        'a chunk size with a comma': sized('3,3'),
        'a chunk size and another': sized('3 3'),
        'no chunk size': sized(''),
        'an extension without a chunk size': sized(';a=b'),
        'a chunk size of 2^64 + 3': sized('10000000000000003'),
        'a chunk size of a hundred digits': sized('f'.repeat(100)),
      },
      [refused],
      broken,
    ),
    ...table(
      `${source}: recipients must anticipate large numbers`,
      {
        'a chunk size of 2^32 + 3': sized('100000003'),
        'a chunk size of 2^63': sized('8000000000000000'),
        'a chunk size of 2^64 - 1': sized('ffffffffffffffff'),
        'a chunk size without end': chunked('0'.repeat(100_000)),
        'a chunk size of digits without end': chunked('1'.repeat(100_000)),
      },
      [refused, givenUp],
      unended,
    ),
    ...table(
      `${source}; errors of RFC 9112 §7.1.1: a space is only before an extension`,
      { 'a chunk size before spaces': sized('3  '), 'spaces around an extension': sized('3 ; a = b') },
      [refused, body],
      broken,
    ),
    ...table(
      source,
      {
        'a chunk size with zeros before it': sized('0003'),
        'a chunk size in capitals': whole('A\r\n0123456789\r\n0\r\n\r\n', '0123456789'),
        'a last chunk of several zeros': chunked('3\r\nabc\r\n0000\r\n\r\n'),
        'many small chunks': whole(`${'1\r\na\r\n'.repeat(500)}0\r\n\r\n`, 'a'.repeat(500)),
        'chunks that hold a request': whole(`${chunkOf(hidden)}0\r\n\r\n`, hidden),
        'chunks that hold chunks': whole('5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'),
      },
      [body],
    ),
    ...table(
      `${source}.1: unknown extensions are ignored`,
      {
        'an extension': sized('3;a'),
        'an extension with a value': sized('3;a=b'),
        'an extension with a quoted value': sized('3;a="b;c"'),
        'an extension with an escaped quote': sized('3;a="b\\"c"'),
        'several extensions': sized('3;a;b=c;d="e"'),
        'an extension of the last chunk': chunked('3\r\nabc\r\n0;a=b\r\n\r\n'),
      },
      [body],
      { promised: [body] },
    ),
    ...table(
      `${source}.1: a limit for extensions; CVE-2023-39326, CVE-2024-22019`,
      {
        'an extension of 100 KB': sized(`3;${'a'.repeat(100_000)}`),
        'extensions of 10 KB each': {
          writes: chunked(`${`1;${'a'.repeat(10_000)}\r\na\r\n`.repeat(50)}0\r\n\r\n`),
          allowed: [refused, passed({ method: 'POST', body: 'a'.repeat(50) })],
        },
      },
      [refused, body],
      broken,
    ),
    ...table(
      `${source}.1: a limit for extensions; CVE-2024-22019`,
      { 'an extension without end': chunked(`3;${'a'.repeat(100_000)}`) },
      [refused, givenUp],
      unended,
    ),
    ...table(
      `${source}: CR LF and nothing else ends a line of chunks; advisory "Funky chunks" (2025)`,
      {
        'a chunk size that ends in LF': chunked('3\nabc\r\n0\r\n\r\n'),
        'a chunk size that ends in CR': chunked('3\rabc\r\n0\r\n\r\n'),
        'a chunk size that ends in CR CR LF': chunked('3\r\r\nabc\r\n0\r\n\r\n'),
        'an extension that ends in LF': chunked('3;a=b\nabc\r\n0\r\n\r\n'),
        'an extension with CR inside': chunked('3;a\rb\r\nabc\r\n0\r\n\r\n'),
        'an extension with LF in quotes': chunked('3;a="\n"\r\nabc\r\n0\r\n\r\n'),
        'an extension with CR LF in quotes': chunked('3;a="\r\nabc\r\n0\r\n\r\n'),
        'an extension with NUL': chunked('3;a=\0\r\nabc\r\n0\r\n\r\n'),
        'a last chunk that ends in LF': chunked('3\r\nabc\r\n0\n\r\n'),
        'a body that ends in LF': { writes: chunked('3\r\nabc\r\n0\r\n\n'), ...unended, allowed: [refused, givenUp] },
        'a body that ends in LF LF': { writes: chunked('3\r\nabc\r\n0\n\n'), ...unended, allowed: [refused, givenUp] },
        'a body that ends in CR': chunked(`3\r\nabc\r\n0\r\n\r${smuggled}`),
        'a chunk that ends in LF': chunked('3\r\nabc\n0\r\n\r\n'),
        'a chunk that ends in CR': chunked('3\r\nabc\r0\r\n\r\n'),
        'a chunk that ends in CR CR': chunked('3\r\nabc\r\r0\r\n\r\n'),
        'a chunk that ends in LF CR': chunked('3\r\nabc\n\r0\r\n\r\n'),
        'a chunk that ends in two other bytes': chunked('3\r\nabcxx0\r\n\r\n'),
        'a chunk without an end of its own': chunked('3\r\nabc0\r\n\r\n'),
        'a chunk that is longer than it says': chunked('2\r\nabc\r\n0\r\n\r\n'),
        'a broken chunk behind a good one': chunked('3\r\nabc\r\nx\r\n'),
      },
      [refused],
      broken,
    ),
    ...table(
      `${source}; RFC 9112 §8: a request that is not whole`,
      {
        'a chunk that is shorter than it says': chunked('5\r\nabc\r\n'),
        'no last chunk': chunked('3\r\nabc\r\n'),
        'half a line end behind the last chunk': chunked('3\r\nabc\r\n0\r\n\r'),
        'no empty line behind the last chunk': chunked('3\r\nabc\r\n0\r\n'),
        'no chunk at all': chunked(''),
        'half a chunk size': chunked('3'),
        'trailers without an end': chunked('3\r\nabc\r\n0\r\nX-Sum: 1\r\n'),
      },
      [refused, givenUp],
      unended,
    ),
    ...table(
      'RFC 9110 §6.5, RFC 9112 §7.1.2: trailers may be passed on or dropped',
      { 'a trailer': chunked('3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n', 'Trailer: X-Sum') },
      [
        passed({ method: 'POST', body: 'abc', trailers: [['x-sum', '1']] }),
        passed({ method: 'POST', body: 'abc', trailers: [] }),
      ],
      { promised: [passed({ method: 'POST', body: 'abc', trailers: [['x-sum', '1']] })] },
    ),
    ...[
      'Content-Length: 9',
      'Transfer-Encoding: gzip',
      'Host: evil',
      'Connection: X-A',
      'Authorization: x',
      'Trailer: x',
    ].flatMap((line) =>
      table(
        'RFC 9110 §6.5.1: fields that no trailer may be; refused, dropped, or still trailers',
        { [`a trailer ${line}`]: chunked(`3\r\nabc\r\n0\r\n${line}\r\n\r\n`) },
        [body, refused],
        { ...broken, promised: [passed({ method: 'POST', body: 'abc', trailers: [] }), refused] },
      ),
    ),
    ...['X-Forwarded-For: 6.6.6.6', 'X_Forwarded_Host: evil', 'X-Request-Id: mine'].flatMap((line) =>
      table(
        'RFC 9110 §6.5.1: only the proxy says how a request came',
        { [`a trailer ${line}`]: chunked(`3\r\nabc\r\n0\r\n${line}\r\n\r\n`) },
        [passed({ method: 'POST', body: 'abc' }), refused],
        { promised: [passed({ method: 'POST', body: 'abc', trailers: [] })] },
      ),
    ),
    ...table(
      'RFC 9112 §7.1.2: trailers are fields',
      {
        'a trailer with a space before the colon': chunked('3\r\nabc\r\n0\r\nX-A : b\r\n\r\n'),
        'a trailer without a colon': chunked('3\r\nabc\r\n0\r\nX-A\r\n\r\n'),
        'a trailer with an empty name': chunked('3\r\nabc\r\n0\r\n: b\r\n\r\n'),
        'a trailer with NUL': chunked('3\r\nabc\r\n0\r\nX-A: \0\r\n\r\n'),
        'a trailer with a bare CR': chunked('3\r\nabc\r\n0\r\nX-A: b\rc\r\n\r\n'),
        'a folded trailer': { writes: chunked('3\r\nabc\r\n0\r\nX-A: b\r\n c\r\n\r\n'), allowed: [refused, body] },
        'a trailer that ends in LF': {
          writes: chunked('3\r\nabc\r\n0\r\nX-A: b\n\r\n'),
          allowed: [refused, body, givenUp],
          halfClose: true,
        },
        'a request line as trailer': chunked('3\r\nabc\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'),
        'a megabyte of trailers': chunked(`3\r\nabc\r\n0\r\n${'X-A: b\r\n'.repeat(125_000)}\r\n`),
      },
      // What is dropped is not seen by the upstream.
      [refused, passed({ method: 'POST', body: 'abc', trailers: [] })],
      { ...broken, promised: [refused] },
    ),
  ],
};
