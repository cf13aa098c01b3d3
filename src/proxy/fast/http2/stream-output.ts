import type { RawHeaders } from '../../request-head.ts';
import type { AnswerBegin, AnswerOutput, UpstreamExchange } from '../upstream-exchange.ts';
import type { StreamClient } from './stream-client.ts';

/** Gives what comes of an answer to a stream of HTTP/2: its end with what comes last, which takes one frame less. */
export class StreamOutput implements AnswerOutput {
  private readonly client: StreamClient;
  private readonly exchange: Pick<UpstreamExchange, 'trailers'>;
  /** The head that goes out with the next `flush`. */
  private head: AnswerBegin | undefined;
  /** What one event brought. */
  private parts: Buffer[] = [];

  constructor(client: StreamClient, exchange: Pick<UpstreamExchange, 'trailers'>) {
    this.client = client;
    this.exchange = exchange;
  }

  begin(head: AnswerBegin): void {
    this.head = head;
  }

  text(): void {
    // Frames say what HTTP/1.1 has to write between the parts of a body.
  }

  useRoom(): void {}

  bytes(buffer: Buffer, from: number, to: number): void {
    this.parts.push(buffer.subarray(from, to));
  }

  isBehind(): boolean {
    return this.client.stream.isBehind;
  }

  flush(isLast: boolean): boolean {
    const { client, parts, head } = this;
    const { stream } = client;
    const trailers = isLast ? this.exchange.trailers : noTrailers;
    const hasTrailers = trailers.length > 0;
    if (head !== undefined) {
      this.head = undefined;
      client.respond(head.status, head.fields, isLast && parts.length === 0 && !hasTrailers);
    }
    const last = isLast && !hasTrailers ? parts.length - 1 : -1;
    for (let index = 0; index < parts.length; index += 1) stream.write(parts[index] as Buffer, index === last);
    if (isLast) stream.end(trailers);
    parts.length = 0;
    return false;
  }
}

const noTrailers: RawHeaders = [];
