import { isForbidden } from '../../http2-headers.ts';
import { fieldValue, type RawHeaders } from '../../request-head.ts';

/** A token (RFC 9110 §5.6.2) without capitals. */
const lowerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
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
      if (!lowerName.test(name)) return false;
    }
    if (!isValue(value)) return false;
  }
  return true;
};

/** The same of trailers, among which nothing is of the request line, nor of the connection (RFC 9113 §8.1, §8.2.2). */
export const areTrailers = (fields: RawHeaders): boolean => {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!lowerName.test(name) || !isValue(fields[index + 1] as string) || isForbidden(name) || name === 'te')
      return false;
  }
  return true;
};

const isValue = (value: string): boolean =>
  fieldValue.test(value) && !isSpace(value.charCodeAt(0)) && !isSpace(value.charCodeAt(value.length - 1));

const isSpace = (code: number): boolean => code === space || code === tab;
