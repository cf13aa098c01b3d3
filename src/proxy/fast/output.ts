import type { Socket } from 'node:net';
import type { Writer } from './writer.ts';

/** What is at most this long is copied, so that it goes out with the text beside it by one plain write. */
const copied = 4096;

/** Text that is longer does not wait for the end of the turn. */
const maxWaiting = 16 * 1024;

/** What is written at the end of this turn of the event loop. */
let waiting: Output[] = [];

const writeWaiting = (): void => {
  const all = waiting;
  waiting = [];
  for (const output of all) output.writeWaiting();
};

/**
 * Gathers what one event brings and writes it at once: a head and the body behind it are one system call. `flush` ends each event. Text
 * goes out when everything is handled that the event loop has brought together, that of one connection right behind that of another: whoever
 * reads it is woken once for many.
 */
export class Output implements Writer {
  private readonly socket: Socket;
  private gathered = '';
  private isWaiting = false;
  private isCorked = false;
  /** Whether a buffer itself, and not a copy, was written since the last `flush`. */
  private isLent = false;
  /** Up to the first part of it that is written, text may be put before it in the buffer itself. */
  private hasRoom = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  text(text: string): void {
    this.gathered += text;
  }

  /** What comes next is from a buffer in which everything before it is free to be written over. */
  useRoom(): void {
    this.hasRoom = true;
  }

  bytes(buffer: Buffer, from: number, to: number): void {
    if (to - from <= copied) {
      this.gathered += buffer.toString('latin1', from, to);
      return;
    }
    this.isLent = true;
    const { length } = this.gathered;
    const hasRoom = this.hasRoom && length <= from;
    this.hasRoom = false;
    if (hasRoom) {
      buffer.write(this.gathered, from - length, 'latin1');
      this.gathered = '';
      this.socket.write(buffer.subarray(from - length, to));
      return;
    }
    if (!this.isCorked && this.gathered !== '') {
      this.socket.cork();
      this.isCorked = true;
    }
    this.writeText();
    this.socket.write(buffer.subarray(from, to));
  }

  /** Lets what is left go out soon. Gives whether a buffer is still needed by the connection. */
  flush(): boolean {
    if (this.isLent || this.gathered.length > maxWaiting) return this.write();
    this.hasRoom = false;
    if (this.gathered !== '' && !this.isWaiting) {
      this.isWaiting = true;
      if (waiting.length === 0) setImmediate(writeWaiting);
      waiting.push(this);
    }
    return false;
  }

  /** Writes what is left now, as it must be before the connection is ended or given away. Gives the same as `flush`. */
  write(): boolean {
    this.writeText();
    if (this.isCorked) {
      this.isCorked = false;
      this.socket.uncork();
    }
    const isNeeded = this.isLent && this.socket.writableLength > 0;
    this.isLent = false;
    this.hasRoom = false;
    return isNeeded;
  }

  writeWaiting(): void {
    this.isWaiting = false;
    this.write();
  }

  /** Whether so much waits to be written that no more should come, and `drain` will tell of it. */
  isBehind(): boolean {
    return this.socket.writableLength > 0 && this.socket.writableNeedDrain;
  }

  private writeText(): void {
    if (this.gathered === '') return;
    // What was under way when a connection broke goes nowhere.
    if (!this.socket.destroyed) this.socket.write(this.gathered, 'latin1');
    this.gathered = '';
  }
}
