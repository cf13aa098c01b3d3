import { block, endHeaders, endStream, frame, types } from '../../support/frames.ts';
import {
  type Bytes,
  ended,
  type Family,
  type Fate,
  type Fields,
  fieldsOf,
  framed,
  head,
  inFrames,
  malformed,
  packed,
  passed,
  type Row,
  raw,
  refused,
  refusedWith,
  table,
} from './vector.ts';

const usual = packed(fieldsOf());
const joined =
  (...parts: readonly (Bytes | string)[]): Bytes =>
  (fill) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? raw(part) : part)(fill)));
/** The fields of an ordinary request, and around them bytes of HPACK. */
const around = (before: string, after: string): Bytes => head(joined(before, usual, after), endHeaders | endStream);
const before = (bytes: string): Row => [around(bytes, '')];
const behind = (bytes: string): Row => [around('', bytes)];
/** Fields that are kept in the table (RFC 7541 §6.2.1). */
const kept = (name: string, value: string): string => {
  const written = block([[name, value]]).toString('latin1');
  return `\x40${written.slice(1)}`;
};
const large = (size: number): readonly Bytes[] => inFrames(fieldsOf({}, [['x-a', 'a'.repeat(size)]]));
const many = (count: number, size = 1): Fields =>
  Array.from({ length: count }, (_, index) => [`x-${index}`, 'a'.repeat(size)] as const);
const limited = { promised: [refusedWith(431)] };
/** nghttp2 takes no text of more than 64 KiB, and ends the connection: its table may not be what the client thinks. Our own frames refuse it. */
const endedByNode = { promised: [ended, refusedWith(431)] };

/** A head that goes on and on. */
const endless = (piece: string): Row => {
  const frames = Array.from({ length: 300 }, () => frame(types.continuation, 0, 1, Buffer.from(piece, 'latin1')));
  return [head(fieldsOf(), endStream), raw(...frames)];
};

/** A second request, with the newest field of the table. */
const naming = head(joined(packed(fieldsOf({ ':path': '/3' })), '\xbe'), endHeaders | endStream, 3);
const named: Fate = { request: { target: '/3', has: { 'x-a': ['1'] } } };

