import { endHeaders, endStream, frame, types, uint32 } from '../../support/frames.ts';
import {
  ask,
  type Bytes,
  begin,
  data,
  ended,
  type Family,
  fieldsOf,
  framed,
  head,
  ignored,
  malformed,
  passed,
  post,
  type Row,
  refused,
  smuggled,
  table,
  trailer,
} from './vector.ts';

const abc = passed({ method: 'POST', body: 'abc' });
const length = (value: string, body = 'abc'): Row => post([['content-length', value]], body);
const looking = (...texts: readonly string[]): Row => ({
  acts: post([], ...texts),
  allowed: [passed({ method: 'POST', body: texts.join('') })],
});
/** A body of the length that was said, and more of it. The one may be on its way before the other comes, and is a request as it should be. */
const tooLong = (body: string, more: string): Row => {
  const streams = [{ request: { method: 'POST', body }, answer: 'unanswered' }] as const;
  return {
    acts: post([['content-length', String(body.length)]], ...(body === '' ? [] : [body]), more),
    allowed: [...malformed, { streams, connection: 'goes on' }, { streams, connection: 'ends' }],
  };
};
const takenBack = (code: number): Bytes => framed(types.reset, 0, 1, uint32(code));
const padding = (pad: number, text: string, rest = pad): Buffer =>
  Buffer.concat([Buffer.from([pad]), Buffer.from(text, 'latin1'), Buffer.alloc(rest)]);
const endless = '9'.repeat(300);

