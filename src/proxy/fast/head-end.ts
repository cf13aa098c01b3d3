/** A message of this size is read as text at once; of a larger one only the head. */
const smallBytes = 4096;

const lineEnds = Buffer.from('\r\n\r\n');

/** Up to where a message is read as text: all of a small one, else the head, else all that may be one. */
export const headEnd = (bytes: Buffer, from: number, to: number): number => {
  if (to - from <= smallBytes) return to;
  const end = bytes.subarray(from, to).indexOf(lineEnds);
  return end === -1 ? to : from + end + lineEnds.length;
};
