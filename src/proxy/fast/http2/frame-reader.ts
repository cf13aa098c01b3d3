import { ConnectionError, codes, headBytes, maxPayload, preface, types } from './frames.ts';

/** Takes one whole frame: `payload` begins at `from` and ends before `to` in `buffer`, which belongs to the receiver. */
export type OnFrame = (type: number, flags: number, id: number, buffer: Buffer, from: number, to: number) => void;

/** Cuts what a client sends into frames (RFC 9113 §3.4, §4.1), however it comes in pieces. */
export class FrameReader {
  private readonly onFrame: OnFrame;
  /** Bytes of the preface that have come. */
  private greeted = 0;
  /** A frame of which a part has come: its head, or all of it once its length is known. */
  private part: Buffer | undefined;
  private filled = 0;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  /** Whether more must come soon: the beginning of the connection or of a frame is there and its end is not. Bodies may take their time. */
  get isWaiting(): boolean {
    const { part } = this;
    return (
      this.greeted < preface.length || (part !== undefined && !(part.length > headBytes && part[3] === types.data))
    );
  }

  /** Errors: ConnectionError, as well as what `onFrame` throws. Nothing is to be read after one. */
  read(chunk: Buffer): void {
    let at = this.greeted < preface.length ? this.greet(chunk) : 0;
    while (at < chunk.length) {
      if (this.part !== undefined) {
        at = this.complete(this.part, chunk, at);
        continue;
      }
      const left = chunk.length - at;
      const size = left < headBytes ? headBytes : sizeAt(chunk, at);
      if (left >= size) {
        this.frame(chunk, at, at + size);
        at += size;
      } else this.hold(size);
    }
  }

  private greet(chunk: Buffer): number {
    const end = Math.min(chunk.length, preface.length - this.greeted);
    if (chunk.compare(preface, this.greeted, this.greeted + end, 0, end) !== 0)
      throw new ConnectionError(codes.protocol, 'it does not begin as HTTP/2 does');
    this.greeted += end;
    return end;
  }

  private hold(size: number): void {
    this.part = Buffer.allocUnsafeSlow(size);
    this.filled = 0;
  }

  private complete(part: Buffer, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + part.length - this.filled);
    chunk.copy(part, this.filled, at, end);
    this.filled += end - at;
    if (this.filled < part.length) return end;
    const size = part.length === headBytes ? sizeAt(part, 0) : part.length;
    if (size > part.length) {
      this.hold(size);
      part.copy(this.part as Buffer);
      this.filled = headBytes;
      return end;
    }
    this.part = undefined;
    this.frame(part, 0, size);
    return end;
  }

  private frame(buffer: Buffer, from: number, to: number): void {
    // The highest bit means nothing (RFC 9113 §4.1).
    const id = buffer.readUInt32BE(from + 5) & 0x7fffffff;
    this.onFrame(buffer[from + 3] as number, buffer[from + 4] as number, id, buffer, from + headBytes, to);
  }
}

/** Bytes of the frame whose head is there. */
const sizeAt = (buffer: Buffer, at: number): number => {
  const size = buffer.readUIntBE(at, 3);
  if (size > maxPayload) throw new ConnectionError(codes.frameSize, 'a frame is larger than was agreed');
  return headBytes + size;
};
