import { constants } from 'node:http2';
import { block, endHeaders, endStream, frame, types, uint32 } from '../../support/frames.ts';
import {
  type Bytes,
  begin,
  data,
  ended,
  type Family,
  type Fields,
  fieldsOf,
  framed,
  ignored,
  packed,
  type Row,
  raw,
  table,
} from './vector.ts';

/** As often as this, all at once. */
const times = (count: number, bytes: Buffer): Bytes => raw(...Array.from({ length: count }, () => bytes));
/** So many requests, each with frames behind its head. */
const requests =
  (count: number, flags: number, behind: (stream: number) => Buffer, more: Fields = []): Bytes =>
  (fill) => {
    const fields = packed(fieldsOf({ ':path': '/flood' }, more))(fill);
    return Buffer.concat(
      Array.from({ length: count }, (_, index) => 2 * index + 1).flatMap((stream) => [
        frame(types.headers, flags | endHeaders, stream, fields),
        behind(stream),
      ]),
    );
  };
const nothing = Buffer.alloc(0);
const zeros = (size: number): Buffer => Buffer.alloc(size);
const resets = (code: number): Row => [
  requests(2000, endStream, (stream) => frame(types.reset, 0, stream, uint32(code))),
];
/** What makes a server reset a stream of which the upstream has got the request. */
const provoked = (behind: (stream: number) => Buffer, more: Fields = [], flags = 0): Row => [
  requests(1000, flags, behind, more),
];

export const floods: Family = {
  name: 'floods',
  vectors: [
    ...table(
      'CVE-2023-44487: requests that are taken back at once',
      {
        'two thousand requests that are taken back': resets(constants.NGHTTP2_CANCEL),
        'two thousand requests that are taken back without an error': resets(constants.NGHTTP2_NO_ERROR),
        'two thousand requests with bodies that are taken back': [
          requests(2000, 0, (stream) => frame(types.reset, 0, stream, uint32(constants.NGHTTP2_CANCEL))),
        ],
      },
      [ended, ignored],
    ),
    ...table(
      'CVE-2025-8671: requests that the server is made to reset',
      {
        'a thousand windows of nothing': provoked((stream) => frame(types.window, 0, stream, uint32(0))),
        'a thousand windows that are too large': provoked((stream) =>
          frame(types.window, 0, stream, uint32(0x7fffffff)),
        ),
        'a thousand bodies that are longer than their lengths': provoked(
          (stream) => frame(types.data, endStream, stream, zeros(4)),
          [['content-length', '3']],
        ),
        'a thousand bodies behind the ends of requests': provoked(
          (stream) => frame(types.data, endStream, stream, zeros(4)),
          [],
          endStream,
        ),
        'a thousand heads behind the ends of requests': provoked(
          (stream) => frame(types.headers, endStream | endHeaders, stream, block([['x-a', '1']])),
          [],
          endStream,
        ),
        'a thousand priorities of 4 bytes': provoked((stream) => frame(types.priority, 0, stream, zeros(4))),
        'a thousand streams that depend on themselves': provoked((stream) =>
          frame(types.priority, 0, stream, Buffer.concat([uint32(stream), zeros(1)])),
        ),
        'a thousand trailer fields in upper case': provoked((stream) =>
          frame(types.headers, endStream | endHeaders, stream, block([['X-A', '1']])),
        ),
      },
      [ended, ignored],
      { mayBegin: true },
    ),
    ...table(
      'CVE-2019-9515: settings, each of which has to be confirmed',
      {
        'five thousand settings': [times(5000, frame(types.settings, 0, 0))],
        'a thousand settings in a frame': [
          framed(types.settings, 0, 0, Buffer.from('\0\x04\0\x01\0\0'.repeat(1000), 'latin1')),
        ],
      },
      [ended, ignored],
    ),
    ...table(
      'CVE-2019-9512: pings, each of which has to be answered',
      { 'five thousand pings': [times(5000, frame(types.ping, 0, 0, zeros(8)))] },
      [ended, ignored],
    ),
    ...table(
      'CVE-2019-9513: priorities that are changed again and again',
      {
        'five thousand priorities': [
          raw(
            ...Array.from({ length: 5000 }, (_, index) =>
              frame(
                types.priority,
                0,
                2 * (index % 500) + 1,
                Buffer.concat([uint32(2 * ((index * 7) % 500)), zeros(1)]),
              ),
            ),
          ),
        ],
      },
      [ended, ignored],
    ),
    ...table(
      'CVE-2019-9514: requests that are malformed, each of which has to be reset',
      {
        'a thousand requests that are malformed': [
          raw(
            ...Array.from({ length: 1000 }, (_, index) =>
              frame(types.headers, endStream | endHeaders, 2 * index + 1, block([['X-A', '1']])),
            ),
          ),
        ],
      },
      [ended, ignored],
    ),
    ...table(
      'CVE-2019-9516: fields without names and values',
      {
        'heads full of fields without names': [
          requests(
            50,
            endStream,
            () => nothing,
            Array.from({ length: 1000 }, () => ['', ''] as const),
          ),
        ],
      },
      [ended, ignored],
    ),
    ...table(
      'CVE-2019-9518: frames that hold nothing',
      {
        'five thousand empty DATA': {
          acts: [begin({ ':path': '/flood' }), times(5000, frame(types.data, 0, 1)), data('')],
          mayBegin: true,
        },
        'five thousand DATA with padding alone': {
          acts: [
            begin({ ':path': '/flood' }),
            times(5000, frame(types.data, 0x8, 1, Buffer.from([2, 0, 0]))),
            data(''),
          ],
          mayBegin: true,
        },
        'five thousand frames that nobody knows': [times(5000, frame(0x42, 0, 0))],
        'five thousand ALTSVC': [times(5000, frame(0x0a, 0, 0, zeros(2)))],
      },
      [ended, ignored],
    ),
    ...table(
      'RFC 9113 §10.5: windows that are opened without end',
      { 'five thousand WINDOW_UPDATE': [times(5000, frame(types.window, 0, 0, uint32(1)))] },
      [ended, ignored],
    ),
    ...table(
      'RFC 9113 §5.1.2, §10.5: a thousand requests at a time',
      {
        'a thousand requests': [requests(1000, endStream, () => nothing)],
        'a thousand bodies that do not come': [requests(1000, 0, () => nothing)],
      },
      [ended, ignored],
    ),
    ...table(
      'RFC 9113 §10.5: bodies of one byte a frame',
      {
        'a body of three thousand frames': {
          acts: [begin({ ':path': '/flood' }), times(3000, frame(types.data, 0, 1, Buffer.from('a'))), data('')],
        },
      },
      [ended, ignored],
      { mayBegin: true },
    ),
  ].map((vector) => ({ ...vector, isFlood: true })),
};
