import { type Code, ConnectionError, codes, flags } from './frames.ts';

/** Throws where a frame is not as RFC 9113 §6 wants it. */
export function mustBe(isTrue: boolean, code: Code): asserts isTrue {
  if (!isTrue) throw new ConnectionError(code, 'the frame is not as it must be');
}

/** Where the payload of a frame begins and ends without its padding (RFC 9113 §6.1). */
export const unpadded = (bits: number, buffer: Buffer, from: number, to: number): readonly [number, number] => {
  if ((bits & flags.padded) === 0) return [from, to];
  mustBe(to > from, codes.frameSize);
  const padding = buffer[from] as number;
  mustBe(padding < to - from, codes.protocol);
  return [from + 1, to - padding];
};
