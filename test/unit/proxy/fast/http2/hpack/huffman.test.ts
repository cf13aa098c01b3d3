import fc from 'fast-check';
import { expect, test } from 'vitest';
import { huffmanText } from '../../../../../../src/proxy/fast/http2/hpack/huffman.ts';
import { bounded } from '../../../../../support/fuzz.ts';
import { bytesOfBits, huffmanBits } from '../../../../../support/hpack.ts';

const read = (bytes: Buffer): string | undefined => huffmanText(bytes, 0, bytes.length);
const readBits = (bits: string): string | undefined => read(bytesOfBits(bits));
const eos = '1'.repeat(30);
const allBytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

test('every byte has a code', () => {
  for (const byte of allBytes) {
    expect(readBits(huffmanBits(byte))).toBe(byte);
    // At each place in a byte, and with something behind it.
    for (let count = 1; count < 8; count += 1) {
      const text = 'a'.repeat(count) + byte.repeat(2);
      expect(readBits(huffmanBits(text))).toBe(text);
    }
  }
  expect(readBits(huffmanBits(allBytes.join('')))).toBe(allBytes.join(''));
});

test('only the given part is read', () => {
  const bytes = Buffer.concat([
    Buffer.from([0x00, 0xff]),
    bytesOfBits(huffmanBits('www.example.com')),
    Buffer.alloc(9),
  ]);
  expect(huffmanText(bytes, 2, bytes.length - 9)).toBe('www.example.com');
  expect(huffmanText(bytes, 1, 1)).toBe('');
});

test('texts may be long', () => {
  const text = 'a0z~\xff'.repeat(10_000);
  expect(readBits(huffmanBits(text))).toBe(text);
});

test('what fills the last byte is ones, and less than a byte', () => {
  for (const text of ['', ...allBytes]) {
    const bits = huffmanBits(text);
    const filled = bytesOfBits(bits).length * 8;
    for (let fill = bits.length; fill < filled; fill += 1) {
      const zeroAt = bits.padEnd(fill, '1').concat('0').padEnd(filled, '1');
      // A zero may end a code, but then of another text.
      expect(readBits(zeroAt)).not.toBe(text);
    }
    expect(readBits(`${bits.padEnd(filled, '1')}11111111`)).toBe(undefined);
  }
  // The code of "0" and three bits, of "&" and none.
  expect(readBits('00000111')).toBe('0');
  expect(readBits('00000110')).toBe(undefined);
  expect(readBits('00000011')).toBe(undefined);
  expect(readBits('11111000')).toBe('&');
  expect(readBits('1111100011111111')).toBe(undefined);
});

test('the end is no character', () => {
  for (const before of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', '&', '\n'])
    for (const behind of ['', 'a', 'aaaaaaaa'])
      expect(readBits(huffmanBits(before) + eos + huffmanBits(behind))).toBe(undefined);
});

test('a text that is cut in the middle of a character is none', () => {
  for (const byte of allBytes) {
    const bits = huffmanBits(`a${byte}`);
    for (let end = 16; end < bits.length; end += 8) expect(readBits(bits.slice(0, end))).toBe(undefined);
  }
});

test('whatever is read has been coded in this way and no other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
      const bytes = Buffer.from(array);
      const text = read(bytes);
      if (text !== undefined) expect(bytesOfBits(huffmanBits(text))).toEqual(bytes);
    }),
    bounded(2000),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...allBytes), maxLength: 200 }), (text) => {
      expect(readBits(huffmanBits(text))).toBe(text);
    }),
    bounded(),
  );
});
