import { Duplex } from 'node:stream';
import type { RawHeaders } from '../../request-head.ts';
import { codes } from './frames.ts';
import type { BodyTaker, Http2Stream } from './stream.ts';

/** A stream of HTTP/2 as a stream of Node's, for what goes by the full lane: its readable side is the request, its writable side the answer. */
export class StreamDuplex extends Duplex implements BodyTaker {
  /** The trailer fields of the request, complete once it has ended. */
  received: RawHeaders = [];
  /** The trailer fields of the answer, asked for when its body is over. */
  trailers: (() => RawHeaders) | undefined;
  private readonly stream: Http2Stream;
  private goOn: (() => void) | undefined;

  constructor(stream: Http2Stream) {
    // What cannot be read at once waits in the stream, where it takes less.
    super({ readableHighWaterMark: 1 });
    this.stream = stream;
    // Whoever cares listens for the end of the request.
    this.on('error', () => {});
    stream.onDrain = () => this.drained();
    if (stream.endAfterHeaders) this.push(null);
    else stream.give(this);
  }

  data(buffer: Buffer, from: number, to: number): boolean {
    return this.push(buffer.subarray(from, to));
  }

  ended(trailers: RawHeaders): void {
    this.received = trailers;
    this.push(null);
  }

  /** The stream is over. A request that is not whole ends with an error: it was taken back. */
  over(): void {
    const isWhole = this.stream.isReceived && this.stream.isSent;
    if (isWhole) this.drained();
    // What came is still there to be read.
    if (!isWhole || this.readableEnded)
      this.destroy(isWhole ? undefined : new Error('the client took the request back'));
  }

  override _read(): void {
    this.stream.taken();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.stream.write(chunk, false);
    if (this.stream.isBehind) this.goOn = done;
    else done();
  }

  override _final(done: () => void): void {
    const { stream } = this;
    stream.end(this.trailers?.() ?? []);
    // Not before all has been sent: what is finished on both sides is destroyed.
    if (stream.isSent || stream.isClosed) done();
    else this.goOn = done;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.stream.reset(error === null ? codes.none : codes.internal);
    done(error);
  }

  private drained(): void {
    const { goOn } = this;
    this.goOn = undefined;
    goOn?.();
  }
}
