import { endHeaders, endStream, types } from '../../support/frames.ts';
import {
  type Bytes,
  begin,
  data,
  ended,
  type Family,
  type Fields,
  framed,
  head,
  ignored,
  malformed,
  passed,
  passedLast,
  refused,
  smuggled,
  table,
  trailer,
} from './vector.ts';

const behind = (...fields: Fields): readonly Bytes[] => [begin(), data('abc', 0), trailer(...fields)];
const abc = { method: 'POST', body: 'abc' } as const;
const dropped = (...lacks: readonly string[]) => passed({ ...abc, lacks });
const many = Array.from({ length: 1000 }, (_, index) => [`x-${index}`, '1'] as const);

export const trailers: Family = {
  name: 'trailer fields',
  vectors: [
    ...table(
      'RFC 9110 §6.5: trailer fields arrive as such, or not at all',
      {
        'a trailer field': behind(['x-sum', '1']),
        'a trailer field without a body': {
          acts: [begin(), trailer(['x-sum', '1'])],
          allowed: [passed({ method: 'POST', lacks: [] })],
          promised: [passed({ method: 'POST', trailers: [['x-sum', '1']] })],
        },
      },
      [passed({ ...abc, trailers: [['x-sum', '1']] }), passed({ ...abc, trailers: [] })],
      { promised: [passed({ ...abc, trailers: [['x-sum', '1']] })] },
    ),
    ...table(
      'RFC 9110 §6.5: a body with a length has no place for them',
      {
        'a trailer field behind a length': [
          begin({}, [['content-length', '3']]),
          data('abc', 0),
          trailer(['x-sum', '1']),
        ],
      },
      [passed({ ...abc, trailers: [] }), passed({ ...abc, trailers: [['x-sum', '1']] })],
    ),
    ...table(
      'RFC 9113 §8.1: pseudo-header fields are not among trailers',
      {
        'a path as a trailer field': behind([':path', '/smuggled']),
        'a method as a trailer field': behind(['x-sum', '1'], [':method', 'GET']),
        'a status as a trailer field': behind([':status', '200']),
        'a whole request as trailer fields': behind(
          [':method', 'GET'],
          [':scheme', 'https'],
          [':authority', '{host}'],
          [':path', '/smuggled'],
        ),
        'a pseudo-header field that nobody knows as a trailer field': behind([':foo', '1']),
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §8.2, §8.2.2: trailer fields are fields',
      {
        'a trailer field in upper case': behind(['X-Sum', '1']),
        'Transfer-Encoding as a trailer field': behind(['transfer-encoding', 'chunked']),
        'Connection as a trailer field': behind(['connection', 'close']),
        'Upgrade as a trailer field': behind(['upgrade', 'h2c']),
        'TE: gzip as a trailer field': behind(['te', 'gzip']),
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §8.2.1: characters that no field holds',
      {
        'a field in the value of a trailer field': behind(['x-sum', '1\r\nX-Smuggled: 1']),
        'a request in the value of a trailer field': behind(['x-sum', `1\r\n\r\n${smuggled}`]),
        'a request in the name of a trailer field': behind([`x-sum: 1\r\n\r\n${smuggled.toLowerCase()}`, '1']),
        'NUL in the value of a trailer field': behind(['x-sum', '1\0']),
        'an empty name of a trailer field': behind(['', '1']),
        'a space in the name of a trailer field': behind(['x sum', '1']),
        'a colon in the name of a trailer field': behind(['x-sum:', '1']),
      },
      [...malformed, { ...dropped('x-sum', 'x-smuggled'), leavesOut: true }],
      { mayBegin: true },
    ),
    ...[
      'content-length',
      'host',
      'authorization',
      'cookie',
      'content-encoding',
      'content-type',
      'trailer',
      'expect',
      'max-forwards',
      'cache-control',
    ].flatMap((name) =>
      table(
        'RFC 9110 §6.5.1: fields that no trailer may be; refused, dropped, or still trailers',
        { [`${name} as a trailer field`]: behind([name, '1'], ['x-sum', '1']) },
        [...malformed, passed(abc)],
        { mayBegin: true, promised: [refused, passed({ ...abc, trailers: [['x-sum', '1']] })] },
      ),
    ),
    ...[
      'x-forwarded-for',
      'x_forwarded_for',
      'x-forwarded-host',
      'forwarded',
      'x-real-ip',
      'via',
      'x-request-id',
    ].flatMap((name) =>
      table(
        'DESIGN §10: only the proxy says how a request came',
        { [`${name} as a trailer field`]: behind([name, '6.6.6.6']) },
        [...malformed, passed(abc)],
        { promised: [passed({ ...abc, trailers: [] })] },
      ),
    ),
    ...table(
      'RFC 9113 §8.1: trailer fields end their stream',
      {
        'trailer fields that do not end their stream': [begin(), data('abc', 0), head([['x-sum', '1']], endHeaders)],
        'trailer fields, and a body behind them': [begin(), head([['x-sum', '1']], endHeaders), data('abc')],
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §5.1: behind the end of a stream there is nothing',
      {
        'trailer fields twice': [...behind(['x-sum', '1']), trailer(['x-smuggled', '1'])],
        'a body behind trailer fields': [...behind(['x-sum', '1']), data('abc')],
      },
      [
        dropped('x-smuggled'),
        passedLast(abc),
        ended,
        ignored,
        refused,
        { streams: [{ request: abc, answer: 'unanswered' }], connection: 'goes on' },
      ],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §10.5: trailer fields that are too many or too large',
      {
        'a thousand trailer fields': [begin(), data('abc', 0), trailer(...many)],
        'a trailer field of 16 KB': [begin(), data('abc', 0), trailer(['x-sum', 'a'.repeat(16_000)])],
        'an endless trailer': [
          begin(),
          data('abc', 0),
          head([['x-sum', '1']], endStream),
          ...Array.from({ length: 100 }, () => framed(types.continuation, 0, 1, 'x'.repeat(100))),
        ],
      },
      [...malformed, passed(abc)],
      { mayBegin: true },
    ),
  ],
};
