import { safeTrailers } from '../headers.ts';
import { ChunkedBody } from './chunked-body.ts';
import { fieldLines } from './serialise.ts';
import type { Writer } from './writer.ts';

/** How the end of a body is known (RFC 9112 §6.3); `close`: by the end of the connection, and written in chunks. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close';

/** The body of a request or an answer on its way through: knows where it ends, and writes it with framing of our own. */
export class MessageBody {
  kind: BodyKind = 'none';
  /** Its last byte has passed. */
  isOver = true;
  /** It cannot be read any further. */
  isBroken = false;
  /** That is because what is around the data of its chunks is too large. */
  isTooLarge = false;
  private left = 0;
  private received = 0;
  private chunks: ChunkedBody | undefined;

  /** For the next message. `length` counts for that kind only. */
  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.left = length;
    this.isOver = kind === 'none' || (kind === 'length' && length === 0);
    this.isBroken = false;
    this.isTooLarge = false;
    this.received = 0;
    this.chunks = kind === 'chunked' ? new ChunkedBody() : undefined;
  }

  /** Bytes of the body itself that have passed, without framing. */
  get dataBytes(): number {
    return this.chunks === undefined ? this.received : this.chunks.dataBytes;
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
      writer.text(`${(to - from).toString(16)}\r\n`);
      writer.bytes(buffer, from, to);
      writer.text('\r\n');
      return to;
    }
    const end = this.chunks.pass(buffer, from, to, writer);
    this.isTooLarge = this.chunks.state === 'too-large';
    this.isBroken = this.isTooLarge || this.chunks.state === 'broken';
    this.isOver = this.chunks.state === 'over';
    if (this.isOver) writer.text(`0\r\n${fieldLines(safeTrailers(this.chunks.trailers))}\r\n`);
    return end;
  }

  /** The connection that it came by has ended in good order. Gives whether that is how this body ends. */
  end(writer: Writer): boolean {
    if (this.kind !== 'close') return false;
    this.isOver = true;
    writer.text('0\r\n\r\n');
    return true;
  }
}
