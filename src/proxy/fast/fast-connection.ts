import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Problem, problem } from '../../model/problem.ts';
import type { Route } from '../../model/route-table.ts';
import { judgeAnswer } from '../answer-head.ts';
import { arrivalOf } from '../arrival.ts';
import type { Answerable } from '../client.ts';
import { watchHalfOpen } from '../half-open.ts';
import { type Arrival, clientHeaders, isEventStream, upstreamHeaders } from '../headers.ts';
import { restMs } from '../http1-client.ts';
import { headMs, keepAliveMs, maxHeadBytes, refuseConnection } from '../http1-server.ts';
import { type Failure, failureOf, isLoss, isRepeatable, passingInterim, reasonPhrase } from '../lane.ts';
import { type Observed, observeAnswer } from '../observe.ts';
import type { Page } from '../problem-page.ts';
import { type RawHeaders, type ReceivedHead, type RequestHead, tokens } from '../request-head.ts';
import type { Clock } from './clock.ts';
import { type BodyKind, MessageBody } from './message-body.ts';
import { Output } from './output.ts';
import { type ReadAnswer, readAnswer } from './plain-answer.ts';
import { type PlainHead, readPlainHead } from './plain-head.ts';
import { fieldLines } from './serialise.ts';
import type { UpstreamConnection, UpstreamPool, UpstreamUser } from './upstream-pool.ts';
import type { Writer } from './writer.ts';

/** What all connections of the lane share. */
export interface FastLane {
  readonly pool: UpstreamPool;
  readonly clock: Clock;
  /** Milliseconds without a byte in either direction before the answer begins. */
  readonly responseTimeoutMs: number;
  /** What a head means, if it can be forwarded from here; undefined: the full lane decides. A promise: it is known when that is over. */
  readonly plan: (received: ReceivedHead, arrival: Answerable['arrival']) => Plan | Promise<unknown> | undefined;
  readonly nextId: () => string;
  readonly observe: ((id: string, client: Answerable) => Observed) | undefined;
  readonly ownsDomain: (route: Route, domain: string) => boolean;
  /** There is no answer of the upstream: sends a page that says so. */
  readonly explain: (request: FastRequest, failure: Failure) => void;
  /** The rest of the request is broken: sends a page that says so. */
  readonly refuse: (request: FastRequest, cause: Problem) => void;
  /** The upstream broke off after its answer had begun. */
  readonly lost: (request: FastRequest, reason: string) => void;
  readonly isDraining: () => boolean;
  /** Hands a connection to the full lane, with what was read from it and not handled. */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
}

export interface Plan {
  readonly head: RequestHead;
  readonly route: Route;
}

/** One request of the lane. */
export interface FastRequest extends Plan {
  readonly id: string;
  readonly client: Answerable;
  readonly observed: Observed | undefined;
}

/** A head in more pieces than this is not what a client of ours sends. */
const maxPieces = 16;
/** Bytes of a head of an answer, as Node's client takes them. */
const maxAnswerHeadBytes = 16 * 1024;
/** A message of this size is read as text at once; of a larger one only the head. */
const smallBytes = 4096;

/**
 * Where a connection stands: reading a head; taking the body of a request; the request is whole and its answer is not over; what was written
 * must go out before the next request; the answer is over and the rest of the request is dropped; nothing more is handled.
 */
type Phase = 'head' | 'body' | 'answer' | 'flush' | 'drop' | 'closing';

/** Where the answer to the request under way stands. */
type Answering = 'waiting' | 'begun' | 'over';

/** A connection of a client: one request after the other, each with its answer. */
export class FastConnection implements Answerable, UpstreamUser {
  readonly arrival: Answerable['arrival'];
  readonly wantsTunnel = false;
  /** The same for each request but for the id. */
  private readonly arrived: { -readonly [Key in keyof Arrival]: Arrival[Key] };
  received: ReceivedHead = noHead;

