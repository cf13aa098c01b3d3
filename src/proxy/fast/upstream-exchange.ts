import type { Upstream } from '../../model/workstream.ts';
import { judgeAnswer } from '../answer-head.ts';
import { type Failure, failureOf, isLoss, mayShare, passingInterim, reasonPhrase } from '../lane.ts';
import type { Observed } from '../observe.ts';
import { type RawHeaders, type RequestHead, tokens } from '../request-head.ts';
import { headEnd } from './head-end.ts';
import { type BodyKind, MessageBody } from './message-body.ts';
import { type ReadAnswer, readAnswer } from './plain-answer.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-pool.ts';
import type { Upstreams } from './upstreams.ts';
import type { Writer } from './writer.ts';

/** Where the body of an answer goes. */
export interface AnswerOutput extends Writer {
  /** What comes next is from a buffer in which everything before it is free to be written over. */
  readonly useRoom: () => void;
  /** Writes what was gathered. Gives whether a buffer is still needed by the connection. `isLast`: the body is over. */
  readonly flush: (isLast: boolean) => boolean;
  /** Whether so much waits to be taken that no more should come. */
  readonly isBehind: () => boolean;
}

/** A sound head of an answer, with the fields that the client gets. */
export interface AnswerBegin {
  readonly status: number;
  /** A reason phrase that may be written; empty where the upstream has none. */
  readonly reason: string;
  readonly fields: RawHeaders;
  readonly kind: BodyKind;
}

/** Who has asked: the client's side of an exchange. */
export interface Asker {
  readonly output: AnswerOutput;
  /** Fields for the client, made from those of the upstream. */
  readonly answerHeaders: (headers: RawHeaders, status: number) => string[];
  /** Takes an interim answer. */
  readonly inform: (status: number, reason: string, fields: RawHeaders) => void;
  /** Takes the head of the answer; its body comes by `output`. */
  readonly begin: (answer: AnswerBegin) => void;
  /** The answer is whole. */
  readonly answered: () => void;
  /** There is no answer that can be passed on, and nothing but interim ones was. */
  readonly failed: (failure: Failure) => void;
  /** The answer that has begun will not be whole, and the client must see that. */
  readonly cut: (reason: string) => void;
  /** The upstream takes more of the body of the request. */
  readonly upstreamDrained: () => void;
}

/** Bytes of a head of an answer, as Node's client takes them. */
const maxAnswerHeadBytes = 16 * 1024;

/**
 * A request on its way over a connection to its upstream, and the answer on its way back: the same whatever the client speaks. One after the
 * other may be made with it.
 */
export class UpstreamExchange implements UpstreamUser {
  readonly requestBody: MessageBody;
  private readonly upstreams: Upstreams;
  private readonly asker: Asker;
  private readonly answerBody: MessageBody;
  private head: RequestHead | undefined;
  private to: Upstream | undefined;
  private observed: Pick<Observed, 'bytesIn' | 'bytesOut'> | undefined;
  /** The head of a request that may be sent once more. */
  private requestText = '';
  /** Undefined where nothing is asked of an upstream, or no more. */
  private connection: UpstreamConnection | undefined;
  private hasBegun = false;
  private isPaused = false;
  /** What has come of the head of the answer. */
  private answerText = '';
  private interim: ReturnType<typeof passingInterim> | undefined;
  /** The upstream was asked to keep the connection, and will. */
  private asksToKeep = false;
  private keepsAlive = false;
  private keepAliveField: string | undefined;
  /** When a byte passed last. */
  private since = 0;

  /** `writesFraming`: the client needs to be told where a body of unknown length ends, and has no other way. */
  constructor(upstreams: Upstreams, asker: Asker, writesFraming: boolean) {
    this.upstreams = upstreams;
    this.asker = asker;
    this.requestBody = new MessageBody(true);
    this.answerBody = new MessageBody(writesFraming);
  }

