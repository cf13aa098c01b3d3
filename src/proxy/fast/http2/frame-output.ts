import type { Socket } from 'node:net';
import { type Code, flags, headBytes, maxPayload, types } from './frames.ts';
import { encodeFields } from './hpack/encoder.ts';

/** What is written into before another one is needed, twice as large each time. What was written stays as it is until it is sent. */
const leastRoom = 2048;
const mostRoom = 64 * 1024;
/** So much may wait to be sent before streams that have more are not asked for it. */
const maxWaiting = 128 * 1024;
/** Bytes of a block that a field takes at most besides its name and value: an octet and two lengths. */
const fieldOverhead = 16;
/** The dynamic table has no bytes (RFC 7541 §6.3). */
const noTable = 0x20;

/** Writes the frames of one connection, all that one turn of the event loop brings at once. */
export class FrameOutput {
  private readonly socket: Socket;
  private room: Buffer = noRoom;
  private at = 0;
  private sent = 0;
  private isScheduled = false;
  private hasSaidTable = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Whether so much waits to be sent that no more should come, and `drain` of the socket will tell of it. */
  get isBehind(): boolean {
    return this.socket.writableLength + this.at - this.sent > maxWaiting;
  }

  /** Whether something was written that goes out at the end of this turn. */
  get hasUnsent(): boolean {
    return this.at > this.sent;
  }

  data(id: number, buffer: Buffer, from: number, to: number, isLast: boolean): void {
    this.head(to - from, types.data, isLast ? flags.endStream : 0, id);
    buffer.copy(this.room, this.at, from, to);
    this.at += to - from;
  }

  /** A block of fields, in as many frames as it takes. Without a status: trailers. */
  headers(id: number, status: number | undefined, fields: readonly string[], isLast: boolean): void {
    let most = fieldOverhead + headBytes;
    for (let index = 0; index < fields.length; index += 2)
      most += (fields[index] as string).length + (fields[index + 1] as string).length + fieldOverhead;
    this.need(most);
    const begin = this.at;
    let at = begin + headBytes;
    // A client that wants a smaller table than usual must be told that it got one (RFC 9113 §4.3.1); one without bytes suits them all, for good.
    if (!this.hasSaidTable) {
      this.hasSaidTable = true;
      this.room[at] = noTable;
      at += 1;
    }
    const end = encodeFields(status, fields, this.room, at);
    const size = end - begin - headBytes;
    const first = isLast ? flags.endStream : 0;
    if (size <= maxPayload) {
      this.head(size, types.headers, first | flags.endHeaders, id);
      this.at = end;
      return;
    }
    const block = Buffer.from(this.room.subarray(begin + headBytes, end));
    for (let from = 0; from < size; from += maxPayload) {
      const to = Math.min(size, from + maxPayload);
      this.head(
        to - from,
        from === 0 ? types.headers : types.continuation,
        (from === 0 ? first : 0) | (to === size ? flags.endHeaders : 0),
        id,
      );
      block.copy(this.room, this.at, from, to);
      this.at += to - from;
    }
  }

  reset(id: number, code: Code): void {
    this.head(4, types.reset, 0, id);
    this.uint32(code);
  }

  /** The other side may send so many bytes more. */
  window(id: number, bytes: number): void {
    this.head(4, types.window, 0, id);
    this.uint32(bytes);
  }

  settings(pairs: readonly (readonly [number, number])[]): void {
    this.head(6 * pairs.length, types.settings, 0, 0);
    for (const [name, value] of pairs) {
      this.at = this.room.writeUInt16BE(name, this.at);
      this.uint32(value);
    }
  }

  acknowledge(): void {
    this.head(0, types.settings, flags.ack, 0);
  }

  /** `isAnswer`: it says the same as the ping that it answers. */
  ping(buffer: Buffer, from: number, isAnswer: boolean): void {
    this.head(8, types.ping, isAnswer ? flags.ack : 0, 0);
    buffer.copy(this.room, this.at, from, from + 8);
    this.at += 8;
  }

  /** `why`: for whoever looks at the frames (RFC 9113 §6.8). */
  goaway(lastId: number, code: Code, why: string): void {
    this.head(8 + why.length, types.goaway, 0, 0);
    this.uint32(lastId);
    this.uint32(code);
    this.at += this.room.write(why, this.at, 'latin1');
  }

  /** Sends what was written. */
  send(): void {
    const { socket, sent, at } = this;
    this.isScheduled = false;
    if (sent === at) return;
    this.sent = at;
    if (socket.writable) socket.write(this.room.subarray(sent, at));
  }

  private head(size: number, type: number, bits: number, id: number): void {
    this.need(headBytes + size);
    const { room, at } = this;
    room[at] = size >> 16;
    room[at + 1] = size >> 8;
    room[at + 2] = size;
    room[at + 3] = type;
    room[at + 4] = bits;
    room.writeUInt32BE(id, at + 5);
    this.at = at + headBytes;
  }

  private uint32(value: number): void {
    this.at = this.room.writeUInt32BE(value, this.at);
  }

  private need(bytes: number): void {
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => this.send());
    }
    if (this.room.length - this.at >= bytes) return;
    this.send();
    this.isScheduled = true;
    this.room = Buffer.allocUnsafeSlow(Math.max(bytes, leastRoom, Math.min(2 * this.room.length, mostRoom)));
    this.at = 0;
    this.sent = 0;
  }
}

const noRoom = Buffer.alloc(0);
