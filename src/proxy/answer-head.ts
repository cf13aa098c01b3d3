import { fieldName, fieldValue, type RawHeaders, valuesOf } from './request-head.ts';

/** The head of an upstream's answer as a parser gave it. */
export interface AnswerHead {
  readonly status: number;
  readonly version: string;
  readonly headers: RawHeaders;
  /** A strict parser of ours has read it: its fields hold no character that they must not hold. */
  readonly isClean?: boolean;
}

/** What makes an answer impossible to pass on in one meaning, in words; undefined when it is sound (RFC 9112 §6.3). */
export const judgeAnswer = ({ status, version, headers, isClean }: AnswerHead): string | undefined => {
  if (version !== '1.1' && version !== '1.0') return `its version is HTTP/${version}`;
  if (status < 200 || status > 599) return `its status is ${status}`;
  for (let index = isClean === true ? headers.length : 0; index < headers.length; index += 2) {
    if (!fieldName.test(headers[index] as string)) return 'a field name holds a character that it must not hold';
    if (!fieldValue.test(headers[index + 1] as string)) return 'a field value holds a character that it must not hold';
  }
  const encodings = valuesOf(headers, 'transfer-encoding');
  const lengths = valuesOf(headers, 'content-length');
  if (encodings.length > 1 || lengths.length > 1 || encodings.length + lengths.length > 1)
    return 'it has more than one length';
  if (encodings.length === 1 && (encodings[0]?.toLowerCase() !== 'chunked' || version === '1.0'))
    return 'its transfer encoding is not exactly "chunked"';
  if (lengths.length === 1 && !/^[0-9]{1,15}$/.test(lengths[0] as string)) return 'its length is not a plain number';
  return undefined;
};

/**
 * Whether in the lines of a head a tab is behind a length or an encoding. Some take it for space, and some for a length or an encoding that
 * nobody knows: where the body ends is then not certain.
 */
export const isFramedOddly = (lines: string): boolean => lines.includes('\t') && tabBehindFraming.test(lines);

const tabBehindFraming = /^(?:content-length|transfer-encoding):.*\t *\r$/im;
