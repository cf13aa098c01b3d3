import { type Duplex, pipeline, type Readable } from 'node:stream';
import type { Problem } from '../../../model/problem.ts';
import type { Answer, Client, NodeHandler } from '../../client.ts';
import type { Page } from '../../problem-page.ts';
import { type RawHeaders, type ReceivedHead, valuesOf } from '../../request-head.ts';
import { type Clock, hasDate } from '../clock.ts';
import { codes } from './frames.ts';
import { handOver } from './hand-over.ts';
import type { Http2Stream } from './stream.ts';
import { StreamDuplex } from './stream-duplex.ts';

/** What a connection of HTTP/2 knows about one of its requests. */
export interface StreamRequest {
  readonly stream: Http2Stream;
  readonly received: ReceivedHead;
  readonly fault: Problem | undefined;
  readonly arrival: Client['arrival'];
  readonly wantsTunnel: boolean;
  /** Streams that are not waited for when the proxy closes. */
  readonly endless: Set<Http2Stream>;
  readonly clock: Pick<Clock, 'date'>;
}

/** The client's side of a request over HTTP/2. A class, since there are many of them at a time and each would have its own functions. */
export class StreamClient implements Client {
  readonly stream: Http2Stream;
  readonly received: ReceivedHead;
  readonly fault: Problem | undefined;
  readonly arrival: Client['arrival'];
  readonly wantsTunnel: boolean;
  readonly expectsContinue: boolean;
  private readonly endless: Set<Http2Stream>;
  private readonly clock: Pick<Clock, 'date'>;
  private readonly listeners: (() => void)[] = [];
  private duplex: StreamDuplex | undefined;
  private sentStatus = 0;

  constructor({ stream, received, fault, arrival, wantsTunnel, endless, clock }: StreamRequest) {
    this.stream = stream;
    this.received = received;
    this.fault = fault;
    this.arrival = arrival;
    this.wantsTunnel = wantsTunnel;
    this.expectsContinue = valuesOf(received.headers, 'expect').some((value) => value.toLowerCase() === '100-continue');
    this.endless = endless;
    this.clock = clock;
    stream.onClose = () => this.close();
  }

  private close(): void {
    this.endless.delete(this.stream);
    for (const listener of this.listeners) listener();
    this.duplex?.over();
  }

  get body(): Readable {
    return this.whole;
  }

  private get whole(): StreamDuplex {
    this.duplex ??= new StreamDuplex(this.stream);
    return this.duplex;
  }

  trailers(): RawHeaders {
    return this.duplex?.received ?? [];
  }

  isWaiting(): boolean {
    return !this.stream.isHeadSent && !this.stream.isClosed;
  }

  status(): number {
    return this.sentStatus;
  }

  isClosed(): boolean {
    return this.stream.isClosed;
  }

  isAnswered(): boolean {
    return this.stream.isSent;
  }

  onClose(listener: () => void): () => void {
    this.listeners.push(listener);
    return () => {
      const index = this.listeners.indexOf(listener);
      if (index !== -1) this.listeners.splice(index, 1);
    };
  }

  neverEnds(): void {
    if (!this.stream.isClosed) this.endless.add(this.stream);
  }

  /** Sends the head of an answer. `isLast`: nothing follows, also because no body belongs to it. Gives whether a body can follow. */
  respond(status: number, fields: RawHeaders, isLast: boolean): boolean {
    const isBare = this.received.method === 'HEAD' || status === 204 || status === 205 || status === 304;
    this.sentStatus = status;
    // It has no body (RFC 9110 §15.3.6), so a length that says otherwise is an error.
    const own = status === 205 ? without(fields, 'content-length') : fields;
    this.stream.respond(status, hasDate(own) ? own : [...own, 'date', this.clock.date], isLast || isBare);
    return !isLast && !isBare;
  }

  // A head of HTTP/2 has one length whatever it holds, so what follows is another stream and no danger.
  sendPage({ status, headers, body }: Page): void {
    const bytes = Buffer.from(body);
    if (this.respond(status, headers, bytes.length === 0)) this.stream.write(bytes, true);
  }

  inform(status: number, _reason: string, fields: RawHeaders): void {
    this.stream.inform(status, fields);
  }

  relay({ status, body, isOver, trailers }: Answer, fields: RawHeaders): void {
    if (this.stream.isClosed) {
      body.destroy();
      return;
    }
    const { whole } = this;
    whole.trailers = trailers;
    // A fault resets the stream; that is the cut.
    if (this.respond(status, fields, isOver)) pipeline(body, whole, () => {});
    else body.resume();
  }

  openTunnel(fields: RawHeaders): { readonly duplex: Duplex; readonly early: Buffer } {
    this.stream.isTunnel = true;
    this.stream.respond(200, without(fields, 'sec-websocket-accept'), false);
    this.sentStatus = 101;
    return { duplex: this.whole, early: Buffer.alloc(0) };
  }

  handOver(handler: NodeHandler, place: { path: string; host: string }, fields: RawHeaders): void {
    handOver(this, handler, place, fields);
  }

  /** Ends it before the answer is whole. */
  cut(): void {
    this.stream.reset(codes.internal);
  }
}

const without = (fields: RawHeaders, name: string): RawHeaders =>
  fields.filter((_, index) => (fields[index - (index % 2)] as string).toLowerCase() !== name);