  private readonly lane: FastLane;
  private readonly socket: Socket;
  private readonly output: Output;
  private phase: Phase = 'head';
  private answering: Answering = 'over';
  /** When the phase began, or for a request that waits for its answer: when a byte passed last. */
  private since: number;
  /** A head of which more must come. */
  private pending: Buffer | undefined;
  private pieces = 0;
  private hasAsked = false;
  /** The head that comes next has waited already, until it was known what it means. */
  private hasWaited = false;
  /** The client has closed its half. */
  private hasEnded = false;
  private isPaused = false;
  /** The answer is the last one of the connection. */
  private isLast = false;
  private isEndless = false;
  private unwatch: (() => void) | undefined;

  private request: FastRequest | undefined;
  private requestText = '';
  private requestBody = new MessageBody();
  private upstream: UpstreamConnection | undefined;
  private isUpstreamPaused = false;
  /** What has come of the head of the answer. */
  private answerText = '';
  private answerBody = new MessageBody();
  private interim: ReturnType<typeof passingInterim> | undefined;
  private sentStatus = 0;
  /** The upstream was asked to keep the connection, and will. */
  private asksToKeep = false;
  private upstreamKeepsAlive = false;
  private keepAliveField: string | undefined;
  private onClosed: (() => void) | undefined;

  constructor(socket: Socket, lane: FastLane) {
    this.socket = socket;
    this.lane = lane;
    this.output = new Output(socket);
    this.arrival = arrivalOf(socket, '1.1');
    this.arrived = { ...this.arrival, requestId: '' };
    this.since = lane.clock.now;
    socket.on('data', this.handleData).on('end', this.handleEnd).on('error', ignore).on('close', this.handleClose);
    socket.on('drain', this.handleDrain);
  }

  // What the page for a problem and the observation need of a client.

  isWaiting(): boolean {
    return this.answering === 'waiting' && !this.socket.destroyed;
  }

  status(): number {
    return this.sentStatus;
  }

  onClose(listener: () => void): () => void {
    this.onClosed = listener;
    return () => {
      this.onClosed = undefined;
    };
  }

  sendPage({ status, headers, body }: Page, distrust: boolean): void {
    this.dropUpstream();
    if (distrust) this.isLast = true;
    this.begin(status, STATUS_CODES[status] ?? '', headers, '');
    if (this.received.method !== 'HEAD') this.output.text(Buffer.from(body).toString('latin1'));
    this.output.flush();
    this.answerOver();
  }

  // The client.

  private readonly handleData = (chunk: Buffer): void => {
    switch (this.phase) {
      case 'head':
        this.readHead(chunk);
        return;
      case 'body':
        this.readBody(chunk, 0);
        return;
      case 'drop':
        this.requestBody.pass(chunk, 0, chunk.length, nowhere);
        if (this.requestBody.isBroken) {
          this.close();
          return;
        }
        if (this.requestBody.isOver) this.next();
        return;
      case 'answer':
      case 'flush':
        this.putBack(chunk);
        return;
      case 'closing':
        return;
    }
  };

  private readonly handleEnd = (): void => {
    this.hasEnded = true;
    switch (this.phase) {
      case 'head':
        if (this.pending === undefined) {
          this.close();
          return;
        }
        this.giveUp(problem('request-invalid', { reason: 'it cannot be parsed' }));
        return;
      case 'body':
        this.spoil(problem('request-invalid', { reason: 'it cannot be parsed' }));
        return;
      case 'answer':
      case 'flush':
        this.unwatch = watchHalfOpen(this.socket);
        return;
      case 'drop':
      case 'closing':
        this.socket.destroy();
    }
  };

  private readonly handleClose = (): void => {
    this.phase = 'closing';
    this.pending = undefined;
    this.dropUpstream();
    this.unwatch?.();
    this.told();
  };

  private readonly handleDrain = (): void => {
    if (this.phase === 'flush') this.leave();
    else if (this.isUpstreamPaused) {
      this.isUpstreamPaused = false;
      this.upstream?.socket.resume();
    }
  };

