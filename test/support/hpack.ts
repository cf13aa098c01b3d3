/** Huffman's code (RFC 7541, appendix B): for each length the first code, and the bytes whose codes count up from there. */
export const huffmanCodes: readonly (readonly [length: number, first: number, bytes: string])[] = [
  [5, 0x0, '303132616365696f7374'],
  [6, 0x14, '20252d2e2f333435363738393d415f62646667686c6d6e707275'],
  [7, 0x5c, '3a42434445464748494a4b4c4d4e4f5051525354555657596a6b71767778797a'],
  [8, 0xf8, '262a2c3b585a'],
  [10, 0x3f8, '212228293f'],
  [11, 0x7fa, '272b7c'],
  [12, 0xffa, '233e'],
  [13, 0x1ff8, '0024405b5d7e'],
  [14, 0x3ffc, '5e7d'],
  [15, 0x7ffc, '3c607b'],
  [19, 0x7fff0, '5cc3d0'],
  [20, 0xfffe6, '808283a2b8c2e0e2'],
  [21, 0x1fffdc, '99a1a7acb0b1b3d1d8d9e3e5e6'],
  [22, 0x3fffd2, '8184858688929a9ca0a3a4a9aaadb2b5b9babbbdbec4c6e4e8e9'],
  [23, 0x7fffd8, '0187898a8b8c8d8f93959697989b9d9ea5a6a8aeafb4b6b7bcbfc5e7ef'],
  [24, 0xffffea, '098e9091949fabced7e1eced'],
  [25, 0x1ffffec, 'c7cfeaeb'],
  [26, 0x3ffffe0, 'c0c1c8c9cacdd2d5dadbeef0f2f3ff'],
  [27, 0x7ffffde, 'cbccd3d4d6dddedff1f4f5f6f7f8fafbfcfdfe'],
  [28, 0xfffffe2, '020304050607080b0c0e0f1011121314151718191a1b1c1d1e1f7fdcf9'],
  [30, 0x3ffffffc, '0a0d16'],
];

/** The code of each byte, in zeros and ones. */
const bitsOf = new Map<number, string>();
for (const [length, first, bytes] of huffmanCodes)
  Buffer.from(bytes, 'hex').forEach((byte, index) => {
    bitsOf.set(byte, (first + index).toString(2).padStart(length, '0'));
  });

/** Zeros and ones as bytes, the last of which is filled with ones. */
export const bytesOfBits = (bits: string): Buffer => {
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Buffer.from(whole.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
};

export const huffmanBits = (text: string): string =>
  [...Buffer.from(text, 'latin1')].map((byte) => bitsOf.get(byte)).join('');

/** An integer that begins in the last bits of a byte, beside `first` (§5.1). */
export const integer = (value: number, bits: number, first = 0): Buffer => {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([first + value]);
  const rest: number[] = [];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) rest.push((left % 128) + 128);
  return Buffer.from([first + most, ...rest, left]);
};

/** A string literal (§5.2). */
export const literal = (text: string, isCoded = false): Buffer => {
  const bytes = isCoded ? bytesOfBits(huffmanBits(text)) : Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, isCoded ? 0x80 : 0), bytes]);
};
