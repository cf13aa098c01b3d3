import type { ServerHttp2Stream } from 'node:http2';
import { answerFields, http2Fields } from '../http2-headers.ts';
import { endRequest, stopRequest } from '../http2-stream.ts';
import type { RawHeaders } from '../request-head.ts';
import type { BodyKind } from './message-body.ts';
import type { AnswerOutput, UpstreamExchange } from './upstream-exchange.ts';

/** What one event brings is copied up to this size: to go on reading into the same buffer costs less than another one. */
const copied = 16 * 1024;

const noParts: Buffer[] = [];

/** Gathers what one event brings of an answer and gives it to a stream of HTTP/2: head, body and end are two calls where all of it is there. */
export class Http2Output implements AnswerOutput {
  private readonly stream: ServerHttp2Stream;
  private readonly exchange: Pick<UpstreamExchange, 'resume' | 'trailers'>;
  private status = 0;
  /** The head that goes out with the next `flush`. */
  private fields: RawHeaders | undefined;
  private kind: BodyKind = 'none';
  /** Parts of buffers that belong to others. */
  private parts: Buffer[] = noParts;
  private size = 0;
  private isFull = false;

  constructor(stream: ServerHttp2Stream, exchange: Pick<UpstreamExchange, 'resume' | 'trailers'>) {
    this.stream = stream;
    this.exchange = exchange;
  }

  begin(status: number, fields: RawHeaders, kind: BodyKind): void {
    this.status = status;
    this.fields = fields;
    this.kind = kind;
  }

  text(): void {
    // Frames say what HTTP/1.1 has to write between the parts of a body.
  }

  useRoom(): void {}

  bytes(buffer: Buffer, from: number, to: number): void {
    const part = buffer.subarray(from, to);
    if (this.size === 0) this.parts = [part];
    else this.parts.push(part);
    this.size += to - from;
  }

  isBehind(): boolean {
    return this.isFull;
  }

  flush(isLast: boolean): boolean {
    const { stream, parts, size } = this;
    const isLent = parts.length === 1 && size > copied;
    const data = size === 0 ? undefined : isLent ? parts[0] : Buffer.concat(parts, size);
    if (size > 0) {
      this.parts = noParts;
      this.size = 0;
    }
    if (stream.destroyed || stream.closed) return false;
    if (this.fields !== undefined) this.respond(this.fields, isLast, data === undefined);
    // Also where no body belongs to the answer, whatever its length says: HEAD, 204, 205, 304.
    if (stream.writableEnded) return false;
    if (isLast) {
      if (data === undefined) stream.end();
      else stream.end(data);
    } else if (data !== undefined && !stream.write(data)) this.waitForRoom();
    return isLent;
  }

  private respond(fields: RawHeaders, isLast: boolean, isEmpty: boolean): void {
    const { stream } = this;
    this.fields = undefined;
    const hasTrailers = this.kind === 'chunked' && (!isLast || this.exchange.trailers.length > 0);
    stream.respond(answerFields(this.status, fields), {
      endStream: isLast && isEmpty && !hasTrailers,
      waitForTrailers: hasTrailers,
    });
    if (hasTrailers)
      stream.once('wantTrailers', () => {
        stream.sendTrailers(http2Fields(this.exchange.trailers));
        stopRequest(stream);
      });
    else if (!stream.endAfterHeaders) endRequest(stream);
  }

  private waitForRoom(): void {
    this.isFull = true;
    this.stream.once('drain', () => {
      this.isFull = false;
      this.exchange.resume();
    });
  }
}