  /** Asks: the head goes out with the next `flush`. `fields` are those for the upstream, `kind` is how the end of the request's body is known. */
  ask(
    head: RequestHead,
    upstream: Upstream,
    fields: RawHeaders,
    kind: BodyKind,
    observed: Pick<Observed, 'bytesIn' | 'bytesOut'> | undefined,
  ): void {
    this.head = head;
    this.to = upstream;
    this.observed = observed;
    this.requestBody.begin(kind, head.framing.kind === 'length' ? Number(head.framing.length) : 0);
    let lines = '';
    let options = '';
    for (let index = 0; index < fields.length; index += 2) {
      if (fields[index] === 'Connection') options += `${fields[index + 1]}, `;
      else lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
    }
    const mayBeUsed = mayShare(head, false);
    const text = `${head.method} ${head.path} HTTP/1.1\r\n${lines}Connection: ${options}${mayBeUsed ? keeps : closes}`;
    // Whole, as it is written: then its many parts are let go when that is done, however long the upstream takes.
    this.requestText = mayBeUsed ? text : '';
    this.send(text, mayBeUsed);
  }

  private send(text: string, mayBeUsed: boolean): UpstreamConnection {
    const { pool, clock } = this.upstreams;
    const connection = pool.take(this.to as Upstream, mayBeUsed, this);
    this.connection = connection;
    this.hasBegun = false;
    this.asksToKeep = mayBeUsed;
    this.answerText = '';
    this.interim = undefined;
    this.since = clock.now;
    connection.output.text(text);
    return connection;
  }

  /** Passes on what `chunk` holds of the body of the request. Gives the index behind it. */
  pass(chunk: Buffer, from: number): number {
    const { requestBody, connection, observed } = this;
    const before = requestBody.dataBytes;
    const end = requestBody.pass(chunk, from, chunk.length, connection?.output ?? nowhere);
    if (observed !== undefined) observed.bytesIn += requestBody.dataBytes - before;
    this.since = this.upstreams.clock.now;
    return end;
  }

  /** The body of the request ends here, where nothing in it says so. */
  end(trailers: RawHeaders): void {
    this.requestBody.end(this.connection?.output ?? nowhere, trailers);
  }

  /** The trailer fields of the answer, when it is over. */
  get trailers(): RawHeaders {
    return this.answerBody.trailers;
  }

  /** Sends what was gathered for the upstream. */
  flush(): void {
    this.connection?.output.flush();
  }

  /** Whether the upstream has so much to take that no more should come; `upstreamDrained` tells when it has. */
  isUpstreamBehind(): boolean {
    return this.connection?.output.isBehind() === true;
  }

  /** The client takes more of the answer. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.connection?.socket.resume();
  }

  /** Ends what is under way; nothing is told of it any more. */
  drop(): void {
    this.connection?.end();
    this.connection = undefined;
    this.isPaused = false;
  }

  /** Ends what has taken too long. */
  sweep(now: number): void {
    if (this.connection === undefined || this.hasBegun) return;
    const { responseTimeoutMs } = this.upstreams;
    if (now - this.since > responseTimeoutMs)
      this.fail({ kind: 'timeout', reason: `no answer within ${responseTimeoutMs / 1000} s` });
  }

  // The upstream.

  answerBytes(buffer: Buffer, from: number, to: number): void {
    let at = from;
    if (!this.hasBegun) {
      this.since = this.upstreams.clock.now;
      at = this.readHead(buffer, from, to);
      if (at === -1) return;
    }
    const { answerBody, asker, observed } = this;
    const { output } = asker;
    const before = answerBody.dataBytes;
    output.useRoom();
    const end = answerBody.pass(buffer, at, to, output);
    if (observed !== undefined) observed.bytesOut += answerBody.dataBytes - before;
    if (answerBody.isBroken) {
      output.flush(false);
      this.cut('it cannot be parsed');
      return;
    }
    const isNeeded = output.flush(answerBody.isOver);
    if (answerBody.isOver) {
      if (isNeeded) this.connection?.keepBuffer();
      // What is behind the answer belongs to no request.
      if (end < to) this.keepsAlive = false;
      this.answered();
      return;
    }
    if (output.isBehind()) {
      this.isPaused = true;
      this.connection?.socket.pause();
    } else if (isNeeded) this.connection?.keepBuffer();
  }

