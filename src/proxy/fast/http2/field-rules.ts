import { isForbidden } from '../../http2-headers.ts';
import { fieldName, fieldValue, type RawHeaders } from '../../request-head.ts';

const capital = /[A-Z]/;
const colon = 58;
const [space, tab] = [32, 9];

/**
 * Whether the fields of a request are written as RFC 9113 §8.2 and §8.3 want it: names in lower case, no space around a value, no character that
 * must not be there, what was the request line in front. What it holds `receivedHead` judges.
 */
export const isWellFormed = (fields: RawHeaders): boolean => {
  let isBehind = false;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1] as string;
    if (name.charCodeAt(0) === colon) {
      if (isBehind) return false;
    } else {
      isBehind = true;
      if (!isName(name)) return false;
    }
    if (!isValue(value)) return false;
  }
  return true;
};

/** The same of trailers, among which nothing is of the request line, nor of the connection (RFC 9113 §8.1, §8.2.2). */
export const areTrailers = (fields: RawHeaders): boolean => {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!isName(name) || !isValue(fields[index + 1] as string) || isForbidden(name) || name === 'te') return false;
  }
  return true;
};

const isName = (name: string): boolean => fieldName.test(name) && !capital.test(name);

const isValue = (value: string): boolean =>
  fieldValue.test(value) && !isSpace(value.charCodeAt(0)) && !isSpace(value.charCodeAt(value.length - 1));

const isSpace = (code: number): boolean => code === space || code === tab;
