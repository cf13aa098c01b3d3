import {
  ask,
  type Course,
  chunkOf,
  type Family,
  givenUp,
  hidden,
  passed,
  passedLast,
  post,
  refused,
  smuggled,
  table,
} from '../vector.ts';

const abc = passed({ method: 'POST', body: 'abc' });
const chunkedEnd = `0\r\n\r\n${smuggled}`;
/** Both lengths: refused, or taken by the transfer encoding alone, and then the connection is closed. */
const byEncoding: readonly Course[] = [refused, passedLast({ method: 'POST' })];
const lengths = (...values: readonly string[]): string =>
  post(
    values.map((value) => `Content-Length:${value}`),
    'abc',
  );
const endless = (value: string): string => post([`Content-Length: ${value}`], 'abc');

export const requestLengths: Family = {
  name: 'lengths of requests',
  vectors: [
    ...table(
      'RFC 9112 §6.1, §6.3; CVE-2019-18277',
      {
        'both lengths': post(['Content-Length: 6', 'Transfer-Encoding: chunked'], chunkedEnd),
        'both lengths, the encoding first': post(['Transfer-Encoding: chunked', 'Content-Length: 6'], chunkedEnd),
        'both lengths, the length of nothing': post(['Content-Length: 0', 'Transfer-Encoding: chunked'], chunkedEnd),
        'both lengths, and two of one': post(
          ['Content-Length: 6', 'Content-Length: 6', 'Transfer-Encoding: chunked'],
          chunkedEnd,
        ),
        'both lengths, the length broken': post(['Content-Length: x', 'Transfer-Encoding: chunked'], chunkedEnd),
        'both lengths, far apart': post(
          [
            'Content-Length: 6',
            ...Array.from({ length: 100 }, (_, index) => `X-${index}: 1`),
            'Transfer-Encoding: chunked',
          ],
          chunkedEnd,
        ),
        'both lengths in odd cases': post(['content-LENGTH: 6', 'TRANSFER-encoding: ChUnKeD'], chunkedEnd),
      },
      byEncoding,
      { promised: [refused] },
    ),
    ...table(
      'RFC 9110 §8.6; RFC 9112 §6.3',
      {
        'two equal lengths': lengths(' 3', ' 3'),
        'a list of equal lengths': lengths(' 3, 3'),
        'a list of equal lengths without a space': lengths(' 3,3'),
      },
      [refused, abc],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §6.3',
      {
        'two different lengths': post(['Content-Length: 3', 'Content-Length: 0'], smuggled),
        'two different lengths, the small one first': post(['Content-Length: 0', 'Content-Length: 3'], smuggled),
        'a list of different lengths': post(['Content-Length: 0, 41'], smuggled),
        'a length and an empty one': lengths(' 3', ''),
        'a length and a broken one': lengths(' 3', ' x'),
        'three lengths': lengths(' 3', ' 3', ' 4'),
        'lengths that differ in zeros and value': lengths(' 3', ' 04'),
      },
      [refused],
    ),
    ...table(
      'RFC 9110 §8.6: Content-Length = 1*DIGIT; CVE-2018-7159, CVE-2020-7671',
      {
        'a signed length': lengths(' +3'),
        'a negative length': lengths(' -1'),
        'a negative zero': lengths(' -0'),
        'a hexadecimal length': lengths(' 0x3'),
        'a length with a letter': lengths(' 3a'),
        'a length behind a letter': lengths(' a3'),
        'a length with a space inside': post(['Content-Length: 1 0'], 'abcdefghij'),
        'a length with a tab inside': post(['Content-Length: 1\t0'], 'abcdefghij'),
        'an empty length': lengths(''),
        'a length of spaces': lengths('   '),
        'a decimal length': lengths(' 3.0'),
        'a length with an exponent': lengths(' 3e0'),
        'a length with an underscore': post(['Content-Length: 1_0'], 'abcdefghij'),
        'a quoted length': lengths(' "3"'),
        'a length with a parameter': lengths(' 3;a'),
        'a length with a comment': lengths(' 3 (three)'),
        'a length that ends in a comma and a letter': lengths(' 3,a'),
        'a length behind a vertical tab': lengths(' \x0b3'),
        'a length before a form feed': lengths(' 3\x0c'),
        'a length behind an 8-bit space': lengths(' \xa03'),
        'a length in wide digits': lengths(' \xef\xbc\x93'),
        'a length in Arabic digits': lengths(' \xd9\xa3'),
        'a length before NUL': lengths(' 3\0'),
        'a length behind NUL': lengths(' \x003'),
        'a length behind a colon': lengths(': 3'),
        'infinity as a length': lengths(' Infinity'),
      },
      [refused],
    ),
    ...table(
      'RFC 9110 §8.6: an empty element of a list; Content-Length is none',
      { 'a length that ends in a comma': lengths(' 3,'), 'a length behind a comma': lengths(' ,3') },
      [refused, abc],
    ),
    ...table(
      'RFC 9110 §8.6: recipients must anticipate large numbers',
      {
        'a length of 2^32 + 3': endless('4294967299'),
        'a length of 2^63 + 3': endless('9223372036854775811'),
        'a length of 2^64 + 3': endless('18446744073709551619'),
        'a length of a hundred digits': endless('9'.repeat(100)),
        'a length that only a double can say': endless('9007199254740993'),
      },
      [refused, givenUp],
      { halfClose: true, mayBegin: true, promised: [refused] },
    ),
    ...table(
      'RFC 9112 §6.3, §8: a request that ends before its length',
      {
        'a body that is too short': post(['Content-Length: 10'], 'abc'),
        'a body that does not come': post(['Content-Length: 10']),
      },
      [refused, givenUp],
      { halfClose: true, mayBegin: true, promised: [refused] },
    ),
    ...table(
      'RFC 9110 §8.6',
      {
        'a length with zeros before it': lengths(' 003'),
        // A value may be longer than somebody wants to read (RFC 9110 §5.4).
        'a length with two hundred zeros before it': {
          writes: lengths(` ${'0'.repeat(200)}3`),
          allowed: [abc, refused],
        },
        'spaces and tabs around a length': { writes: lengths(' \t 3 \t '), allowed: [abc, refused] },
        'no space before a length': lengths('3'),
        'a name in capitals': post(['CONTENT-LENGTH: 3'], 'abc'),
      },
      [abc],
      { promised: [abc, refused] },
    ),
    ...table('RFC 9112 §6.3', { 'no length at all': post([]) }, [passed({ method: 'POST' })]),
    ...table(
      'RFC 9112 §9.3.2',
      { 'a length that is shorter than what follows': post(['Content-Length: 3'], `abc${smuggled}`) },
      [
        [{ request: { method: 'POST', body: 'abc' } }, { request: { target: '/smuggled' } }],
        passedLast({ method: 'POST', body: 'abc' }),
      ],
    ),
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'BREW'].flatMap((method) =>
      table(
        'RFC 9110 §9.3; RFC 9112 §6.3; CVE-2026-29057',
        {
          [`a body with a length on ${method}`]: ask(`${method} /`, [`Content-Length: ${hidden.length}`], hidden),
          [`a body in chunks on ${method}`]: ask(
            `${method} /`,
            ['Transfer-Encoding: chunked'],
            `${chunkOf(hidden)}0\r\n\r\n`,
          ),
        },
        [passed({ method, body: hidden }), refused],
        method === 'BREW' ? {} : { promised: [passed({ method, body: hidden })] },
      ),
    ),
  ],
};
