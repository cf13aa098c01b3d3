import { incomplete, isInValue, isToken, readFields } from './fields.ts';
import type { Writer } from './writer.ts';

/** Bytes that the extensions of one chunk, or all trailer fields, may take. */
const maxExtras = 16 * 1024;
/** A chunk is not larger than this; what a double can count. */
const maxSize = 2 ** 52;

/** Where the reader stands: in the line with the size, in the data, or behind the last chunk. */
type State =
  | 'size'
  | 'digits'
  | 'extension'
  | 'extension-name'
  | 'extension-value'
  | 'quoted'
  | 'quoted-pair'
  | 'quoted-end'
  | 'line-feed'
  | 'data'
  | 'data-end'
  | 'data-line-feed'
  | 'trailers'
  | 'over'
  | 'broken'
  | 'too-large';

const noTrailers: readonly string[] = [];

/**
 * A body in chunks (RFC 9112 §7.1) on its way from one connection to another. Framing that is exactly what we would write passes as it
 * is; any other is written anew: extensions go, and so do zeros before a size. The last chunk is left to the caller, who
 * decides about the trailers. For a protocol that has framing of its own only the data is written.
 */
export class ChunkedBody {
  state: State = 'size';
  /** Bytes of data that have passed. */
  dataBytes = 0;
  /** Trailer fields, when it is over. */
  trailers: readonly string[] = noTrailers;
  private readonly writesFraming: boolean;
  private left = 0;
  private extras = 0;
  private trailerText = '';

  constructor(writesFraming: boolean) {
    this.writesFraming = writesFraming;
  }

  /** Passes on what `buffer` holds of the body. Gives the index behind it: `to`, or less where the body is over or broken before. */
  pass(buffer: Buffer, from: number, to: number, writer: Writer): number {
    let at = from;
    /** From here on nothing was written yet that can pass as it is; -1 while there is nothing of that kind. */
    let raw = this.writesFraming && isInChunk(this.state) ? from : -1;
    while (at < to) {
      switch (this.state) {
        case 'data': {
          const taken = Math.min(this.left, to - at);
          if (!this.writesFraming) writer.bytes(buffer, at, at + taken);
          at += taken;
          this.left -= taken;
          this.dataBytes += taken;
          if (this.left === 0) this.state = 'data-end';
          break;
        }
        // What is wrong there does not pass: some take less than CR LF for the end of a chunk.
        case 'data-end':
          this.state = buffer[at] === cr ? 'data-line-feed' : 'broken';
          if (this.state !== 'broken') at += 1;
          break;
        case 'data-line-feed':
          this.state = buffer[at] === lf ? 'size' : 'broken';
          if (this.state !== 'broken') at += 1;
          break;
        case 'size': {
          const next = this.readPlainSize(buffer, at, to);
          if (next !== -1) {
            if (raw === -1 && this.writesFraming) raw = at;
            at = next;
            break;
          }
          if (raw !== -1 && at > raw) writer.bytes(buffer, raw, at);
          raw = -1;
          this.left = 0;
          this.extras = 0;
          this.state = hexDigit(buffer[at] as number) === -1 ? 'broken' : 'digits';
          break;
        }
        case 'trailers':
          return this.readTrailers(buffer, at, to);
        case 'over':
        case 'broken':
        case 'too-large':
          if (raw !== -1 && at > raw) writer.bytes(buffer, raw, at);
          return at;
        default:
          this.state = this.readSizeLine(buffer[at] as number);
          at += 1;
          if (this.state === 'data' && this.writesFraming) {
            writer.text(`${this.left.toString(16)}\r\n`);
            raw = at;
          }
      }
    }
    if (raw !== -1 && at > raw) writer.bytes(buffer, raw, at);
    return at;
  }

  /** Reads a line with a size as we would write it, which is whole and not the last. Gives the index behind it, or -1. */
  private readPlainSize(buffer: Buffer, from: number, to: number): number {
    let at = from;
    let size = hexDigit(buffer[at] as number);
    if (size <= 0) return -1;
    at += 1;
    while (at < to) {
      const digit = hexDigit(buffer[at] as number);
      if (digit === -1) break;
      size = size * 16 + digit;
      if (size > maxSize) return -1;
      at += 1;
    }
    if (at + 1 >= to || buffer[at] !== cr || buffer[at + 1] !== lf) return -1;
    this.left = size;
    this.state = 'data';
    return at + 2;
  }

  /** Takes one byte of a line with a size, extensions and all, and gives the state behind it. */
  private readSizeLine(byte: number): State {
    if (this.state === 'digits') {
      const digit = hexDigit(byte);
      if (digit !== -1) {
        this.left = this.left * 16 + digit;
        return this.left > maxSize ? 'broken' : 'digits';
      }
    } else {
      this.extras += 1;
      if (this.extras > maxExtras) return 'too-large';
    }
    switch (this.state) {
      case 'digits':
      case 'quoted-end':
        return behindPart(byte);
      case 'extension':
      case 'extension-name':
        if (isToken(byte)) return 'extension-name';
        if (this.state === 'extension') return 'broken';
        return byte === equals ? 'extension-value' : behindPart(byte);
      case 'extension-value':
        if (byte === quote) return 'quoted';
        return isToken(byte) ? 'extension-value' : behindPart(byte);
      case 'quoted':
        if (byte === quote) return 'quoted-end';
        if (byte === backslash) return 'quoted-pair';
        return isInValue(byte) ? 'quoted' : 'broken';
      case 'quoted-pair':
        return isInValue(byte) ? 'quoted' : 'broken';
      default:
        if (byte !== lf) return 'broken';
        return this.left === 0 ? 'trailers' : 'data';
    }
  }

  private readTrailers(buffer: Buffer, from: number, to: number): number {
    const before = this.trailerText.length;
    const taken = Math.min(to, from + maxExtras + 1 - before);
    this.trailerText += buffer.toString('latin1', from, taken);
    // Not after each byte, if they come one by one.
    const mayEnd = buffer.subarray(from, taken).includes(lf) || this.trailerText.length > maxExtras;
    if (!mayEnd) return to;
    const fields: string[] = [];
    const end = readFields(this.trailerText, 0, fields);
    if (end === incomplete && this.trailerText.length <= maxExtras) return to;
    if (end < 0 || hasLength(fields)) {
      this.state = end === incomplete ? 'too-large' : 'broken';
      return from;
    }
    this.state = 'over';
    this.trailers = fields;
    return from + end - before;
  }
}

/** A length behind a body can only contradict what was read; other parsers give up on it. */
const hasLength = (fields: readonly string[]): boolean =>
  fields.some((text, index) => index % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(text));

const lf = 10;
const cr = 13;
const quote = 34;
const semicolon = 59;
const equals = 61;
const backslash = 92;

/** Behind the line with the size. */
const isInChunk = (state: State): boolean => state === 'data' || state === 'data-end' || state === 'data-line-feed';

/** What may follow a size, a name or a value: another extension, or the end of the line. */
const behindPart = (byte: number): State => (byte === semicolon ? 'extension' : byte === cr ? 'line-feed' : 'broken');

const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
};
