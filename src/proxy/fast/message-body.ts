import { safeTrailers } from '../headers.ts';
import type { RawHeaders } from '../request-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import { fieldLines } from './serialise.ts';
import type { Writer } from './writer.ts';

/** How the end of a body is known (RFC 9112 §6.3); `close`: by the end of what it comes by, and written in chunks. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close';

/**
 * The body of a request or an answer on its way through: knows where it ends, and writes it with framing of our own, or without any for a
 * protocol that has its own.
 */
export class MessageBody {
  kind: BodyKind = 'none';
  /** Its last byte has passed. */
  isOver = true;
  /** It cannot be read any further. */
  isBroken = false;
  /** That is because what is around the data of its chunks is too large. */
  isTooLarge = false;
  private readonly writesFraming: boolean;
  private left = 0;
  private received = 0;
  private chunks: ChunkedBody | undefined;

  constructor(writesFraming: boolean) {
    this.writesFraming = writesFraming;
  }

  /** For the next message. `length` counts for that kind only. */
  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.left = length;
    this.isOver = kind === 'none' || (kind === 'length' && length === 0);
    this.isBroken = false;
    this.isTooLarge = false;
    this.received = 0;
    this.chunks = kind === 'chunked' ? new ChunkedBody(this.writesFraming) : undefined;
  }

  /** Bytes of the body itself that have passed, without framing. */
  get dataBytes(): number {
    return this.chunks === undefined ? this.received : this.chunks.dataBytes;
  }

  /** The trailer fields that may be passed on, when it is over. */
  get trailers(): RawHeaders {
    return this.chunks === undefined ? nothing : safeTrailers(this.chunks.trailers);
  }

  /** Passes on what `buffer` holds of it. Gives the index behind it; what follows there belongs to nothing of this message. */
  pass(buffer: Buffer, from: number, to: number, writer: Writer): number {
    if (this.isOver || from === to) return from;
    if (this.kind === 'length') {
      const end = Math.min(to, from + this.left);
      this.left -= end - from;
      this.received += end - from;
      this.isOver = this.left === 0;
      writer.bytes(buffer, from, end);
      return end;
    }
    if (this.chunks === undefined) {
      this.received += to - from;
      if (this.writesFraming) writer.text(`${(to - from).toString(16)}\r\n`);
      writer.bytes(buffer, from, to);
      if (this.writesFraming) writer.text('\r\n');
      return to;
    }
    const end = this.chunks.pass(buffer, from, to, writer);
    this.isTooLarge = this.chunks.state === 'too-large';
    this.isBroken = this.isTooLarge || this.chunks.state === 'broken';
    this.isOver = this.chunks.state === 'over';
    if (this.isOver && this.writesFraming) writer.text(lastChunk(this.trailers));
    return end;
  }

  /** What it came by has ended in good order, with these trailer fields. Gives whether that is how this body ends. */
  end(writer: Writer, trailers: RawHeaders = nothing): boolean {
    if (this.kind !== 'close') return false;
    this.isOver = true;
    if (this.writesFraming) writer.text(lastChunk(safeTrailers(trailers)));
    return true;
  }
}

const nothing: RawHeaders = [];

const lastChunk = (trailers: RawHeaders): string => `0\r\n${fieldLines(trailers)}\r\n`;
