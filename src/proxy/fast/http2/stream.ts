import { streamWindow } from '../../http2-limits.ts';
import type { RawHeaders } from '../../request-head.ts';
import type { FrameOutput } from './frame-output.ts';
import { type Code, codes, maxPayload } from './frames.ts';
import { HeldBytes } from './held-bytes.ts';
import { ReceiveWindow } from './receive-window.ts';

/** What a stream needs of its connection. */
export interface StreamConnection {
  readonly output: FrameOutput;
  /** Bytes of bodies that the client takes on all streams together. */
  sendWindow: number;
  /** The stream has more to send and may not at the moment. */
  readonly wait: (stream: Http2Stream) => void;
  /** The stream is over. */
  readonly ended: (stream: Http2Stream, code: Code) => void;
}

/** Who takes the body of a request. */
export interface BodyTaker {
  /** Takes a part of the body. Gives whether more may come already; `taken` says so later. */
  readonly data: (buffer: Buffer, from: number, to: number) => boolean;
  /** The body is whole. */
  readonly ended: (trailers: RawHeaders) => void;
}

/** So much of an answer may wait here before no more should come. */
const maxPending = 32 * 1024;

/** One request of a connection of HTTP/2 and its answer (RFC 9113 §5): its states, both windows, and what waits for them. */
export class Http2Stream {
  readonly id: number;
  /** The head was all of the request. */
  readonly endAfterHeaders: boolean;
  /** The client has sent all of its request. */
  isReceived: boolean;
  isHeadSent = false;
  /** All of the answer was given, though some of it may still wait. */
  isAnswered = false;
  /** All of it has gone to the connection. */
  isSent = false;
  isClosed = false;
  /** It is a tunnel: the client goes on after our side has ended. */
  isTunnel = false;
  /** Bytes of the answer that the client takes. */
  sendWindow: number;
  /** Called when all that waited was sent. */
  onDrain: (() => void) | undefined;
  /** Called when it is over, by whomever. */
  onClose: (() => void) | undefined;
  private readonly connection: StreamConnection;
  private readonly receiveWindow = new ReceiveWindow(streamWindow);
  private hasRoom = true;
  private taker: BodyTaker | undefined;
  /** What came of the body when nobody could take it. */
  private held: HeldBytes | undefined;
  private trailers: RawHeaders = noFields;
  /** Bytes of the body that are to come; undefined where nobody said. */
  private left: number | undefined;
  /** What could not be sent of the answer. */
  private pending: HeldBytes | undefined;
  private answerTrailers: RawHeaders = noFields;

  constructor(connection: StreamConnection, id: number, isWhole: boolean, sendWindow: number) {
    this.connection = connection;
    this.id = id;
    this.endAfterHeaders = isWhole;
    this.isReceived = isWhole;
    this.sendWindow = sendWindow;
  }

  // The request.

  /** The body must be of this length (RFC 9113 §8.1.1). Gives whether it still can be. */
  expect(length: number): boolean {
    this.left = length;
    return !(this.isReceived && length > 0);
  }

  /** A part of the body came, which took `size` bytes of the window. Gives what is wrong with it. */
  receive(buffer: Buffer, from: number, to: number, size: number): Code | undefined {
    if (!this.receiveWindow.take(size)) return codes.flowControl;
    if (this.left !== undefined) {
      this.left -= to - from;
      if (this.left < 0) return codes.protocol;
    }
    if (from === to) this.giveFree();
    else if (this.taker === undefined || !this.hasRoom) {
      this.held ??= new HeldBytes();
      this.held.add(buffer, from, to);
    } else this.pass(this.taker, buffer, from, to);
    return undefined;
  }

  /** The request is whole. Gives what is wrong with it. */
  receiveEnd(trailers: RawHeaders): Code | undefined {
    if (this.left !== undefined && this.left > 0) return codes.protocol;
    this.isReceived = true;
    this.trailers = trailers;
    this.passHeld();
    this.closeIfOver();
    return undefined;
  }

  /** Gives the body to whoever takes it: what has come, and what comes. */
  give(taker: BodyTaker): void {
    this.taker = taker;
    this.passHeld();
  }

  /** All that was given of the body is gone: more may come. */
  taken(): void {
    this.hasRoom = true;
    this.passHeld();
    this.giveFree();
  }

  /** Gives what waits as far as there is room for it, and behind it the end. */
  private passHeld(): void {
    const { taker } = this;
    if (taker === undefined) return;
    while (this.hasRoom) {
      const chunk = this.held?.take();
      if (chunk === undefined) break;
      this.pass(taker, chunk, 0, chunk.length);
    }
    if (!this.isReceived || this.endAfterHeaders || sizeOf(this.held) > 0) return;
    this.taker = undefined;
    taker.ended(this.trailers);
  }

