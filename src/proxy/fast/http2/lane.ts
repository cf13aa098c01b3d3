import type { Failure, Forwarding, Lane } from '../../lane.ts';
import type { RawHeaders } from '../../request-head.ts';
import { type AnswerBegin, type Asker, UpstreamExchange } from '../upstream-exchange.ts';
import type { OpenUpstreams, Upstreams } from '../upstreams.ts';
import type { BodyTaker } from './stream.ts';
import { StreamClient } from './stream-client.ts';
import { StreamOutput } from './stream-output.ts';

/**
 * The fast lane for requests that come by HTTP/2: over kept connections to their upstreams, without the objects of Node's client. What else
 * comes, and what is more than a request and its answer, goes to the full lane.
 */
export const createHttp2Lane = (upstreams: OpenUpstreams, full: Lane): Lane => {
  const open = new Set<StreamExchange>();
  upstreams.onSweep((now) => {
    for (const { exchange } of open) exchange.sweep(now);
  });
  return (forwarding) => {
    const { client, upstream } = forwarding;
    const isPlain = !client.wantsTunnel && !client.expectsContinue && upstream.protocol === undefined;
    if (!isPlain || !(client instanceof StreamClient)) return full(forwarding);
    const request = new StreamExchange(client, forwarding, upstreams, open);
    return () => request.leave();
  };
};

/** One request of the lane: a stream of HTTP/2 on one side, an exchange with an upstream on the other. */
class StreamExchange implements Asker, BodyTaker {
  readonly output: StreamOutput;
  readonly exchange: UpstreamExchange;
  private readonly client: StreamClient;
  private readonly forwarding: Forwarding;
  private readonly open: Set<StreamExchange>;

  constructor(client: StreamClient, forwarding: Forwarding, upstreams: Upstreams, open: Set<StreamExchange>) {
    const { head, upstream, headers, observed } = forwarding;
    const { stream } = client;
    this.client = client;
    this.forwarding = forwarding;
    this.open = open;
    const exchange = new UpstreamExchange(upstreams, this, false);
    this.exchange = exchange;
    this.output = new StreamOutput(client, exchange);
    open.add(this);
    client.onClose(() => {
      // Where all of the answer was given, the exchange is over, or is just about to be; but what follows a 205 was left out.
      if (!stream.isAnswered || client.status() === 205) this.leave();
    });
    stream.onDrain = () => exchange.resume();
    // What comes in frames goes on in chunks, unless its length is known.
    const { kind } = head.framing;
    exchange.ask(head, upstream, headers, kind === 'chunked' ? 'close' : kind, observed);
    exchange.flush();
    if (!stream.endAfterHeaders) stream.give(this);
  }

  data(buffer: Buffer, from: number, to: number): boolean {
    const { exchange } = this;
    exchange.pass(from === 0 && to === buffer.length ? buffer : buffer.subarray(0, to), from);
    exchange.flush();
    return !exchange.isUpstreamBehind();
  }

  ended(trailers: RawHeaders): void {
    this.exchange.end(trailers);
    this.exchange.flush();
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
    this.client.inform(status, reason, fields);
  }

  begin(answer: AnswerBegin): void {
    this.output.begin(answer);
  }

  answered(): void {
    this.open.delete(this);
  }

  failed(failure: Failure): void {
    this.open.delete(this);
    this.client.stream.taken();
    this.forwarding.failed(failure);
  }

  cut(reason: string): void {
    this.open.delete(this);
    if (this.client.isClosed()) return;
    this.forwarding.lost(reason);
    this.client.cut();
  }

  upstreamDrained(): void {
    this.client.stream.taken();
  }
}
