import type { RawHeaders } from '../request-head.ts';

/** Fields as they are written, each with its line end. They have been read strictly, or are ours. */
export const fieldLines = (fields: RawHeaders): string => {
  let lines = '';
  for (let index = 0; index < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return lines;
};