export const heads: Family = {
  name: 'heads as they are compressed, and their sizes',
  vectors: [
    ...table(
      'RFC 7541 §6.1, §2.3.3: indices where nothing is',
      {
        'the index 0': behind('\x80'),
        'an index behind the table': behind('\xbe'),
        'an index far behind the table': behind('\xff\xff\xff\x0f'),
        'a name by an index behind the table': behind('\x7f\x80\x01\x011'),
        'a name by an index behind the table, not kept': behind('\x0f\x80\x01\x011'),
      },
      [ended],
    ),
    ...table(
      'RFC 7541 §5.1: integers without end',
      {
        'an index of 2^35': behind('\xff\xff\xff\xff\xff\x7f'),
        'an index of 2^63': behind('\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f'),
        'an index of zeros without end': behind(`\xff${'\x80'.repeat(200)}`),
        'a length of 2^32': behind('\x00\x7f\x80\xff\xff\xff\x0f'),
        'a length of 2^63': behind('\x00\x7f\x80\xff\xff\xff\xff\xff\xff\xff\x7f'),
        'an integer that is cut': behind('\xff\xff'),
      },
      [ended],
    ),
    ...table(
      'RFC 7541 §5.2: texts that are longer than their head, or no texts',
      {
        'a name that is longer than its head': behind('\x00\x20x-a'),
        'a value that is longer than its head': behind('\x00\x03x-a\x201'),
        'a field without a value': behind('\x00\x03x-a'),
        'a field of one byte': behind('\x00'),
        'a Huffman code that is cut': behind('\x00\x03x-a\x82\xff\xfe'),
        'a Huffman code with the end in it': behind('\x00\x03x-a\x84\xff\xff\xff\xff'),
        'padding of a Huffman code of zeros': behind('\x00\x03x-a\x81\x18'),
        'padding of a Huffman code of a byte': behind('\x00\x03x-a\x82\x1f\xff'),
      },
      [ended],
    ),
    ...table(
      'RFC 7541 §4.2, §6.3: sizes of the table',
      {
        'a table that is larger than allowed': before('\x3f\xe2\x1f'),
        'a table of 4 GB that is not allowed': before('\x3f\xe0\xff\xff\xff\x0f'),
        'another size of the table behind fields': behind('\x20'),
        'another size of the table behind a field': before(`${block([['x-a', '1']]).toString('latin1')}\x20`),
      },
      [ended],
    ),
    ...table(
      'RFC 7541 §4.2, §5.1, §6: what is odd, and right',
      {
        'two sizes of the table': before('\x20\x3f\xe1\x1f'),
        'a table of nothing in the head': before('\x20'),
        'fields that are kept': behind(kept('x-a', '1') + kept('x-b', '2')),
        'fields that are kept and named again': {
          acts: [around('', `${kept('x-a', '1')}\xbe\x7e\x012`)],
          allowed: [passed({ has: { 'x-a': ['1', '1', '2'] } }), passed({ has: { 'x-a': ['1, 1, 2'] } })],
        },
        'a field that is never kept': {
          acts: [around('', '\x10\x03x-a\x011')],
          allowed: [passed({ has: { 'x-a': ['1'] } })],
        },
        'a field that is larger than the table': behind(kept('x-a', 'a'.repeat(5000))),
        'a value in Huffman code': {
          acts: [around('', '\x00\x03x-a\x81\x1f')],
          allowed: [passed({ has: { 'x-a': ['a'] } })],
        },
        'a request by the table of the standard': [
          head(
            (fill) => Buffer.concat([raw('\x82\x87\x84\x01')(fill), block([['', fill('{host}')]]).subarray(2)]),
            endHeaders | endStream,
          ),
        ],
        'an integer with zeros behind it': {
          acts: [around('', '\x00\x03x-a\x01b\x0f\x80\x80\x00\x01c')],
          allowed: [passed(), ended, refused],
        },
      },
      [passed()],
    ),
    ...table(
      'CVE-2016-6581, CVE-2016-1544; RFC 7541 §7.3: few bytes that become many',
      {
        'a field of 4 KB that is named 12000 times': [
          around('', kept('x-a', 'a'.repeat(4000)) + '\xbe'.repeat(12_000)),
        ],
        'a cookie of 4 KB that is named 12000 times': [
          around('', kept('cookie', `a=${'a'.repeat(4000)}`) + '\xbe'.repeat(12_000)),
        ],
        'an authority that is named 12000 times': behind('\x81'.repeat(12_000)),
      },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.2.1, §10.5.1: a bomb of empty fields',
      { 'fields without names 5000 times': behind('\x00\x00\x00'.repeat(5_000)) },
      [...malformed, passed()],
    ),
    ...table(
      'RFC 9113 §10.5.1: heads of a size that not everybody takes',
      {
        'a field of 20 KB': { acts: large(20_000), promised: [passed({ has: { 'x-a': ['a'.repeat(20_000)] } })] },
        'a thousand fields': {
          acts: inFrames(fieldsOf({}, many(1000))),
          promised: [passed({ has: { 'x-0': ['a'], 'x-999': ['a'] } })],
        },
        'a field of 80 KB': { acts: large(80_000), ...endedByNode },
        'eighty fields of a kilobyte': { acts: inFrames(fieldsOf({}, many(80, 1000))), ...limited },
        'a field of 300 KB': large(300_000),
        'ten thousand fields': inFrames(fieldsOf({}, many(10_000))),
      },
      [...malformed, passed()],
    ),
    ...table(
      'CVE-2024-27316, CVE-2024-28182, CVE-2023-45288, CVE-2019-9518; RFC 9113 §10.5: heads without end',
      {
        'a head without end, of nothing': endless(''),
        'a head without end, of fields': endless(block([['x-a', 'a'.repeat(100)]]).toString('latin1')),
        'a head without end, of bytes that it is cut in': endless('\x00'),
        'a head without end, of large frames': endless(block([['x-a', 'a'.repeat(16_000)]]).toString('latin1')),
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §4.3: the table is kept from one head to the next',
      {
        'a head that is refused still counts for the table': {
          acts: [head(joined(usual, kept('x-a', '1'), packed([['X-B', '1']])), endHeaders | endStream), naming],
          allowed: [{ streams: [{ refused: true }, named], connection: 'goes on' }, ended],
        },
        'a head that is too large still counts for the table': {
          acts: [...inFrames(joined(usual, kept('x-a', '1'), packed(many(80, 1000)))), naming],
          allowed: [
            { streams: [{ refused: true }, named], connection: 'goes on' },
            { streams: [{ request: {} }, named], connection: 'goes on' },
            ended,
          ],
        },
      },
      [],
    ),
    ...table(
      'RFC 9113 §8.1: no fields at all',
      { 'a head of nothing': [framed(types.headers, endHeaders | endStream, 1)] },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.1, §8.3',
      { 'a head of a table size alone': [head(raw('\x20'), endHeaders | endStream)] },
      malformed,
    ),
  ],
};
