import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Problem, problem } from '../../model/problem.ts';
import type { Route } from '../../model/route-table.ts';
import { arrivalOf } from '../arrival.ts';
import type { Answerable } from '../client.ts';
import { watchHalfOpen } from '../half-open.ts';
import { type Arrival, clientHeaders, isEventStream, upstreamHeaders } from '../headers.ts';
import { restMs } from '../http1-client.ts';
import { headMs, keepAliveMs, maxHeadBytes, refuseConnection } from '../http1-server.ts';
import type { Failure } from '../lane.ts';
import { type Observed, observeAnswer } from '../observe.ts';
import type { Page } from '../problem-page.ts';
import type { RawHeaders, ReceivedHead, RequestHead } from '../request-head.ts';
import { type Clock, hasDate } from './clock.ts';
import { headEnd } from './head-end.ts';
import { Output } from './output.ts';
import { type PlainHead, readPlainHead } from './plain-head.ts';
import { fieldLines } from './serialise.ts';
import { type AnswerBegin, type Asker, UpstreamExchange } from './upstream-exchange.ts';
import type { Upstreams } from './upstreams.ts';

/** What all connections of the lane share. */
export interface FastLane {
  readonly upstreams: Upstreams;
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

/**
 * Where a connection stands: reading a head; taking the body of a request; the request is whole and its answer is not over; what was written
 * must go out before the next request; the answer is over and the rest of the request is dropped; nothing more is handled.
 */
type Phase = 'head' | 'body' | 'answer' | 'flush' | 'drop' | 'closing';

/** Where the answer to the request under way stands. */
type Answering = 'waiting' | 'begun' | 'over';

/** A connection of a client: one request after the other, each with its answer. */
export class FastConnection implements Answerable, Asker {
  readonly arrival: Answerable['arrival'];
  readonly wantsTunnel = false;
  /** The same for each request but for the id. */
  private readonly arrived: { -readonly [Key in keyof Arrival]: Arrival[Key] };
  received: ReceivedHead = noHead;

  private readonly lane: FastLane;
  private readonly clock: Clock;
  private readonly socket: Socket;
  readonly output: Output;
  private readonly exchange: UpstreamExchange;
  private phase: Phase = 'head';
  private answering: Answering = 'over';
  /** When the phase began. What takes time while a request is under way, the exchange knows. */
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
  private sentStatus = 0;
  private onClosed: (() => void) | undefined;

  constructor(socket: Socket, lane: FastLane) {
    this.socket = socket;
    this.lane = lane;
    this.clock = lane.upstreams.clock;
    this.output = new Output(socket);
    this.exchange = new UpstreamExchange(lane.upstreams, this, true);
    this.arrival = arrivalOf(socket, '1.1');
    this.arrived = { ...this.arrival, requestId: '' };
    this.since = this.clock.now;
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
    this.exchange.drop();
    if (distrust) this.isLast = true;
    this.writeHead(status, STATUS_CODES[status] ?? '', headers, '');
    if (this.received.method !== 'HEAD') this.output.text(Buffer.from(body).toString('latin1'));
    this.output.flush();
    this.answered();
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
        this.dropBody(chunk);
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
        this.destroy();
    }
  };

  private readonly handleClose = (): void => {
    this.phase = 'closing';
    this.pending = undefined;
    this.exchange.drop();
    this.unwatch?.();
    this.told();
  };

  private readonly handleDrain = (): void => {
    if (this.phase === 'flush') this.leave();
    else this.exchange.resume();
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
      if (pending === undefined) this.since = this.clock.now;
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
    if (this.exchange.requestBody.isOver) {
      this.phase = 'answer';
      if (bytes.length > head.size) this.putBack(bytes.subarray(head.size));
    } else {
      this.phase = 'body';
      if (bytes.length > head.size) this.readBody(bytes, head.size);
    }
    this.exchange.flush();
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
    this.exchange.ask(head, route.upstream, upstreamHeaders(head, this.arrived), head.framing.kind, observed);
  }

  private readBody(chunk: Buffer, from: number): void {
    const { exchange } = this;
    const { requestBody } = exchange;
    const end = exchange.pass(chunk, from);
    if (requestBody.isBroken) {
      const { isTooLarge } = requestBody;
      this.spoil(
        isTooLarge ? problem('head-too-large') : problem('request-invalid', { reason: 'it cannot be parsed' }),
      );
      return;
    }
    exchange.flush();
    if (requestBody.isOver) {
      this.phase = 'answer';
      if (end < chunk.length) this.putBack(chunk.subarray(end));
    } else if (exchange.isUpstreamBehind()) this.pause();
  }

