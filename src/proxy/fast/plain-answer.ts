import { type AnswerHead, isFramedOddly } from '../answer-head.ts';
import { expectText, incomplete, lineEnd, readFields } from './fields.ts';

/** The head of an answer of HTTP/1.x, not judged yet. */
export interface ReadAnswer extends AnswerHead {
  readonly reason: string;
  /** How many bytes it takes, with the empty line. */
  readonly size: number;
}

/**
 * Reads the head of an answer from text that is Latin-1, an interim one as well. Gives `incomplete` where more must come, and `wrong` as
 * soon as it cannot become one (RFC 9112 §4). Empty lines before it are passed over, as other parsers do.
 */
export const readAnswer = (text: string): ReadAnswer | 'incomplete' | 'wrong' => {
  let at = 0;
  while (text.charCodeAt(at) === cr || text.charCodeAt(at) === lf) at += 1;
  at = expectText(text, at, 'HTTP/1.');
  if (at < 0) return at === incomplete ? 'incomplete' : 'wrong';
  const end = text.length;
  // The minor version, a space, three digits.
  if (end < at + 5) return /^[01]?$|^[01] [0-9]{0,2}$/.test(text.slice(at)) ? 'incomplete' : 'wrong';
  const version = text.charCodeAt(at) === zero + 1 ? '1.1' : text.charCodeAt(at) === zero ? '1.0' : undefined;
  if (version === undefined || text.charCodeAt(at + 1) !== space) return 'wrong';
  let status = 0;
  for (let index = at + 2; index < at + 5; index += 1) {
    const digit = text.charCodeAt(index) - zero;
    if (digit < 0 || digit > 9) return 'wrong';
    status = status * 10 + digit;
  }
  at += 5;
  let reasonAt = at;
  if (text.charCodeAt(at) === space) {
    reasonAt += 1;
    at += 1;
    while (at < end && text.charCodeAt(at) !== cr && text.charCodeAt(at) !== lf) at += 1;
  }
  const fieldsAt = lineEnd(text, at);
  if (fieldsAt < 0) return fieldsAt === incomplete ? 'incomplete' : 'wrong';
  const reason = text.substring(reasonAt, at);
  const headers: string[] = [];
  const size = readFields(text, fieldsAt, headers);
  if (size < 0) return size === incomplete ? 'incomplete' : 'wrong';
  if (isFramedOddly(text.substring(fieldsAt, size))) return 'wrong';
  return { status, version, reason, headers, isClean: true, size };
};

const lf = 10;
const cr = 13;
const space = 32;
const zero = 48;