  private readHead(chunk: Buffer): void {
    const { pending } = this;
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    const head = readPlainHead(bytes.toString('latin1', 0, headEnd(bytes, 0, bytes.length)));
    if (head === 'incomplete') {
      this.pieces += 1;
      if (this.pieces > maxPieces || bytes.length > maxHeadBytes) {
        this.handOver(bytes);
        return;
      }
      if (pending === undefined) this.since = this.lane.clock.now;
      this.pending = bytes;
      return;
    }
    if (head === 'other' || head.size > maxHeadBytes) {
      this.handOver(bytes);
      return;
    }
    const plan = this.lane.plan(head, this.arrival);
    if (plan === undefined || (plan instanceof Promise && this.hasWaited)) {
      this.handOver(bytes);
      return;
    }
    this.pending = undefined;
    this.pieces = 0;
    if (plan instanceof Promise) {
      this.wait(plan, bytes);
      return;
    }
    this.hasWaited = false;
    this.ask(head, plan);
    if (this.requestBody.isOver) {
      this.phase = 'answer';
      if (bytes.length > head.size) this.putBack(bytes.subarray(head.size));
    } else {
      this.phase = 'body';
      if (bytes.length > head.size) this.readBody(bytes, head.size);
    }
    this.upstream?.output.flush();
  }

  /** Reads the head once more when it is known what it means, which is mostly so within milliseconds. */
  private wait(known: Promise<unknown>, bytes: Buffer): void {
    this.hasWaited = true;
    this.putBack(bytes);
    const goOn = (): void => this.resume();
    known.then(goOn, goOn);
  }

  private ask(received: PlainHead, { head, route }: Plan): void {
    const { lane } = this;
    const id = lane.nextId();
    this.received = received;
    this.arrived.requestId = id;
    this.hasAsked = true;
    this.answering = 'waiting';
    this.sentStatus = 0;
    this.isLast = !received.keepsAlive;
    const observed = lane.observe?.(id, this);
    if (observed !== undefined) observed.route = route;
    this.request = { id, head, route, client: this, observed };
    const { framing } = head;
    this.requestBody.begin(framing.kind, framing.kind === 'length' ? Number(framing.length) : 0);
    this.requestText = `${head.method} ${head.path} HTTP/1.1\r\n${fieldLines(upstreamHeaders(head, this.arrived))}`;
    this.sendHead(isRepeatable(head, false));
  }

  private sendHead(mayBeUsed: boolean): UpstreamConnection {
    const { route } = this.request as FastRequest;
    const upstream = this.lane.pool.take(route.upstream, mayBeUsed, this);
    this.upstream = upstream;
    this.asksToKeep = mayBeUsed;
    this.answerText = '';
    this.interim = undefined;
    this.since = this.lane.clock.now;
    upstream.output.text(
      mayBeUsed ? `${this.requestText}Connection: keep-alive\r\n\r\n` : `${this.requestText}Connection: close\r\n\r\n`,
    );
    return upstream;
  }

  private readBody(chunk: Buffer, from: number): void {
    const { requestBody, upstream, request } = this;
    const before = requestBody.dataBytes;
    const end = requestBody.pass(chunk, from, chunk.length, upstream?.output ?? nowhere);
    if (request?.observed !== undefined) request.observed.bytesIn += requestBody.dataBytes - before;
    this.since = this.lane.clock.now;
    if (requestBody.isBroken) {
      const { isTooLarge } = requestBody;
      this.spoil(
        isTooLarge ? problem('head-too-large') : problem('request-invalid', { reason: 'it cannot be parsed' }),
      );
      return;
    }
    upstream?.output.flush();
    if (requestBody.isOver) {
      this.phase = 'answer';
      if (end < chunk.length) this.putBack(chunk.subarray(end));
    } else if (upstream !== undefined && isBehind(upstream.socket)) this.pause();
  }

