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
  get,
  head,
  ignored,
  malformed,
  maxFrame,
  packed,
  passed,
  passedLast,
  raw,
  refused,
  table,
  trailer,
} from './vector.ts';

const ack = 0x1;
const padded = 0x8;
const withPriority = 0x20;
const bytes = (size: number): string => '\0'.repeat(size);
/** Five bytes that say which stream a stream depends on. */
const priority = (dependency: number): string => `${uint32(dependency).toString('latin1')}\x10`;
/** The head of an ordinary request with what stands before its fields. */
const headBehind =
  (before: string, flags: number): Bytes =>
  (fill) =>
    frame(
      types.headers,
      flags | endHeaders | endStream,
      1,
      Buffer.concat([Buffer.from(before, 'latin1'), packed(fieldsOf())(fill)]),
    );

/** A head that is cut at these bytes. */
const cut = (...places: readonly number[]): readonly Bytes[] => {
  const at = (index: number): number => (index < 0 ? 0 : (places[index] ?? Number.POSITIVE_INFINITY));
  return [0, ...places].map((_, index) => (fill) => {
    const part = packed(fieldsOf())(fill).subarray(at(index - 1), at(index));
    const flags = index === places.length ? endHeaders : 0;
    return index === 0 ? frame(types.headers, flags | endStream, 1, part) : frame(types.continuation, flags, 1, part);
  });
};

