// Bytes that both sides of an exchange know: any piece of one block that nothing makes smaller.
import { createHash } from 'node:crypto';

const blockBytes = 2 ** 20;

/** A generator of numbers from 0 up to 1 that gives the same ones for the same seed. */
export const randomFrom = (seed) => {
  let state = seed >>> 0;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const random = randomFrom(1);
const block = Buffer.from(Uint8Array.from({ length: blockBytes }, () => random() * 256));

/** At most a mebibyte; two pieces differ when their places do. */
export const piece = (from, size) => {
  const start = from % blockBytes;
  const end = start + size;
  return end <= blockBytes
    ? block.subarray(start, end)
    : Buffer.concat([block.subarray(start), block.subarray(0, end - blockBytes)]);
};

/** As text, of any number of buffers. */
export const sumOf = (...buffers) => {
  const hash = createHash('sha256');
  for (const buffer of buffers) hash.update(buffer);
  return hash.digest('hex');
};
