import { maxHeaderList } from '../../http2-limits.ts';
import { ConnectionError, codes } from './frames.ts';

/** Frames that a head may come in: four times what its bytes need. */
const maxFrames = 64;

/** A head that comes in several frames (RFC 9113 §4.3), which is bounded: in bytes, and in frames that bring none (CVE-2024-27316). */
export class HeadBlock {
  readonly id: number;
  readonly isLast: boolean;
  /** The stream depends on itself, so nothing of it is believed; its fields are read all the same, for those that come later. */
  readonly isFaulty: boolean;
  private readonly parts: Buffer[] = [];
  private size = 0;

  constructor(id: number, isLast: boolean, isFaulty: boolean) {
    this.id = id;
    this.isLast = isLast;
    this.isFaulty = isFaulty;
  }

  add(buffer: Buffer, from: number, to: number): void {
    this.parts.push(buffer.subarray(from, to));
    this.size += to - from;
    if (this.size > maxHeaderList || this.parts.length > maxFrames)
      throw new ConnectionError(codes.calm, 'a head goes on without end');
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts, this.size);
  }
}