  /** Drops what `chunk` holds of the body, and no more: what is behind it is the next request. */
  private dropBody(chunk: Buffer): void {
    const { exchange } = this;
    const end = exchange.pass(chunk, 0);
    if (exchange.requestBody.isBroken) {
      this.close();
      return;
    }
    if (!exchange.requestBody.isOver) return;
    if (end < chunk.length) this.putBack(chunk.subarray(end));
    this.next();
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
    this.output.write();
    this.lane.handOver(socket, bytes);
  }

  /** The rest of the request cannot be read. */
  private spoil(cause: Problem): void {
    const { request, answering } = this;
    this.exchange.drop();
    this.isLast = true;
    if (answering === 'waiting' && request !== undefined) this.lane.refuse(request, cause);
    else this.destroy();
  }

  /** There will be no request that could be read, so no answer of the usual kind. */
  private giveUp(cause: Problem): void {
    this.phase = 'closing';
    this.since = this.clock.now;
    this.pending = undefined;
    this.output.write();
    refuseConnection(this.socket, cause);
  }

  // The upstream.

  answerHeaders(headers: RawHeaders, status: number): string[] {
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

  inform(status: number, reason: string, fields: RawHeaders): void {
    this.output.text(`HTTP/1.1 ${status} ${reason}\r\n${fieldLines(fields)}\r\n`);
    this.output.flush();
  }

  begin({ status, reason, fields, kind }: AnswerBegin): void {
    if (isEventStream(fields)) this.isEndless = true;
    const isChunked = kind === 'chunked' || kind === 'close';
    this.writeHead(status, reason, fields, isChunked ? 'Transfer-Encoding: chunked\r\n' : '');
  }

  private writeHead(status: number, reason: string, fields: RawHeaders, framing: string): void {
    const { lane } = this;
    this.answering = 'begun';
    this.sentStatus = status;
    if (this.hasEnded || lane.isDraining()) this.isLast = true;
    const date = hasDate(fields) ? '' : `Date: ${this.clock.date}\r\n`;
    const connection = this.isLast ? closes : goesOn;
    const lines = fieldLines(fields);
    if (this.request?.observed !== undefined) observeAnswer(this.request.observed, flat(lines));
    this.output.text(`HTTP/1.1 ${status} ${reason}\r\n${lines}${date}${connection}${framing}\r\n`);
  }

  failed(failure: Failure): void {
    const { request } = this;
    if (request !== undefined && this.isWaiting()) this.lane.explain(request, failure);
  }

  cut(reason: string): void {
    const { request } = this;
    if (request !== undefined) this.lane.lost(request, reason);
    this.destroy();
  }

  upstreamDrained(): void {
    if (this.phase === 'body') this.resume();
  }

  // The end of a request.

  answered(): void {
    this.answering = 'over';
    // No next request before this answer is on its way: memory would grow with each.
    if (this.output.isBehind()) this.phase = 'flush';
    else this.leave();
  }

  /** The answer has gone out. */
  private leave(): void {
    this.told();
    this.unwatch?.();
    this.unwatch = undefined;
    this.since = this.clock.now;
    if (this.exchange.requestBody.isOver) {
      this.next();
      return;
    }
    this.phase = 'drop';
    if (this.isLast) {
      this.output.write();
      this.socket.end();
    }
    this.resume();
  }

  private next(): void {
    this.request = undefined;
    if (this.isLast || this.hasEnded) {
      this.close();
      return;
    }
    this.phase = 'head';
    this.since = this.clock.now;
    this.resume();
  }

  /** Ends the connection when what was written has gone out. */
  private close(): void {
    this.phase = 'closing';
    this.since = this.clock.now;
    this.output.write();
    this.socket.destroySoon();
  }

  /** Ends the connection now. What was written may arrive. */
  private destroy(): void {
    this.output.write();
    this.socket.destroy();
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
          if (silence > keepAliveMs) this.destroy();
        } else if (silence > headMs) this.giveUp(problem('request-timeout'));
        return;
      case 'body':
      case 'answer':
        this.exchange.sweep(now);
        return;
      case 'drop':
        if (silence > restMs) this.destroy();
    }
  }

  /** Ends it at once where nothing is under way that will end by itself, else behind the answer. */
  drain(): void {
    const isWaiting = this.phase === 'head' && this.isPaused;
    if (isWaiting) return;
    if (this.phase === 'head' || this.phase === 'closing' || this.isEndless) this.destroy();
    else this.isLast = true;
  }
}

const ignore = (): void => {};

/** The same text in one piece: to look into it makes the engine put together what it has only linked. It may be kept for long. */
const flat = (text: string): string => {
  text.charCodeAt(0);
  return text;
};
const noHead: ReceivedHead = { method: '', target: '', version: '1.1', headers: [] };

const closes = 'Connection: close\r\n';
const goesOn = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}\r\n`;