  private pass(taker: BodyTaker, buffer: Buffer, from: number, to: number): void {
    this.hasRoom = taker.data(buffer, from, to) && this.hasRoom;
    this.giveFree();
  }

  private giveFree(): void {
    if (!this.hasRoom || this.isReceived || this.isClosed) return;
    const bytes = this.receiveWindow.giveFree();
    if (bytes > 0) this.connection.output.window(this.id, bytes);
  }

  // The answer.

  /** Whether so much waits to be sent that no more should come. */
  get isBehind(): boolean {
    return sizeOf(this.pending) > maxPending;
  }

  get isPending(): boolean {
    return sizeOf(this.pending) > 0;
  }

  /** Sends an interim answer. */
  inform(status: number, fields: RawHeaders): void {
    if (!this.isHeadSent && !this.isClosed) this.connection.output.headers(this.id, status, fields, false);
  }

  /** Sends the head of the answer. `isLast`: it is all. */
  respond(status: number, fields: RawHeaders, isLast: boolean): void {
    if (this.isClosed) return;
    this.isHeadSent = true;
    this.connection.output.headers(this.id, status, fields, isLast);
    if (!isLast) return;
    this.isAnswered = true;
    this.isSent = true;
    this.closeIfOver();
  }

  /** Sends a part of the body. `isLast`: the answer ends behind it. What has to wait is copied. */
  write(buffer: Buffer, isLast: boolean): void {
    if (this.isClosed || this.isAnswered) return;
    if (isLast && buffer.length === 0) {
      this.end(noFields);
      return;
    }
    this.isAnswered = isLast;
    let from = 0;
    if (sizeOf(this.pending) === 0) {
      from = this.transmit(buffer, 0, isLast);
      if (this.isSent) this.closeIfOver();
    }
    if (from === buffer.length) return;
    this.pending ??= new HeldBytes();
    this.pending.add(buffer, from, buffer.length);
    this.connection.wait(this);
  }

  /** The answer ends here. */
  end(trailers: RawHeaders): void {
    if (this.isClosed || this.isAnswered) return;
    this.isAnswered = true;
    this.answerTrailers = trailers;
    if (sizeOf(this.pending) > 0) return;
    this.sendEnd();
    this.closeIfOver();
  }

  /** Sends what waits, as far as the windows let it. Gives whether that was all. */
  resume(): boolean {
    const { pending } = this;
    for (let chunk = pending?.take(); chunk !== undefined; chunk = pending?.take()) {
      const isLast = this.isAnswered && sizeOf(pending) === 0 && this.answerTrailers.length === 0;
      const to = this.transmit(chunk, 0, isLast);
      if (to === chunk.length) continue;
      pending?.putBack(chunk.subarray(to));
      return false;
    }
    if (this.isAnswered && !this.isSent) this.sendEnd();
    this.onDrain?.();
    this.closeIfOver();
    return true;
  }

  /** Gives the index in `buffer` behind what could be sent. */
  private transmit(buffer: Buffer, from: number, isLast: boolean): number {
    const { connection, id } = this;
    const { output } = connection;
    let at = from;
    while (at < buffer.length && !output.isBehind) {
      const size = Math.min(buffer.length - at, maxPayload, this.sendWindow, connection.sendWindow);
      if (size <= 0) break;
      this.sendWindow -= size;
      connection.sendWindow -= size;
      this.isSent = isLast && at + size === buffer.length;
      output.data(id, buffer, at, at + size, this.isSent);
      at += size;
    }
    return at;
  }

  private sendEnd(): void {
    const { connection, id, answerTrailers } = this;
    this.isSent = true;
    if (answerTrailers.length > 0) connection.output.headers(id, undefined, answerTrailers, true);
    else connection.output.data(id, nothing, 0, 0, true);
  }

  // Its end.

  /** Ends it; the client sees that. */
  reset(code: Code): void {
    if (this.isClosed) return;
    this.connection.output.reset(this.id, code);
    this.close(code);
  }

  /** It has ended on the other side, or with its connection. */
  close(code: Code): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.pending = undefined;
    // What is whole is read to its end.
    if (!this.isReceived) this.held = undefined;
    this.connection.ended(this, code);
    this.onClose?.();
  }

  private closeIfOver(): void {
    if (!this.isSent || this.isClosed) return;
    if (this.isReceived) this.close(codes.none);
    // The answer came before the end of the request: the client is asked to send no more of it (RFC 9113 §8.1). Not at once: Node's client
    // waits for ever where it reads this together with the end of the answer.
    else if (!this.isTunnel) setImmediate(() => this.reset(codes.none));
  }
}

const sizeOf = (held: HeldBytes | undefined): number => held?.size ?? 0;

const noFields: RawHeaders = [];
const nothing = Buffer.alloc(0);
