import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { pipeline } from 'node:stream';
import type { Problem } from '../model/problem.ts';
import type { Answer, Client } from './client.ts';
import { pairs } from './headers.ts';
import { http2Fields } from './http2-headers.ts';
import { endRequest, stopRequest } from './http2-stream.ts';
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
  readonly wantsTunnel: boolean;
  readonly neverEnds: () => void;
}

/** The client's side of a request over HTTP/2. */
export const http2Client = (exchange: Http2Request): Client => {
  const { stream, received, fault, headers, object, arrival, wantsTunnel } = exchange;
  let trailers: RawHeaders = [];
  let switched = false;
  let closed = false;
  const listeners = new Set<() => void>();
  stream.once('close', () => {
    closed = true;
    for (const listener of listeners) listener();
  });
  stream.once('trailers', (_trailers: unknown, _flags: number, raw: RawHeaders) => {
    trailers = raw;
  });
  const isWaiting = (): boolean => !stream.headersSent && !stream.destroyed && !stream.closed;

  return {
    received,
    fault,
    arrival,
    expectsContinue: valuesOf(headers, 'expect').some((value) => value.toLowerCase() === '100-continue'),
    wantsTunnel,
    body: stream,
    stream,
    trailers: () => trailers,
    isWaiting,
    status: () => (switched ? 101 : stream.headersSent ? Number(stream.sentHeaders[':status']) : 0),
    isClosed: () => closed,
    isAnswered: () => stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR,
    onClose: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    neverEnds: exchange.neverEnds,
    // A head of HTTP/2 has one length whatever it holds, so what follows is another stream and no danger.
    sendPage: ({ status, headers: fields, body }) => {
      stream.respond({ ':status': status, ...http2Fields(fields) });
      endRequest(stream);
      if (!stream.writableEnded) stream.end(body);
    },
    inform: (status, _reason, fields) => {
      if (isWaiting()) stream.additionalHeaders({ ':status': status, ...http2Fields(fields) });
    },
    relay: (answer, fields) => relay(stream, answer, fields),
    openTunnel: (fields) => {
      switched = true;
      const { 'sec-websocket-accept': _accept, ...rest } = http2Fields(fields);
      stream.respond({ ':status': 200, ...rest });
      return { duplex: stream, early: Buffer.alloc(0) };
    },
    handOver: (handler, { path, host }, fields) => {
      const request = new Http2ServerRequest(stream, object, {}, headers);
      const response = new Http2ServerResponse(stream);
      endRequest(stream);
      request.url = path;
      request.headers.host = host;
      for (const [name, value] of pairs(fields)) response.setHeader(name, value);
      // They stand in for those of HTTP/1.1, which is what they were made for.
      (handler as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void)(request, response);
    },
  };
};

const relay = (stream: ServerHttp2Stream, { status, body, isOver, trailers }: Answer, fields: RawHeaders): void => {
  // Who waits for trailers pays a frame for it, so only where some can follow.
  const waitForTrailers = trailers !== undefined && !isOver && valuesOf(fields, 'content-length').length === 0;
  stream.respond({ ':status': status, ...http2Fields(fields) }, { endStream: isOver, waitForTrailers });
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
};
