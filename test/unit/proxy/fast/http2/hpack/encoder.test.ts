import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder } from '../../../../../../src/proxy/fast/http2/hpack/decoder.ts';
import { encodeFields } from '../../../../../../src/proxy/fast/http2/hpack/encoder.ts';
import { createDecoder } from '../../../../../hostile/http2/hpack.ts';
import { bounded } from '../../../../../support/fuzz.ts';
import { integer, literal } from '../../../../../support/hpack.ts';

const encode = (status: number | undefined, fields: readonly string[], room = 4096): Buffer => {
  const into = Buffer.alloc(room);
  const end = encodeFields(status, fields, into, 0);
  expect(end).toBeGreaterThanOrEqual(0);
  return into.subarray(0, end);
};
const decode = (block: Buffer) => new HpackDecoder(Number.MAX_SAFE_INTEGER).decode(block);
const hex = (...parts: readonly (string | Buffer)[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.toString('hex'))).join('');

test('a status is one byte where the static table has it', () => {
  const indexes = { 200: '88', 204: '89', 206: '8a', 304: '8b', 400: '8c', 404: '8d', 500: '8e' };
  for (const [status, index] of Object.entries(indexes)) expect(encode(Number(status), []).toString('hex')).toBe(index);
  expect(encode(201, []).toString('hex')).toBe(`0803${hex(Buffer.from('201'))}`);
  expect(encode(999, []).toString('hex')).toBe(`0803${hex(Buffer.from('999'))}`);
});

test('names are in lower case, by their index where they have one', () => {
  const fields = ['Content-Type', 'text/html', 'X-Colour', 'red', 'content-type', '', 'VIA', '1.1 a'];
  expect(hex(encode(200, fields))).toBe(
    hex(
      '88',
      '0f10',
      literal('text/html'),
      '00',
      literal('x-colour'),
      literal('red'),
      '0f1000',
      '0f2d',
      literal('1.1 a'),
    ),
  );
  // Once more, the names known by now.
  expect(encode(200, fields)).toEqual(encode(200, fields));
});

test('trailers have no status', () => {
  expect(hex(encode(undefined, ['X-Sum', '42']))).toBe(hex('00', literal('x-sum'), literal('42')));
  expect(hex(encode(undefined, []))).toBe('');
});

test('what is secret is never to be indexed by anyone', () => {
  const value = literal('a=b');
  expect(hex(encode(undefined, ['Set-Cookie', 'a=b']))).toBe(hex('1f28', value));
  expect(hex(encode(undefined, ['cookie', 'a=b']))).toBe(hex('1f11', value));
  expect(hex(encode(undefined, ['Authorization', 'a=b']))).toBe(hex('1f08', value));
  expect(hex(encode(undefined, ['proxy-authorization', 'a=b']))).toBe(hex('1f22', value));
  expect(hex(encode(undefined, ['proxy-authenticate', 'a=b']))).toBe(hex('0f21', value));
});

test('lengths may be long', () => {
  for (const length of [0, 1, 20, 21, 126, 127, 128, 254, 255, 16_510, 16_511, 2_097_278, 2_097_279]) {
    const value = 'v'.repeat(length);
    const name = `X-${'n'.repeat(length)}`;
    const block = encode(undefined, [name, value], 2 * length + 100);
    const nameLength = integer(length + 2, 7);
    expect(block.subarray(1, 1 + nameLength.length)).toEqual(nameLength);
    expect(decode(block)).toEqual([name.toLowerCase(), value]);
  }
});

test('nothing is written beside its place, and what has no room is not cut', () => {
  const fields = ['Content-Type', 'text/html', 'X-Long', 'v'.repeat(300), 'X-Short', 'v', 'X-Empty', ''];
  for (const status of [200, 201, undefined]) {
    const whole = encode(status, fields);
    for (let room = 0; room <= whole.length + 6; room += 1) {
      const into = Buffer.alloc(room + 10, 0xee);
      const end = encodeFields(status, fields, into.subarray(0, room + 5), 5);
      expect(into.subarray(0, 5)).toEqual(Buffer.alloc(5, 0xee));
      expect(into.subarray(room + 5)).toEqual(Buffer.alloc(5, 0xee));
      if (end === -1) expect(room).toBeLessThan(whole.length + 6);
      else expect(into.subarray(5, end)).toEqual(whole);
    }
    const tight = Buffer.alloc(whole.length - 1);
    expect(encodeFields(status, fields, tight, 0)).toBe(-1);
  }
  expect(encodeFields(200, [], Buffer.alloc(1), 1)).toBe(-1);
  expect(encodeFields(200, [], Buffer.alloc(1), 0)).toBe(1);
});

test('any number of names is written right', () => {
  for (let index = 0; index < 3000; index += 1)
    expect(decode(encode(undefined, [`X-Name-${index}`, '1', `X-Name-${index % 7}`, '2']))).toEqual([
      `x-name-${index}`,
      '1',
      `x-name-${index % 7}`,
      '2',
    ]);
});

const octets = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 150 });
const names = fc.oneof(
  fc.constantFrom('Content-Length', 'set-cookie', 'ETag', '__proto__', 'Constructor', 'toString', ''),
  fc.string({ unit: fc.constantFrom(...'abcXYZ-09_'), maxLength: 140 }),
);

test('what is written is what is read', () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 100, max: 999 }), { nil: undefined }),
      fc.array(fc.tuple(names, octets)),
      (status, pairs) => {
        const block = encode(status, pairs.flat(), 20_000);
        const head = status === undefined ? [] : [':status', String(status)];
        const fields = [...head, ...pairs.flatMap(([name, value]) => [name.toLowerCase(), value])];
        expect(decode(block)).toEqual(fields);
        expect(createDecoder()(block).flat()).toEqual(fields);
      },
    ),
    bounded(300),
  );
});
