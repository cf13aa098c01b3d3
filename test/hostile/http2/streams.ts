import { endHeaders, endStream, types, uint32 } from '../../support/frames.ts';
import {
  ask,
  type Bytes,
  begin,
  type Course,
  data,
  ended,
  type Family,
  type Fate,
  fieldsOf,
  framed,
  get,
  head,
  ignored,
  malformed,
  passed,
  passedLast,
  table,
  trailer,
} from './vector.ts';

const at = (path: string, stream: number): Bytes => ask({ ':path': path }, [], stream);
const reset = (stream: number, code = 8): Bytes => framed(types.reset, 0, stream, uint32(code));
const first: Fate = { request: { target: '/1' } };
/** The first request, answered or not, and then the end. */
const firstLast: readonly Course[] = [passedLast({ target: '/1' }), ended];
/** The first request is answered, and what comes behind it is not heard. */
const firstAlone: readonly Course[] = [{ streams: [first], connection: 'goes on' }, ...firstLast];
const answered = 'wait for its end';

export const streams: Family = {
  name: 'streams',
  vectors: [
    ...table(
      'RFC 9113 §5.1.1: streams of a client are odd, and grow',
      {
        'a request on stream 2': [at('/smuggled', 2)],
        'a request on stream 4, behind one': { acts: [at('/1', 1), at('/smuggled', 4)], allowed: firstLast },
        'a request on a lower stream': {
          acts: [at('/5', 5), at('/smuggled', 3)],
          // nghttp2 hears nothing of it, as it may be late trailers of a stream that was reset.
          allowed: [
            { streams: [{ request: { target: '/5' }, answer: 'unanswered' }], connection: 'ends' },
            { streams: [{ request: { target: '/5' }, answer: 'unanswered' }], connection: 'goes on' },
            ended,
          ],
        },
        'a request on the same stream': {
          acts: [at('/1', 1), answered, at('/smuggled', 1)],
          allowed: [...firstLast, { streams: [first], connection: 'goes on' }],
        },
        'a request on the same stream, at once': {
          acts: [at('/1', 1), at('/smuggled', 1)],
          allowed: [
            ...firstAlone,
            { streams: [{ request: { target: '/1' }, answer: 'unanswered' }], connection: 'goes on' },
            ...malformed,
          ],
        },
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §5.1: frames on a stream that is idle',
      {
        'DATA on a stream that is idle': [data('abc', 0, 5)],
        'RST_STREAM on a stream that is idle': [reset(5)],
        'WINDOW_UPDATE on a stream that is idle': [framed(types.window, 0, 5, uint32(1))],
        'DATA on an even stream': [data('abc', 0, 2)],
        'RST_STREAM on an even stream': [reset(2)],
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §5.1: DATA and HEADERS behind the end of a request',
      {
        'DATA behind the end of a request': [at('/1', 1), data('abc')],
        'DATA behind the end of a body': {
          acts: [begin({ ':path': '/1' }), data('abc'), data('def')],
          allowed: [
            passed({ method: 'POST', target: '/1', body: 'abc' }),
            passedLast({ method: 'POST', target: '/1', body: 'abc' }),
            {
              streams: [{ request: { method: 'POST', target: '/1', body: 'abc' }, answer: 'unanswered' }],
              connection: 'goes on',
            },
            ...malformed,
          ],
          mayBegin: true,
        },
        'trailer fields behind the end of a request': [at('/1', 1), trailer(['x-smuggled', '1'])],
        'DATA behind an answer': [at('/1', 1), answered, data('abc')],
        'a request behind an answer, as data': [
          at('/1', 1),
          answered,
          data('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'),
        ],
      },
      [
        ...firstAlone,
        { streams: [{ request: { target: '/1' }, answer: 'unanswered' }], connection: 'goes on' },
        ...malformed,
      ],
    ),
    ...table(
      'RFC 9113 §5.1: DATA and HEADERS behind RST_STREAM',
      {
        'DATA behind RST_STREAM': [begin({ ':path': '/1' }), reset(1), data('abc')],
        'HEADERS behind RST_STREAM': [
          begin({ ':path': '/1' }),
          reset(1),
          head([['x-sum', '1']], endHeaders | endStream),
        ],
      },
      [ended, ignored, ...malformed],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §5.1: what a stream that is closed may still get',
      {
        'WINDOW_UPDATE behind an answer': [at('/1', 1), answered, framed(types.window, 0, 1, uint32(1))],
        'RST_STREAM behind an answer': [at('/1', 1), answered, reset(1)],
        'PRIORITY behind an answer': [at('/1', 1), answered, framed(types.priority, 0, 1, '\0\0\0\0\x01')],
      },
      [{ streams: [first], connection: 'goes on' }],
    ),
    ...table('RFC 9113 §5.1.1: streams may be left out', { 'a request on stream 9': [at('/flood', 9)] }, [ignored], {
      isFlood: true,
    }),
    ...table(
      'RFC 9113 §5: requests at the same time keep apart',
      {
        'requests whose bodies are mixed': {
          acts: [
            begin({ ':path': '/1' }),
            begin({ ':path': '/3' }, [], 3),
            data('a', 0, 1),
            data('x', 0, 3),
            data('b', 0, 1),
            data('y', 0, 3),
            data('z', endStream, 3),
            data('c', endStream, 1),
          ],
          allowed: [
            {
              streams: [
                { request: { method: 'POST', target: '/1', body: 'abc' } },
                { request: { method: 'POST', target: '/3', body: 'xyz' } },
              ],
              connection: 'goes on',
            },
          ],
        },
        'a request that is broken between two others': {
          acts: [
            at('/1', 1),
            head(fieldsOf({ ':path': '/smuggled', ':method': 'GE T' }), endHeaders | endStream, 3),
            at('/5', 5),
          ],
          allowed: [
            { streams: [first, { refused: true }, { request: { target: '/5' } }], connection: 'goes on' },
            ...firstLast,
            {
              streams: [
                { request: { target: '/1' }, answer: 'unanswered' },
                { request: { target: '/5' }, answer: 'unanswered' },
              ],
              connection: 'ends',
            },
          ],
          promised: [{ streams: [first, { refused: true }, { request: { target: '/5' } }], connection: 'goes on' }],
        },
        'fifty requests at once': {
          acts: Array.from({ length: 50 }, (_, index) => at(`/${index}`, 2 * index + 1)),
          allowed: [
            {
              streams: Array.from({ length: 50 }, (_, index) => ({ request: { target: `/${index}` } })),
              connection: 'goes on',
            },
          ],
        },
      },
      [],
    ),
    ...table(
      'RFC 9113 §5.1.2: more streams than are allowed are refused',
      {
        'five hundred requests that are not answered': {
          acts: Array.from({ length: 500 }, (_, index) => at('/flood', 2 * index + 1)),
        },
      },
      [ended, ignored],
      { isFlood: true, script: { pieces: [''], waits: true } },
    ),
    ...table(
      'RFC 9113 §5.4.2: a request that is taken back, and one behind it',
      {
        'a request that is taken back at once': [get(), reset(1)],
      },
      [ignored, { streams: [{ request: {}, answer: 'unanswered' }], connection: 'goes on' }],
    ),
  ],
};
