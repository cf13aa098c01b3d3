import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Duplex, pipeline, type Readable, Transform } from 'node:stream';
import type { Problem } from '../model/problem.ts';
import type { Answer, Client, NodeHandler } from './client.ts';
import { pairs } from './headers.ts';
import { answerFields, http2Fields } from './http2-headers.ts';
import { endRequest, stopRequest } from './http2-stream.ts';
import type { Page } from './problem-page.ts';
import { type RawHeaders, type ReceivedHead, valuesOf } from './request-head.ts';

/** What a connection of HTTP/2 knows about one of its requests. */
export interface Http2Request {
  readonly stream: ServerHttp2Stream;
  readonly received: ReceivedHead;
  readonly fault: Problem | undefined;
  /** The head as it came, and as Node understood it. */
  readonly headers: RawHeaders;
  readonly object: IncomingHttpHeaders;
  readonly arrival: Client['arrival'];
  /** Streams that are not waited for when the proxy closes. */
  readonly endless: Set<ServerHttp2Stream>;
}

/** The client's side of a request over HTTP/2. A class, since there are many of them at a time and each would have its own functions. */
export class Http2Client implements Client {
  readonly stream: ServerHttp2Stream;
  readonly received: ReceivedHead;
  readonly fault: Problem | undefined;
  readonly arrival: Client['arrival'];
  readonly wantsTunnel: boolean;
  readonly expectsContinue: boolean;
  private asked: Pick<Http2Request, 'headers' | 'object'> | undefined;
  private readonly endless: Set<ServerHttp2Stream>;
  private readonly listeners: (() => void)[] = [];
  private wholeBody: Readable | undefined;
  private trailerFields: RawHeaders = [];
  private hasSwitched = false;
  private hasClosed = false;

  constructor(exchange: Http2Request) {
    const { stream, received, fault, headers, object, arrival, endless } = exchange;
    this.stream = stream;
    this.received = received;
    this.fault = fault;
    this.arrival = arrival;
    this.wantsTunnel = object[':protocol'] !== undefined;
    this.expectsContinue = valuesOf(headers, 'expect').some((value) => value.toLowerCase() === '100-continue');
    this.asked = exchange;
    this.endless = endless;
    if (!stream.endAfterHeaders)
      stream.once('trailers', (_trailers: unknown, _flags: number, raw: RawHeaders) => {
        this.trailerFields = raw;
      });
  }

  /** To be called when the stream has closed. */
  close(): void {
    this.hasClosed = true;
    this.endless.delete(this.stream);
    for (const listener of this.listeners) listener();
  }

  get body(): Readable {
    this.wholeBody ??= this.stream.endAfterHeaders || this.wantsTunnel ? this.stream : wholeBodyOf(this.stream);
    return this.wholeBody;
  }

  /** It is decided what to do with the request: what came is needed no longer, however long the answer takes. */
  forget(): void {
    this.asked = undefined;
  }

  trailers(): RawHeaders {
    return this.trailerFields;
  }

  isWaiting(): boolean {
    const { stream } = this;
    return !stream.headersSent && !stream.destroyed && !stream.closed;
  }

  status(): number {
    const { stream } = this;
    return this.hasSwitched ? 101 : stream.headersSent ? Number(stream.sentHeaders[':status']) : 0;
  }

  isClosed(): boolean {
    return this.hasClosed;
  }

  isAnswered(): boolean {
    const { stream } = this;
    // A stream that the client has ended looks finished as well.
    return stream.headersSent && stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR;
  }

  onClose(listener: () => void): () => void {
    this.listeners.push(listener);
    return () => {
      const index = this.listeners.indexOf(listener);
      if (index !== -1) this.listeners.splice(index, 1);
    };
  }

  neverEnds(): void {
    if (!this.hasClosed) this.endless.add(this.stream);
  }

  // A head of HTTP/2 has one length whatever it holds, so what follows is another stream and no danger.
  sendPage({ status, headers, body }: Page): void {
    const { stream } = this;
    stream.respond(answerFields(status, headers));
    endRequest(stream);
    if (!stream.writableEnded) stream.end(body);
  }

  inform(status: number, _reason: string, fields: RawHeaders): void {
    if (this.isWaiting()) this.stream.additionalHeaders(answerFields(status, fields));
  }

  relay({ status, body, isOver, trailers }: Answer, fields: RawHeaders): void {
    const { stream } = this;
    if (stream.destroyed || stream.closed) {
      body.destroy();
      return;
    }
    // Who waits for trailers pays a frame for it, so only where some can follow.
    const waitForTrailers = trailers !== undefined && !isOver && valuesOf(fields, 'content-length').length === 0;
    stream.respond(answerFields(status, fields), { endStream: isOver, waitForTrailers });
    if (waitForTrailers)
      stream.once('wantTrailers', () => {
        stream.sendTrailers(http2Fields(trailers()));
        stopRequest(stream);
      });
    else endRequest(stream);
    // No body belongs to this answer: HEAD, 204, 304.
    if (stream.writableEnded) body.resume();
    // A fault resets the stream; that is the cut.
    else pipeline(body, stream, () => {});
  }

  openTunnel(fields: RawHeaders): { readonly duplex: Duplex; readonly early: Buffer } {
    const { stream } = this;
    this.hasSwitched = true;
    const { 'sec-websocket-accept': _accept, ...rest } = http2Fields(fields);
    stream.respond({ ':status': 200, ...rest });
    return { duplex: stream, early: Buffer.alloc(0) };
  }

  handOver(handler: NodeHandler, { path, host }: { path: string; host: string }, fields: RawHeaders): void {
    const { stream } = this;
    const { object, headers } = this.asked as Http2Request;
    const request = new Http2ServerRequest(stream, object, {}, headers);
    const response = new Http2ServerResponse(stream);
    endRequest(stream);
    request.url = path;
    request.headers.host = host;
    for (const [name, value] of pairs(fields)) response.setHeader(name, value);
    // They stand in for those of HTTP/1.1, which is what they were made for.
    (handler as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void)(request, response);
  }
}

/** The body of a request, which fails where the client takes the request back: Node ends the stream then, as if that were all. */
const wholeBodyOf = (stream: ServerHttp2Stream): Readable => {
  const body = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
    flush: (done) => done(stream.closed ? new Error('the client took the request back') : null),
  });
  // Not `pipeline`: the answer goes on after the end of the request.
  stream.pipe(body);
  stream.once('close', () => {
    if (!body.writableEnded) body.destroy();
  });
  body.on('error', () => {});
  return body;
};