export const bodies: Family = {
  name: 'lengths and bodies',
  vectors: [
    ...table(
      'RFC 9113 §8.1.1: a length that is not that of the body; advisory "HTTP/2: the sequel is always worse" (Kettle, 2021), CVE-2021-21295, CVE-2021-21409',
      {
        'a body that is shorter than its length': length('4'),
        'a body that is longer than its length': length('2'),
        'a request behind a length': length('3', `abc${smuggled}`),
        'a length without a body': [ask({ ':method': 'POST' }, [['content-length', '3']])],
        'a length before an empty body': [begin({}, [['content-length', '3']]), data('')],
        'a length without a body on GET': [ask({}, [['content-length', '3']])],
        'a length without a body on HEAD': [ask({ ':method': 'HEAD' }, [['content-length', '3']])],
        'a body that is shorter than its length, on GET': [
          begin({ ':method': 'GET' }, [['content-length', '4']]),
          data('abc'),
        ],
        'a body that trailers end before its length': [
          begin({}, [['content-length', '4']]),
          data('abc', 0),
          trailer(['x-sum', '1']),
        ],
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §8.1.1: the same, where what was there before was a whole request',
      {
        'a body behind a length of nothing': tooLong('', 'abc'),
        'a request behind a length of nothing': tooLong('', smuggled),
        'a request behind a length, in a frame of its own': tooLong('abc', smuggled),
      },
      [],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9110 §8.6, RFC 9112 §6.3: one length, of digits alone; CVE-2018-7159',
      {
        'two different lengths': post(
          [
            ['content-length', '3'],
            ['content-length', '4'],
          ],
          'abc',
        ),
        'two different lengths, the right one last': post(
          [
            ['content-length', '0'],
            ['content-length', '3'],
          ],
          'abc',
        ),
        'a list of different lengths': length('3, 4'),
        'a signed length': length('+3'),
        'a negative length': length('-1'),
        'a hexadecimal length': length('0x3'),
        'a length with a letter': length('3a'),
        'an empty length': length(''),
        'a decimal length': length('3.0'),
        'a length with an exponent': length('3e0'),
        'a length with an underscore': length('1_0', 'abcdefghij'),
        'a length with a space inside': length('1 0', 'abcdefghij'),
        'a length with a parameter': length('3;a'),
        'a quoted length': length('"3"'),
        'a length in wide digits': length('\xef\xbc\x93'),
        'a length of 2^64 + 3': length('18446744073709551619'),
        'a length of 2^63 + 3': length('9223372036854775811'),
        'a length of 2^32 + 3': length('4294967299'),
        'a length of three hundred digits': length(endless),
        'infinity as a length': length('Infinity'),
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §8.2.1: characters that no value holds; where the length is left out, frames still say where the body ends',
      {
        'a length with NUL': length('3\0'),
        'a length with CR LF': length('3\r\nTransfer-Encoding: chunked'),
        'a length with LF and a request': length('3\n\nGET /smuggled HTTP/1.1'),
      },
      [...malformed, { ...abc, leavesOut: true }],
    ),
    ...table(
      'RFC 9110 §8.6: the same length twice may be one',
      {
        'two equal lengths': post(
          [
            ['content-length', '3'],
            ['content-length', '3'],
          ],
          'abc',
        ),
        'a list of equal lengths': length('3, 3'),
      },
      [...malformed, abc],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9113 §8.2.1: spaces around a length',
      { 'a space before a length': length(' 3'), 'a space behind a length': length('3 ') },
      [...malformed, abc],
    ),
    ...table(
      'RFC 9113 §8.1: frames say where a body ends, and HTTP/1.1 has to say it as well; RFC 9110 §8.6',
      {
        'a length': length('3'),
        'a length with zeros before it': length('003'),
        'no length': post([], 'abc'),
        'a body in many frames': post([], ...['a', '', 'b', '', '', 'c', '']),
        'a body in many frames, with a length': post([['content-length', '3']], ...['a', '', 'b', '', '', 'c', '']),
        'a body with padding': [begin(), framed(types.data, endStream | 0x8, 1, padding(200, 'abc'))],
        'a body with padding of nothing': [begin(), framed(types.data, endStream | 0x8, 1, padding(0, 'abc'))],
      },
      [abc],
    ),
    ...table(
      'RFC 9113 §8.1; RFC 9112 §7.1: bytes of a body have no meaning; advisory "HTTP/2: the sequel is always worse" (Kettle, 2021)',
      {
        'a body that looks like the end of chunks': looking(`0\r\n\r\n${smuggled}`),
        'a body that looks like a request': looking(smuggled),
        'a body that looks like chunks': looking('3\r\nabc\r\n', '0\r\n\r\n', smuggled),
        'a body that looks like trailers': looking('0\r\nX-A: 1\r\n\r\n'),
      },
      [],
    ),
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'BREW'].flatMap((method) =>
      table(
        'RFC 9110 §9.3; CVE-2026-29057: a body on a method that mostly has none',
        {
          [`a body without a length on ${method}`]: [begin({ ':method': method }), data(smuggled)],
          [`a body with a length on ${method}`]: [
            begin({ ':method': method }, [['content-length', String(smuggled.length)]]),
            data(smuggled),
          ],
        },
        [passed({ method, body: smuggled }), refused],
        { promised: [passed({ method, body: smuggled })] },
      ),
    ),
    ...table(
      'RFC 9113 §8.1: a body of nothing',
      {
        'an empty body': [begin(), data('')],
        'an empty body with a length': [begin({}, [['content-length', '0']]), data('')],
        'a POST without a body': [ask({ ':method': 'POST' })],
        'a length of nothing without a body': [ask({ ':method': 'POST' }, [['content-length', '0']])],
      },
      [passed({ method: 'POST' })],
    ),
    ...table(
      'RFC 9110 §10.1.1: a body that waits to be asked for',
      {
        'Expect: 100-continue': post(
          [
            ['expect', '100-continue'],
            ['content-length', '3'],
          ],
          'abc',
        ),
      },
      [abc],
    ),
    ...table(
      'RFC 9113 §8.1.1: a body that is taken back never looks whole',
      {
        'a request that is taken back in its body': [begin(), data('abc', 0), takenBack(8)],
        'a request that is taken back in its body without an error': [begin(), data('abc', 0), takenBack(0)],
        'a request that is taken back in its body with a length': [
          begin({}, [['content-length', '5']]),
          data('abc', 0),
          takenBack(0),
        ],
      },
      [ignored],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.1: padding that is longer than its frame',
      {
        'padding that is as long as its frame': [begin(), framed(types.data, endStream | 0x8, 1, padding(4, 'abc', 0))],
        'padding that is longer than its frame': [
          begin(),
          framed(types.data, endStream | 0x8, 1, padding(255, 'abc', 0)),
        ],
        'padding without its length': [begin(), framed(types.data, endStream | 0x8, 1)],
        'padding of a head that is longer than its frame': [
          framed(types.headers, endStream | endHeaders | 0x8, 1, padding(255, 'abc', 0)),
        ],
      },
      [ended],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.2: padding of a head',
      {
        'a head with padding': [
          (fill) =>
            frame(
              types.headers,
              endStream | endHeaders | 0x8,
              1,
              padding(9, head(fieldsOf(), 0)(fill).subarray(9).toString('latin1')),
            ),
        ],
      },
      [passed()],
    ),
  ],
};
