import type { Socket } from 'node:net';
import { rateLimit } from '../../../model/rate.ts';
import { watchHalfOpen } from '../../half-open.ts';
import { headMs } from '../../http1-server.ts';
import {
  connectionWindow,
  maxHeaderList,
  maxResets,
  maxStreams,
  resetsPerSecond,
  streamWindow,
} from '../../http2-limits.ts';
import type { RawHeaders } from '../../request-head.ts';
import { areTrailers, isWellFormed } from './field-rules.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameReader } from './frame-reader.ts';
import { type Code, ConnectionError, codes, firstWindow, flags, maxWindow, settings, types } from './frames.ts';
import { HeadBlock } from './head-block.ts';
import { HpackDecoder, HpackError } from './hpack/decoder.ts';
import { mustBe, unpadded } from './payload.ts';
import { ReceiveWindow } from './receive-window.ts';
import { Http2Stream, type StreamConnection } from './stream.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  /** A request: its fields as they came, those that begin with a colon first. */
  readonly onRequest: (stream: Http2Stream, fields: RawHeaders) => void;
  /** After so many milliseconds without a byte it is looked whether the client is still there. */
  readonly silenceMs: number;
}

/** Streams that we have reset of late, of which something may still be under way. */
const maxRemembered = 256;
/** Frames that want something done and bring nothing (settings, pings, empty data): so many at once, and so many a second; more is a flood. */
const maxEmpty = 1000;
const emptyPerSecond = 100;
/** How long a client may take to read our last word. */
const lastWordMs = 1000;
const question = Buffer.from('sidings?', 'latin1');
/** Settings of one frame; there are seven that anybody knows. */
const maxSettings = 32;

/**
 * A connection of HTTP/2, from the first byte to the last (RFC 9113). It is stricter than it must be: what is malformed resets its stream or
 * ends the connection, and nothing is left out in silence.
 */
export class Http2Connection implements StreamConnection {
  readonly output: FrameOutput;
  readonly streams = new Map<number, Http2Stream>();
  sendWindow = firstWindow;
  private readonly options: ConnectionOptions;
  private readonly socket: Socket;
  private readonly reader: FrameReader;
  private readonly decoder = new HpackDecoder(maxHeaderList);
  private readonly mayReset = rateLimit(maxResets, resetsPerSecond);
  private readonly mayBeEmpty = rateLimit(maxEmpty, emptyPerSecond);
  private readonly stopWatch: () => void;
  /** The head that is not whole yet. */
  private block: HeadBlock | undefined;
  private headTimer: NodeJS.Timeout | undefined;
  private lastTimer: NodeJS.Timeout | undefined;
  /** Streams with more to send, in the order in which it is their turn. */
  private readonly waiting = new Set<Http2Stream>();
  private readonly later: Http2Stream[] = [];
  private readonly resetByUs = new Set<number>();
  private isGreeted = false;
  private lastId = 0;
  /** The last stream of which anything is done: none that came behind our last word. */
  private lastTaken = 0;
  /** Of all streams together. */
  private readonly receiveWindow = new ReceiveWindow(connectionWindow);
  /** What each new stream may send. */
  private firstStreamWindow = firstWindow;
  /** No new streams. */
  private isLeaving = false;
  /** Nothing is read any more. */
  private isOver = false;
  private hasEnded = false;
  /** Pings in a row whose answers have not been sent. */
  private pings = 0;
  private isAsked = false;

