/** Small pieces share a buffer of up to this size. */
const mostShared = 16 * 1024;

/** Bytes that wait, as copies. Small pieces are put together: by itself each would take a hundred bytes more, and a frame may bring one byte. */
export class HeldBytes {
  size = 0;
  private readonly chunks: Buffer[] = [];
  /** What the next pieces go into, and how far it is filled. */
  private room: Buffer = noRoom;
  private filled = 0;

  add(buffer: Buffer, from: number, to: number): void {
    const length = to - from;
    if (this.filled + length > this.room.length) {
      this.close();
      // As much again as there is: at most half of it is never filled.
      this.room = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.size, mostShared)));
    }
    buffer.copy(this.room, this.filled, from, to);
    this.filled += length;
    this.size += length;
  }

  /** Takes the first of them away; undefined where there is nothing. */
  take(): Buffer | undefined {
    if (this.chunks.length === 0) this.close();
    const chunk = this.chunks.shift();
    if (chunk !== undefined) this.size -= chunk.length;
    return chunk;
  }

  /** Puts back what could not be used of what was taken. */
  putBack(chunk: Buffer): void {
    this.chunks.unshift(chunk);
    this.size += chunk.length;
  }

  private close(): void {
    if (this.filled > 0) this.chunks.push(this.room.subarray(0, this.filled));
    this.room = noRoom;
    this.filled = 0;
  }
}

const noRoom = Buffer.alloc(0);