  /** What came too early waits in the socket, where it holds the client back. */
  private putBack(chunk: Buffer): void {
    this.pause();
    this.socket.unshift(chunk);
  }

  private pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  private resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  private handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.handleData).off('end', this.handleEnd).off('error', ignore).off('close', this.handleClose);
    socket.off('drain', this.handleDrain);
    this.phase = 'closing';
    this.lane.handOver(socket, bytes);
  }

  /** The rest of the request cannot be read. */
  private spoil(cause: Problem): void {
    const { request, answering } = this;
    this.dropUpstream();
    this.isLast = true;
    if (answering === 'waiting' && request !== undefined) this.lane.refuse(request, cause);
    else this.socket.destroy();
  }

  /** There will be no request that could be read, so no answer of the usual kind. */
  private giveUp(cause: Problem): void {
    this.phase = 'closing';
    this.since = this.lane.clock.now;
    this.pending = undefined;
    refuseConnection(this.socket, cause);
  }

  // The upstream.

  answerBytes(buffer: Buffer, from: number, to: number): void {
    let at = from;
    if (this.answering === 'waiting') {
      this.since = this.lane.clock.now;
      at = this.readAnswerHead(buffer, from, to);
      if (at === -1) return;
    }
    const { answerBody, output, request, socket } = this;
    const before = answerBody.dataBytes;
    output.useRoom();
    const end = answerBody.pass(buffer, at, to, output);
    if (request?.observed !== undefined) request.observed.bytesOut += answerBody.dataBytes - before;
    if (answerBody.isBroken) {
      output.flush();
      this.cut('it cannot be parsed');
      return;
    }
    const isNeeded = output.flush();
    if (answerBody.isOver) {
      if (isNeeded) this.upstream?.keepBuffer();
      // What is behind the answer belongs to no request.
      if (end < to) this.upstreamKeepsAlive = false;
      this.answerOver();
      return;
    }
    if (isBehind(socket)) {
      this.isUpstreamPaused = true;
      this.upstream?.socket.pause();
    } else if (isNeeded) this.upstream?.keepBuffer();
  }

  upstreamEnded(error: NodeJS.ErrnoException | undefined): void {
    const { upstream, request } = this;
    this.upstream = undefined;
    this.isUpstreamPaused = false;
    if (request === undefined) return;
    if (this.answering === 'begun') {
      if (error === undefined && this.answerBody.end(this.output)) {
        this.output.flush();
        this.answerOver();
      } else this.cut(error?.message ?? 'aborted');
      return;
    }
    if (upstream?.wasUsed === true && (error === undefined || isLoss(error))) {
      this.sendHead(false).output.flush();
      return;
    }
    this.fail(error === undefined ? closed : failureOf(error));
  }

  upstreamDrained(): void {
    if (this.phase === 'body') this.resume();
  }

  /** Gives the index in `buffer` behind the head of the final answer, or -1 if more must come or nothing can be made of it. */
  private readAnswerHead(buffer: Buffer, from: number, to: number): number {
    let at = from;
    for (;;) {
      const end = headEnd(buffer, at, to);
      const before = this.answerText.length;
      const text = this.answerText + buffer.toString('latin1', at, end);
      const answer = readAnswer(text);
      if (answer === 'wrong' || (answer === 'incomplete' ? text.length : answer.size) > maxAnswerHeadBytes)
        return this.fail({ kind: 'invalid', reason: 'it cannot be parsed' });
      if (answer === 'incomplete') {
        this.answerText = text;
        if (end === to) return -1;
        at = end;
        continue;
      }
      at += answer.size - before;
      this.answerText = '';
      if (answer.status < 100 || answer.status > 199) return this.beginAnswer(answer) ? at : -1;
      const failure = answer.status === 101 ? unasked : this.passInterim(answer);
      if (failure !== undefined) return this.fail(failure);
    }
  }

  private passInterim({ status, reason, headers, version }: ReadAnswer): Failure | undefined {
    this.interim ??= passingInterim({
      client: {
        expectsContinue: false,
        inform: (code, phrase, fields) => {
          this.output.text(`HTTP/1.1 ${code} ${phrase}\r\n${fieldLines(fields)}\r\n`);
          this.output.flush();
        },
      },
      answerHeaders: (fields, code) => this.fieldsForClient(fields, code),
    });
    return this.interim(status, reason, headers, version);
  }

  private fieldsForClient(headers: RawHeaders, status: number): string[] {
    const { id, head, route } = this.request as FastRequest;
    return clientHeaders(headers, {
      hostname: head.authority.hostname,
      workstream: route.workstream,
      requestId: id,
      ownsDomain: this.ownsDomain,
      status,
      trailers: head.method !== 'HEAD',
    });
  }

  private readonly ownsDomain = (domain: string): boolean =>
    this.lane.ownsDomain((this.request as FastRequest).route, domain);

  /** Begins the answer to the client with the head of the upstream's. Gives whether that could be done. */
  private beginAnswer(answer: ReadAnswer): boolean {
    const unsound = judgeAnswer(answer);
    if (unsound !== undefined) {
      this.fail({ kind: 'invalid', reason: unsound });
      return false;
    }
    const { status, headers, version, reason } = answer;
    let kind: BodyKind = 'close';
    let length = 0;
    let options = '';
    this.keepAliveField = undefined;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      const value = headers[index + 1] as string;
      switch (name.length) {
        case 10:
          if (name.toLowerCase() === 'connection') options += `,${value}`;
          else if (name.toLowerCase() === 'keep-alive') this.keepAliveField = value;
          break;
        case 14:
          if (name.toLowerCase() === 'content-length') {
            kind = 'length';
            length = Number(value);
          }
          break;
        case 17:
          if (name.toLowerCase() === 'transfer-encoding') kind = 'chunked';
      }
    }
    if (this.received.method === 'HEAD' || status === 204 || status === 304) kind = 'none';
    this.upstreamKeepsAlive =
      this.asksToKeep && kind !== 'close' && (options === '' ? version === '1.1' : keepsAlive(options, version));
    this.answerBody.begin(kind, length);
    const fields = this.fieldsForClient(headers, status);
    if (isEventStream(fields)) this.isEndless = true;
    const isChunked = kind === 'chunked' || kind === 'close';
    this.begin(status, reasonPhrase(reason), fields, isChunked ? 'Transfer-Encoding: chunked\r\n' : '');
    return true;
  }

  private begin(status: number, reason: string, fields: RawHeaders, framing: string): void {
    const { lane } = this;
    this.answering = 'begun';
    this.sentStatus = status;
    if (this.hasEnded || lane.isDraining()) this.isLast = true;
    const date = hasDate(fields) ? '' : `Date: ${lane.clock.date}\r\n`;
    const connection = this.isLast ? closes : goesOn;
    const lines = fieldLines(fields);
    if (this.request?.observed !== undefined) observeAnswer(this.request.observed, flat(lines));
    this.output.text(`HTTP/1.1 ${status} ${reason}\r\n${lines}${date}${connection}${framing}\r\n`);
  }

  /** There is no answer of the upstream that can be passed on. */
  private fail(failure: Failure): -1 {
    const { request } = this;
    this.dropUpstream();
    if (request !== undefined && this.isWaiting()) this.lane.explain(request, failure);
    return -1;
  }

  /** The answer that has begun will not be whole, and the client must see that. */
  private cut(reason: string): void {
    const { request } = this;
    this.dropUpstream();
    if (request !== undefined) this.lane.lost(request, reason);
    this.socket.destroy();
  }

  private dropUpstream(): void {
    this.upstream?.end();
    this.upstream = undefined;
    this.isUpstreamPaused = false;
  }

  // The end of a request.

  private answerOver(): void {
    const { upstream } = this;
    this.answering = 'over';
    if (upstream !== undefined) {
      this.upstream = undefined;
      if (this.upstreamKeepsAlive && this.requestBody.isOver) this.lane.pool.giveBack(upstream, this.keepAliveField);
      else upstream.end();
    }
    // No next request before this answer is on its way: memory would grow with each.
    if (isBehind(this.socket)) this.phase = 'flush';
    else this.leave();
  }

  /** The answer has gone out. */
  private leave(): void {
    this.told();
    this.unwatch?.();
    this.unwatch = undefined;
    this.since = this.lane.clock.now;
    if (this.requestBody.isOver) {
      this.next();
      return;
    }
    this.phase = 'drop';
    if (this.isLast) this.socket.end();
    this.resume();
  }

  private next(): void {
    this.request = undefined;
    if (this.isLast || this.hasEnded) {
      this.close();
      return;
    }
    this.phase = 'head';
    this.since = this.lane.clock.now;
    this.resume();
  }

  /** Ends the connection when what was written has gone out. */
  private close(): void {
    this.phase = 'closing';
    this.since = this.lane.clock.now;
    this.socket.destroySoon();
  }

  private told(): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    this.request = undefined;
    onClosed?.();
  }

  // From outside.

  /** Ends what has taken too long. */
  sweep(now: number): void {
    const silence = now - this.since;
    switch (this.phase) {
      case 'head':
        if (this.pending === undefined && this.hasAsked) {
          if (silence > keepAliveMs) this.socket.destroy();
        } else if (silence > headMs) this.giveUp(problem('request-timeout'));
        return;
      case 'body':
      case 'answer':
        if (this.answering !== 'waiting' || this.upstream === undefined) return;
        if (silence > this.lane.responseTimeoutMs) {
          const seconds = this.lane.responseTimeoutMs / 1000;
          this.fail({ kind: 'timeout', reason: `no answer within ${seconds} s` });
        }
        return;
      case 'drop':
        if (silence > restMs) this.socket.destroy();
    }
  }

  /** Ends it at once where nothing is under way that will end by itself, else behind the answer. */
  drain(): void {
    const isWaiting = this.phase === 'head' && this.isPaused;
    if (isWaiting) return;
    if (this.phase === 'head' || this.phase === 'closing' || this.isEndless) this.socket.destroy();
    else this.isLast = true;
  }
}