  constructor(options: ConnectionOptions) {
    const { socket, silenceMs } = options;
    this.options = options;
    this.socket = socket;
    this.output = new FrameOutput(socket);
    this.reader = new FrameReader(this.frame.bind(this));
    this.output.settings([
      [settings.maxStreams, maxStreams],
      [settings.initialWindow, streamWindow],
      [settings.maxHeaderList, maxHeaderList],
      [settings.connectProtocol, 1],
    ]);
    this.output.window(0, connectionWindow - firstWindow);
    this.stopWatch = watchHalfOpen(socket);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('drain', () => this.resume());
    socket.on('end', () => this.clientEnded());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closed());
    socket.on('timeout', () => this.silent());
    socket.setTimeout(silenceMs);
    this.watchHead();
  }

  /** Takes no new requests, and ends when those under way are over. */
  leave(): void {
    this.goAway(codes.none, '');
    this.endIfOver();
  }

  // StreamConnection.

  wait(stream: Http2Stream): void {
    this.waiting.add(stream);
  }

  ended(stream: Http2Stream, code: Code): void {
    this.streams.delete(stream.id);
    this.waiting.delete(stream);
    // Whoever makes us reset a stream may be as bad as who does it (CVE-2025-8671).
    if (code !== codes.none && !this.mayReset()) this.leave();
    if (!stream.isReceived) this.remember(stream.id);
    if (this.streams.size === 0) this.endIfOver();
  }

  private remember(id: number): void {
    this.resetByUs.add(id);
    if (this.resetByUs.size <= maxRemembered) return;
    for (const oldest of this.resetByUs) {
      this.resetByUs.delete(oldest);
      break;
    }
  }

  // Reading.

  private read(chunk: Buffer): void {
    if (this.isOver) return;
    try {
      this.reader.read(chunk);
    } catch (error) {
      if (error instanceof ConnectionError) this.fail(error.code, error.message);
      else if (error instanceof HpackError) this.fail(codes.compression, error.message);
      else throw error;
      return;
    }
    this.watchHead();
  }

  /** What has begun must be whole after a while: the beginning of the connection, a head, a frame. */
  private watchHead(): void {
    const isWaiting = !this.isOver && (this.reader.isWaiting || this.block !== undefined || !this.isGreeted);
    if (isWaiting) this.headTimer ??= setTimeout(() => this.fail(codes.calm, 'a head takes too long'), headMs);
    else if (this.headTimer !== undefined) this.stopClock();
  }

  private stopClock(): void {
    clearTimeout(this.headTimer);
    this.headTimer = undefined;
  }

  private frame(type: number, bits: number, id: number, buffer: Buffer, from: number, to: number): void {
    if (this.isOver) return;
    if (!this.isGreeted) {
      if (type !== types.settings || (bits & flags.ack) !== 0)
        throw new ConnectionError(codes.protocol, 'the first frame is not SETTINGS');
      this.isGreeted = true;
    }
    // It was whole in time; a head in several of them has one time for all.
    if (this.headTimer !== undefined && this.block === undefined) this.stopClock();
    // A head is not interrupted (RFC 9113 §6.10).
    if (this.block !== undefined && (type !== types.continuation || id !== this.block.id))
      throw new ConnectionError(codes.protocol, 'a head is interrupted');
    switch (type) {
      case types.data:
        this.data(bits, id, buffer, from, to);
        break;
      case types.headers:
        this.headers(bits, id, buffer, from, to);
        break;
      case types.continuation:
        this.continuation(bits, buffer, from, to);
        break;
      case types.priority:
        this.priority(id, buffer, from, to);
        break;
      case types.reset:
        this.reset(id, from, to);
        break;
      case types.settings:
        this.settings(bits, id, buffer, from, to);
        break;
      case types.ping:
        this.ping(bits, id, buffer, from, to);
        break;
      case types.window:
        this.window(id, buffer, from, to);
        break;
      case types.goaway:
        mustBe(id === 0, codes.protocol);
        mustBe(to - from >= 8, codes.frameSize);
        break;
      case types.push:
        throw new ConnectionError(codes.protocol, 'a client cannot push');
      default:
        // Others are not for us (RFC 9113 §4.1).
        this.countEmpty();
    }
  }

  private data(bits: number, id: number, buffer: Buffer, from: number, to: number): void {
    const size = to - from;
    const [begin, end] = unpadded(bits, buffer, from, to);
    mustBe(id % 2 === 1 && id <= this.lastId, codes.protocol);
    mustBe(this.receiveWindow.take(size), codes.flowControl);
    const bytes = this.receiveWindow.giveFree();
    if (bytes > 0) this.output.window(0, bytes);
    const isLast = (bits & flags.endStream) !== 0;
    if (begin === end && !isLast) this.countEmpty();
    const stream = this.openStream(id);
    if (stream === undefined) return;
    const fault = stream.receive(buffer, begin, end, size) ?? (isLast ? stream.receiveEnd([]) : undefined);
    if (fault !== undefined) stream.reset(fault);
  }

  private headers(bits: number, id: number, buffer: Buffer, from: number, to: number): void {
    mustBe(id % 2 === 1, codes.protocol);
    let [begin, end] = unpadded(bits, buffer, from, to);
    let isFaulty = false;
    if ((bits & flags.priority) !== 0) {
      mustBe(end - begin >= 5, codes.frameSize);
      isFaulty = (buffer.readUInt32BE(begin) & 0x7fffffff) === id;
      begin += 5;
    }
    const isLast = (bits & flags.endStream) !== 0;
    if ((bits & flags.endHeaders) !== 0) {
      this.readHead(id, isLast, isFaulty, this.decoder.decode(buffer.subarray(begin, end)));
      return;
    }
    this.block = new HeadBlock(id, isLast, isFaulty);
    this.block.add(buffer, begin, end);
  }

  private continuation(bits: number, buffer: Buffer, from: number, to: number): void {
    const { block } = this;
    mustBe(block !== undefined, codes.protocol);
    block.add(buffer, from, to);
    if ((bits & flags.endHeaders) === 0) return;
    this.block = undefined;
    this.readHead(block.id, block.isLast, block.isFaulty, this.decoder.decode(block.bytes()));
  }

  private readHead(id: number, isLast: boolean, isFaulty: boolean, fields: readonly string[] | undefined): void {
    if (id <= this.lastId) {
      const stream = this.openStream(id);
      if (stream === undefined) return;
      const isSound = isLast && !isFaulty && fields !== undefined && areTrailers(fields);
      const fault = isSound ? stream.receiveEnd(fields) : codes.protocol;
      if (fault !== undefined) stream.reset(fault);
      return;
    }
    this.lastId = id;
    // What comes after our last word is asked again elsewhere.
    if (this.isLeaving) return;
    this.lastTaken = id;
    const stream = new Http2Stream(this, id, isLast, this.firstStreamWindow);
    this.streams.set(id, stream);
    if (this.streams.size > maxStreams) stream.reset(codes.refused);
    else if (fields === undefined) stream.reset(codes.calm);
    else if (isFaulty || !isWellFormed(fields)) stream.reset(codes.protocol);
    else this.options.onRequest(stream, fields);
  }

  /** The stream that the client may still send on; undefined where we have ended it, of which the client may not know yet. */
  private openStream(id: number): Http2Stream | undefined {
    const stream = this.streams.get(id);
    if (stream !== undefined && !stream.isReceived) return stream;
    mustBe(this.resetByUs.has(id) || (this.isLeaving && stream === undefined), codes.streamClosed);
    return undefined;
  }

  private priority(id: number, buffer: Buffer, from: number, to: number): void {
    mustBe(id !== 0, codes.protocol);
    mustBe(to - from === 5, codes.frameSize);
    if ((buffer.readUInt32BE(from) & 0x7fffffff) === id) this.streams.get(id)?.reset(codes.protocol);
    this.countEmpty();
  }

  private reset(id: number, from: number, to: number): void {
    mustBe(to - from === 4, codes.frameSize);
    mustBe(id % 2 === 1 && id <= this.lastId, codes.protocol);
    // Whatever its code: the client takes the request back, if it is not over already.
    this.streams.get(id)?.close(codes.cancel);
  }

  private settings(bits: number, id: number, buffer: Buffer, from: number, to: number): void {
    mustBe(id === 0, codes.protocol);
    const size = to - from;
    if ((bits & flags.ack) !== 0) {
      mustBe(size === 0, codes.frameSize);
      return;
    }
    mustBe(size % 6 === 0, codes.frameSize);
    mustBe(size <= 6 * maxSettings, codes.calm);
    for (let at = from; at < to; at += 6) this.setting(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2));
    this.countEmpty();
    this.output.acknowledge();
    this.resume();
  }

  private setting(name: number, value: number): void {
    switch (name) {
      case settings.enablePush:
      case settings.connectProtocol:
        mustBe(value <= 1, codes.protocol);
        return;
      case settings.maxFrame:
        mustBe(value >= 2 ** 14 && value < 2 ** 24, codes.protocol);
        return;
      case settings.initialWindow: {
        mustBe(value <= maxWindow, codes.flowControl);
        const more = value - this.firstStreamWindow;
        this.firstStreamWindow = value;
        for (const stream of this.streams.values()) {
          stream.sendWindow += more;
          mustBe(stream.sendWindow <= maxWindow, codes.flowControl);
          if (stream.isPending) this.waiting.add(stream);
        }
      }
    }
  }

  private ping(bits: number, id: number, buffer: Buffer, from: number, to: number): void {
    mustBe(id === 0, codes.protocol);
    mustBe(to - from === 8, codes.frameSize);
    if ((bits & flags.ack) !== 0) {
      this.isAsked = false;
      return;
    }
    // Clients that measure by it send many, but not all at once.
    this.pings = this.output.hasUnsent ? this.pings + 1 : 0;
    mustBe(this.pings <= maxEmpty, codes.calm);
    this.output.ping(buffer, from, true);
  }

  private window(id: number, buffer: Buffer, from: number, to: number): void {
    mustBe(to - from === 4, codes.frameSize);
    const more = buffer.readUInt32BE(from) & 0x7fffffff;
    if (id === 0) {
      mustBe(more > 0, codes.protocol);
      this.sendWindow += more;
      mustBe(this.sendWindow <= maxWindow, codes.flowControl);
      this.resume();
      return;
    }
    mustBe(id % 2 === 1 && id <= this.lastId, codes.protocol);
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    stream.sendWindow += more;
    if (more === 0) stream.reset(codes.protocol);
    else if (stream.sendWindow > maxWindow) stream.reset(codes.flowControl);
    else if (stream.isPending) {
      this.waiting.add(stream);
      this.resume();
    }
  }

  private countEmpty(): void {
    mustBe(this.mayBeEmpty(), codes.calm);
  }

  // Writing.

  /** Lets the streams send that wait, one after the other. Who has no window of its own waits for that, and is not asked each time. */
  private resume(): void {
    for (const stream of this.waiting) {
      if (this.output.isBehind || this.sendWindow <= 0) break;
      // Who was asked is asked last the next time.
      this.waiting.delete(stream);
      if (!stream.resume() && !stream.isClosed && stream.sendWindow > 0) this.later.push(stream);
    }
    for (const stream of this.later) this.waiting.add(stream);
    this.later.length = 0;
  }

  // Its end.

  private goAway(code: Code, why: string): void {
    if (this.isLeaving && code === codes.none) return;
    this.isLeaving = true;
    this.output.goaway(this.lastTaken, code, why);
  }

  /** Ends it for an error of the client's, which is told. */
  private fail(code: Code, why: string): void {
    if (this.isOver) return;
    this.goAway(code, why);
    this.isOver = true;
    this.endStreams(code);
    this.end();
    this.cutSoon();
  }

  private endIfOver(): void {
    if (this.streams.size > 0 || this.isOver || !(this.isLeaving || this.hasEnded)) return;
    this.isOver = true;
    this.end();
  }

  private end(): void {
    this.watchHead();
    this.output.send();
    // What it waits for may be the end of a long answer, which takes as long as the client needs.
    this.socket.end(() => this.cutSoon());
  }

  /** What the client still sends is read and dropped, so that it gets our last word; who goes on without an end is cut. */
  private cutSoon(): void {
    const { socket } = this;
    if (!socket.destroyed) this.lastTimer ??= setTimeout(() => socket.destroy(), lastWordMs);
  }

  /** A client that has closed its half gets the answers under way, and will ask for nothing else. */
  private clientEnded(): void {
    this.hasEnded = true;
    // What is missing of these will not come.
    for (const stream of [...this.streams.values()]) if (!stream.isReceived) stream.reset(codes.cancel);
    this.endIfOver();
  }

  private closed(): void {
    this.isOver = true;
    this.stopWatch();
    clearTimeout(this.lastTimer);
    this.watchHead();
    this.endStreams(codes.cancel);
  }

  private endStreams(code: Code): void {
    for (const stream of [...this.streams.values()]) stream.close(code);
  }

  /** Silence ends a connection, but not one that carries a tunnel or a stream of events, as long as its client answers. */
  private silent(): void {
    if (this.streams.size === 0 && !this.isOver) {
      this.goAway(codes.none, '');
      this.endIfOver();
    } else if (this.isAsked || this.isOver) this.socket.destroy();
    else {
      this.isAsked = true;
      this.output.ping(question, 0, false);
      this.socket.setTimeout(this.options.silenceMs);
    }
  }
}