export const frames: Family = {
  name: 'frames',
  vectors: [
    ...table(
      'RFC 9113 §6: frames that belong to a stream, on none',
      {
        'DATA on stream 0': [framed(types.data, 0, 0, 'abc')],
        'HEADERS on stream 0': [head(fieldsOf(), endHeaders | endStream, 0)],
        // Priorities mean nothing any more (§5.3.2), and newer releases of nghttp2 read none.
        'PRIORITY on stream 0': { acts: [framed(types.priority, 0, 0, priority(1))], allowed: [ended, ignored] },
        'RST_STREAM on stream 0': [framed(types.reset, 0, 0, bytes(4))],
        'CONTINUATION on stream 0': [framed(types.continuation, endHeaders, 0)],
        'PUSH_PROMISE on stream 0': [framed(types.push, endHeaders, 0, bytes(4))],
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §6: frames that belong to the connection, on a stream',
      {
        'SETTINGS on stream 1': [framed(types.settings, 0, 1)],
        'PING on stream 1': [framed(types.ping, 0, 1, bytes(8))],
        'GOAWAY on stream 1': [framed(types.goaway, 0, 1, bytes(8))],
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §4.2, §6: frames of a wrong size',
      {
        'RST_STREAM of 3 bytes': [begin(), framed(types.reset, 0, 1, bytes(3))],
        'RST_STREAM of 5 bytes': [begin(), framed(types.reset, 0, 1, bytes(5))],
        'SETTINGS of 5 bytes': [framed(types.settings, 0, 0, bytes(5))],
        'SETTINGS of 7 bytes': [framed(types.settings, 0, 0, bytes(7))],
        'a confirmation of settings that holds some': [framed(types.settings, ack, 0, bytes(6))],
        'PING of 7 bytes': [framed(types.ping, 0, 0, bytes(7))],
        'PING of 9 bytes': [framed(types.ping, 0, 0, bytes(9))],
        'GOAWAY of 7 bytes': [framed(types.goaway, 0, 0, bytes(7))],
        'WINDOW_UPDATE of 3 bytes': [framed(types.window, 0, 0, bytes(3))],
        'WINDOW_UPDATE of 5 bytes': [framed(types.window, 0, 0, bytes(5))],
        'DATA that is too large': [begin(), data('x'.repeat(maxFrame + 1))],
        'HEADERS that are too large': [head([...fieldsOf(), ['x-a', 'x'.repeat(maxFrame)]], endHeaders | endStream)],
        'an unknown frame that is too large': [framed(0x42, 0, 0, bytes(maxFrame + 1))],
        'HEADERS with a priority that is cut': [
          framed(types.headers, withPriority | endHeaders | endStream, 1, bytes(3)),
        ],
        'a frame of 16 MB': [raw('\xff\xff\xff\x00\x00\x00\x00\x00\x01', 'x'.repeat(100_000))],
      },
      [ended, refused],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.3: PRIORITY of a wrong size is an error of its stream, or of the connection',
      {
        'PRIORITY of 4 bytes': [framed(types.priority, 0, 1, bytes(4))],
        'PRIORITY of 6 bytes': [framed(types.priority, 0, 1, bytes(6))],
      },
      [ended, ignored],
    ),
    ...table(
      'RFC 9113 §8.4: a client promises nothing',
      {
        PUSH_PROMISE: [framed(types.push, endHeaders, 1, bytes(4))],
        'PUSH_PROMISE for a request': [begin(), framed(types.push, endHeaders, 1, bytes(4))],
        'PUSH_PROMISE with a whole request': [
          begin(),
          (fill) =>
            frame(
              types.push,
              endHeaders,
              1,
              Buffer.concat([uint32(2), packed(fieldsOf({ ':path': '/smuggled' }))(fill)]),
            ),
        ],
      },
      [ended],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §4.1, §5.5: what is unknown is ignored',
      {
        'a frame that nobody knows': [framed(0x42, 0xff, 0, 'abc'), get()],
        'a frame that nobody knows, on a stream that is idle': [framed(0xfe, 0, 99, 'abc'), get()],
        'a frame that nobody knows, in a body': {
          acts: [begin(), data('a', 0), framed(0x42, 0xff, 1, 'b'), data('c')],
          allowed: [passed({ method: 'POST', body: 'ac' })],
        },
        'a frame of a later standard': [framed(0x10, 0, 0, `${bytes(4)}u=1`), get()],
        'ALTSVC from a client': [framed(0x0a, 0, 0, `\0\0${'h2=":1"'}`), get()],
        'ORIGIN from a client': [framed(0x0c, 0, 0, '\0\x13https://example.com'), get()],
        'flags that nobody knows': [head(fieldsOf(), endHeaders | endStream | 0xc2)],
        'flags that DATA does not have': {
          acts: [begin(), data('abc', endStream | 0x66)],
          allowed: [passed({ method: 'POST', body: 'abc' })],
        },
        'a bit that is reserved': [head(fieldsOf(), endHeaders | endStream, 0x80000001)],
        'a bit that is reserved, in WINDOW_UPDATE': [framed(types.window, 0, 0, uint32(0x80000001)), get()],
        'PING with flags that nobody knows': [framed(types.ping, 0xfe, 0, bytes(8)), get()],
      },
      [passed()],
    ),
    ...table(
      'RFC 9113 §6.7: what is to become of it is not said; Node ends the connection',
      { 'the answer to a PING that nobody has sent': [framed(types.ping, ack, 0, bytes(8)), get()] },
      [passed(), ended, passedLast()],
    ),
    ...table(
      'RFC 9113 §5.3.2, §6.3: priorities say nothing any more, but are still read',
      {
        'HEADERS with a priority': [headBehind(priority(0), withPriority)],
        'HEADERS with a priority and padding': [
          (fill) => {
            const fields = packed(fieldsOf())(fill);
            const payload = Buffer.concat([Buffer.from(`\x03${priority(0)}`, 'latin1'), fields, Buffer.alloc(3)]);
            return frame(types.headers, withPriority | padded | endHeaders | endStream, 1, payload);
          },
        ],
        'PRIORITY for a stream that is idle': [framed(types.priority, 0, 99, priority(0)), get()],
      },
      [passed()],
    ),
    ...table(
      'RFC 7540 §5.3.1, RFC 9113 §5.3: a stream that depends on itself',
      {
        'HEADERS that depend on themselves': [headBehind(priority(1), withPriority)],
        'PRIORITY that depends on itself': [framed(types.priority, 0, 1, priority(1)), get()],
      },
      [passed(), ...malformed],
    ),
    ...table(
      'RFC 9113 §6.8: GOAWAY of a client; what it asks for is still answered',
      { 'GOAWAY, and a request': [framed(types.goaway, 0, 0, bytes(8)), get()] },
      [passed(), { streams: [{ request: {}, answer: 'unanswered' }], connection: 'ends' }, ended],
    ),
    ...table(
      'RFC 9113 §6.10: CONTINUATION follows HEADERS, and nothing comes between',
      {
        'CONTINUATION behind nothing': [framed(types.continuation, endHeaders, 1)],
        'CONTINUATION behind a whole head': [
          begin(),
          (fill) => frame(types.continuation, endHeaders, 1, packed([['x-a', '1']])(fill)),
        ],
        'CONTINUATION behind DATA': [begin(), data('abc', 0), framed(types.continuation, endHeaders, 1)],
        'CONTINUATION of another stream': [head(fieldsOf(), endStream), framed(types.continuation, endHeaders, 3)],
        'CONTINUATION that does not come': [head(fieldsOf(), endStream)],
        'DATA in the middle of a head': [head(fieldsOf(), 0), data('abc'), framed(types.continuation, endHeaders, 1)],
        'PING in the middle of a head': [
          head(fieldsOf(), endStream),
          framed(types.ping, 0, 0, bytes(8)),
          framed(types.continuation, endHeaders, 1),
        ],
        'SETTINGS in the middle of a head': [
          head(fieldsOf(), endStream),
          framed(types.settings, 0, 0),
          framed(types.continuation, endHeaders, 1),
        ],
        'HEADERS in the middle of a head': [
          head(fieldsOf(), endStream),
          ask({ ':path': '/smuggled' }, [], 3),
          framed(types.continuation, endHeaders, 1),
        ],
        'RST_STREAM in the middle of a head': [
          head(fieldsOf(), endStream),
          framed(types.reset, 0, 1, bytes(4)),
          framed(types.continuation, endHeaders, 1),
        ],
        'an unknown frame in the middle of a head': [
          head(fieldsOf(), endStream),
          framed(0x42, 0, 0),
          framed(types.continuation, endHeaders, 1),
        ],
        'DATA in the middle of trailer fields': [begin(), head([['x-sum', '1']], endStream), data('abc'), trailer()],
      },
      [ended],
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.10: a head in pieces is the same',
      {
        'a head in two frames': cut(20),
        'a head of nothing, and all of it behind': cut(0),
        'a head in four frames': cut(1, 3, 9),
        'a head with an empty last frame': cut(1_000),
      },
      [passed()],
    ),
  ],
};