/** Whether so much waits to be written that no more should come, and `drain` will tell of it. */
const isBehind = (socket: Socket): boolean => socket.writableLength > 0 && socket.writableNeedDrain;

const ignore = (): void => {};

/** The same text in one piece: to look into it makes the engine put together what it has only linked. It may be kept for long. */
const flat = (text: string): string => {
  text.charCodeAt(0);
  return text;
};
const noHead: ReceivedHead = { method: '', target: '', version: '1.1', headers: [] };
const nowhere: Writer = { text: () => {}, bytes: () => {} };
const unasked: Failure = { kind: 'invalid', reason: 'it gave no answer that can be used' };
const closed: Failure = { kind: 'broken', reason: 'the connection was closed' };

const closes = 'Connection: close\r\n';
const goesOn = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}\r\n`;

const lineEnds = Buffer.from('\r\n\r\n');

/** Up to where a message is read as text: all of a small one, else the head, else all that may be one. */
const headEnd = (bytes: Buffer, from: number, to: number): number => {
  if (to - from <= smallBytes) return to;
  const end = bytes.subarray(from, to).indexOf(lineEnds);
  return end === -1 ? to : from + end + lineEnds.length;
};

const hasDate = (fields: RawHeaders): boolean => {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'date') return true;
  }
  return false;
};

/** Whether the other side wants to go on with the connection (RFC 9112 §9.3). */
const keepsAlive = (options: string, version: string): boolean => {
  const named = tokens(options);
  return !named.includes('close') && (version === '1.1' || named.includes('keep-alive'));
};
