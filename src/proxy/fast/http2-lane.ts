import type { ServerHttp2Stream } from 'node:http2';
import type { Client } from '../client.ts';
import type { Failure, Forwarding, Lane } from '../lane.ts';
import type { RawHeaders } from '../request-head.ts';
import { Http2Output } from './http2-output.ts';
import { type AnswerBegin, type Asker, UpstreamExchange } from './upstream-exchange.ts';
import type { OpenUpstreams, Upstreams } from './upstreams.ts';

/**
 * The fast lane for requests that come by HTTP/2: over kept connections to their upstreams, without the objects of Node's client. What else
 * comes, and what is more than a request and its answer, goes to the full lane.
 */
export const createHttp2Lane = (upstreams: OpenUpstreams, full: Lane): Lane => {
  const open = new Set<StreamRequest>();
  upstreams.onSweep((now) => {
    for (const { exchange } of open) exchange.sweep(now);
  });
  return (forwarding) => {
    const { client, upstream } = forwarding;
    const { stream } = client;
    const isPlain = !client.wantsTunnel && !client.expectsContinue && upstream.protocol === undefined;
    if (stream === undefined || !isPlain) return full(forwarding);
    const request = new StreamRequest(stream, forwarding, upstreams, open);
    return () => request.leave();
  };
};

/** One request of the lane: a stream of HTTP/2 on one side, an exchange with an upstream on the other. */
class StreamRequest implements Asker {
  readonly output: Http2Output;
  readonly exchange: UpstreamExchange;
  private readonly stream: ServerHttp2Stream;
  private readonly forwarding: Forwarding;
  private readonly open: Set<StreamRequest>;

  constructor(stream: ServerHttp2Stream, forwarding: Forwarding, upstreams: Upstreams, open: Set<StreamRequest>) {
    const { client, head, upstream, headers, observed } = forwarding;
    this.stream = stream;
    this.forwarding = forwarding;
    this.open = open;
    const exchange = new UpstreamExchange(upstreams, this, false);
    this.exchange = exchange;
    this.output = new Http2Output(stream, exchange);
    open.add(this);
    client.onClose(() => this.leave());
    // What comes in frames goes on in chunks, unless its length is known.
    const { kind } = head.framing;
    exchange.ask(head, upstream, headers, kind === 'chunked' ? 'close' : kind, observed);
    exchange.flush();
    if (!stream.endAfterHeaders) this.passBody(client);
  }

  private passBody(client: Client): void {
    const { stream, exchange } = this;
    stream.on('data', (chunk: Buffer) => {
      exchange.pass(chunk, 0);
      exchange.flush();
      if (exchange.isUpstreamBehind()) stream.pause();
    });
    stream.on('end', () => {
      // A client that takes its request back ends it like this too.
      if (stream.closed) return;
      exchange.end(client.trailers());
      exchange.flush();
    });
  }

  /** Ends what is under way. */
  leave(): void {
    this.open.delete(this);
    this.exchange.drop();
  }

  answerHeaders(headers: RawHeaders, status: number): string[] {
    return this.forwarding.answerHeaders(headers, status);
  }

  inform(status: number, reason: string, fields: RawHeaders): void {
    this.forwarding.client.inform(status, reason, fields);
  }

  begin({ status, fields, kind }: AnswerBegin): void {
    this.output.begin(status, fields, kind);
  }

  answered(): void {
    this.dropRest();
  }

  failed(failure: Failure): void {
    this.dropRest();
    this.forwarding.failed(failure);
  }

  /** What the client still sends goes nowhere. */
  private dropRest(): void {
    this.open.delete(this);
    if (!this.stream.endAfterHeaders) this.stream.resume();
  }

  cut(reason: string): void {
    this.open.delete(this);
    if (this.forwarding.client.isClosed()) return;
    this.forwarding.lost(reason);
    // `close` would end the body in good order first.
    this.stream.destroy(new Error(reason));
  }

  upstreamDrained(): void {
    this.stream.resume();
  }
}