  upstreamEnded(error: NodeJS.ErrnoException | undefined): void {
    const { connection, asker } = this;
    this.connection = undefined;
    this.isPaused = false;
    if (this.hasBegun) {
      if (error === undefined && this.answerBody.end(asker.output)) {
        asker.output.flush(true);
        this.answered();
      } else this.cut(error?.message ?? 'aborted');
      return;
    }
    if (connection?.wasUsed === true && (error === undefined || isLoss(error))) {
      this.send(`${this.requestText.slice(0, -keeps.length)}${closes}`, false).output.flush();
      return;
    }
    this.fail(error === undefined ? closed : failureOf(error));
  }

  upstreamDrained(): void {
    this.asker.upstreamDrained();
  }

  /** Gives the index in `buffer` behind the head of the final answer, or -1 if more must come or nothing can be made of it. */
  private readHead(buffer: Buffer, from: number, to: number): number {
    let at = from;
    for (;;) {
      // Empty lines before a head look like its end: then all is read, not piece after piece.
      const end = this.answerText === '' ? headEnd(buffer, at, to) : to;
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
      if (answer.status < 100 || answer.status > 199) return this.begin(answer) ? at : -1;
      const failure = answer.status === 101 ? unasked : this.passInterim(answer);
      if (failure !== undefined) return this.fail(failure);
    }
  }

  private passInterim({ status, reason, headers, version }: ReadAnswer): Failure | undefined {
    const { asker } = this;
    this.interim ??= passingInterim({
      client: { expectsContinue: false, inform: (...interim) => asker.inform(...interim) },
      answerHeaders: (fields, code) => asker.answerHeaders(fields, code),
    });
    return this.interim(status, reason, headers, version);
  }

  /** Begins the answer to the client with the head of the upstream's. Gives whether that could be done. */
  private begin(answer: ReadAnswer): boolean {
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
    if (this.head?.method === 'HEAD' || status === 204 || status === 304) kind = 'none';
    this.keepsAlive =
      this.asksToKeep && kind !== 'close' && (options === '' ? version === '1.1' : wantsToKeep(options, version));
    this.answerBody.begin(kind, length);
    this.hasBegun = true;
    const { asker } = this;
    asker.begin({ status, reason: reasonPhrase(reason), fields: asker.answerHeaders(headers, status), kind });
    return true;
  }

  private fail(failure: Failure): -1 {
    this.drop();
    this.asker.failed(failure);
    return -1;
  }

  private cut(reason: string): void {
    this.drop();
    this.asker.cut(reason);
  }

  private answered(): void {
    const { connection } = this;
    if (connection !== undefined) {
      this.connection = undefined;
      if (this.keepsAlive && this.requestBody.isOver) this.upstreams.pool.giveBack(connection, this.keepAliveField);
      else connection.end();
    }
    this.asker.answered();
  }
}

const keeps = 'keep-alive\r\n\r\n';
const closes = 'close\r\n\r\n';
const nowhere: Writer = { text: () => {}, bytes: () => {} };
const unasked: Failure = { kind: 'invalid', reason: 'it gave no answer that can be used' };
const closed: Failure = { kind: 'broken', reason: 'the connection was closed' };

/** Whether the other side wants to go on with the connection (RFC 9112 §9.3). */
const wantsToKeep = (options: string, version: string): boolean => {
  const named = tokens(options);
  return !named.includes('close') && (version === '1.1' || named.includes('keep-alive'));
};
