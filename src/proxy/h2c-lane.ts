import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { type Readable, Transform } from 'node:stream';
import type { Upstream } from '../model/workstream.ts';
import { judgeAnswer } from './answer-head.ts';
import type { LaneOptions } from './full-lane.ts';
import { safeTrailers } from './headers.ts';
import { http2Fields, plainFields, upstreamFields } from './http2-headers.ts';
import {
  countRequest,
  type Failure,
  type Forwarding,
  failureOf,
  hasBody,
  isRepeatable,
  type Lane,
  passAnswer,
  passingInterim,
} from './lane.ts';
import { type RawHeaders, valuesOf } from './request-head.ts';

type Head = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** A connection to an upstream that requests share. */
interface Shared {
  readonly session: ClientHttp2Session;
  /** It has carried a request already, so the upstream may have given it up in the meantime. */
  used: boolean;
  streams: number;
}

/** An idle connection is closed after this. */
const idleMs = 15_000;
/** Bytes of one answer that may be on their way before the client has taken them. */
const window = 256 * 1024;
/** Fields of one answer; their bytes are limited as well. */
const maxFields = 1000;

export interface H2cLane {
  readonly forward: Lane;
  readonly close: () => void;
}

/**
 * The lane to upstreams that speak HTTP/2 in clear text, with prior knowledge (RFC 9113 §3.3), as gRPC servers do: streams both ways
 * for as long as both sides like, and trailers. Requests share a connection per upstream.
 */
export const createH2cLane = ({ connections, responseTimeoutMs }: LaneOptions): H2cLane => {
  const sessions = new Map<string, Shared>();

  const forgetSession = ({ host, port }: Upstream, shared: Shared): void => {
    if (sessions.get(`${host} ${port}`) === shared) sessions.delete(`${host} ${port}`);
  };

  const sessionFor = (upstream: Upstream): Shared => {
    const key = `${upstream.host} ${upstream.port}`;
    const known = sessions.get(key);
    if (known !== undefined && !known.session.closed && !known.session.destroyed) return known;
    // Where it leads is decided by `createConnection`; each request has an authority of its own.
    const session = connect('http://localhost', {
      createConnection: () => connections.open(upstream),
      maxHeaderListPairs: maxFields,
      settings: { enablePush: false, initialWindowSize: window },
    });
    const shared: Shared = { session, used: false, streams: 0 };
    const forget = (): void => forgetSession(upstream, shared);
    // Its requests are told on their own.
    session.on('error', forget).once('close', forget);
    // It takes no more requests; those that it has taken are finished.
    session.once('goaway', forget);
    session.setTimeout(idleMs);
    session.on('timeout', () => {
      if (shared.streams === 0) session.close();
    });
    sessions.set(key, shared);
    return shared;
  };

  const attempt = (forwarding: Forwarding, mayRepeat: boolean): (() => void) => {
    const { client, head, upstream } = forwarding;
    const shared = sessionFor(upstream);
    const { session } = shared;
    const wasUsed = shared.used;
    shared.used = true;
    let over = false;
    let cancelRepeated: (() => void) | undefined;

    const withBody = hasBody(head) || client.expectsContinue;
    const isChunked = head.framing.kind === 'chunked';
    const stream = session.request(upstreamFields(head, forwarding.headers), {
      endStream: !withBody,
      waitForTrailers: isChunked,
    });

    const fail = (failure: Failure): void => {
      if (over) return;
      over = true;
      keep();
      forwarding.failed(failure);
      cancel(stream);
    };
    const lost = (error: Error): void => {
      if (over) return;
      if (client.isClosed()) {
        over = true;
        return;
      }
      // Only what was certainly not taken, or may be sent twice, is sent again; and only once.
      const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && !withBody;
      if (mayRepeat && (isRefused || (wasUsed && isRepeatable(forwarding.head, forwarding.client.expectsContinue)))) {
        over = true;
        keep();
        forgetSession(upstream, shared);
        cancelRepeated = attempt(forwarding, false);
        return;
      }
      fail(whyLost(error));
    };
    // An upstream that has answered may still wait for the rest of the request.
    const keep = client.onClose(() => cancel(stream));

    shared.streams += 1;
    stream.on('error', lost);
    stream.once('close', () => {
      shared.streams -= 1;
      // Silence is counted from here; it was not while the stream was silent.
      if (shared.streams === 0 && !session.destroyed) session.setTimeout(idleMs);
      lost(breakOf(stream));
    });
    stream.setTimeout(responseTimeoutMs, () => {
      const seconds = responseTimeoutMs / 1000;
      fail({ kind: 'timeout', reason: `no answer within ${seconds} s` });
    });
    const passInterim = passingInterim(forwarding);
    stream.on('headers', (fields: Head, _flags: number, raw: RawHeaders) => {
      const failure = passInterim(fields[':status'] ?? 0, '', plainFields(raw));
      if (failure !== undefined) fail(failure);
    });
    let trailers: RawHeaders = [];
    stream.once('trailers', (_fields: Head, _flags: number, raw: RawHeaders) => {
      trailers = safeTrailers(raw);
    });
    stream.once('response', (fields: Head, flags: number, raw: RawHeaders) => {
      if (over) return;
      const status = fields[':status'] ?? 0;
      const headers = plainFields(raw);
      const unsound = judgeAnswer({ status, version: '1.1', headers });
      if (unsound !== undefined) return fail({ kind: 'invalid', reason: unsound });
      over = true;
      stream.setTimeout(0);
      const isOver = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const body = isOver ? stream : wholeBody(stream, hasNoBody(head.method, status) ? undefined : lengthOf(headers));
      passAnswer(forwarding, { status, reason: '', body, isOver, trailers: () => trailers }, headers);
    });
    if (isChunked) stream.once('wantTrailers', () => stream.sendTrailers(http2Fields(safeTrailers(client.trailers()))));
    if (withBody) client.body.pipe(stream);
    countRequest(forwarding);
    return () => {
      over = true;
      cancel(stream);
      cancelRepeated?.();
    };
  };

  return {
    forward: (forwarding) => {
      if (!forwarding.head.websocket) return attempt(forwarding, true);
      forwarding.failed({ kind: 'invalid', reason: 'it is declared as h2c, which has no WebSocket here' });
      return () => {};
    },
    close: () => {
      for (const { session } of sessions.values()) session.destroy();
    },
  };
};

const cancel = (stream: ClientHttp2Stream): void => {
  if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
};

/** What is to be told of a stream that closed, as an error. */
const breakOf = ({ session, rstCode }: ClientHttp2Stream): Error =>
  new Error(
    session === undefined || session.destroyed
      ? 'the connection was closed'
      : `it reset the request with code ${rstCode}`,
  );

const whyLost = (error: NodeJS.ErrnoException): Failure => {
  // A request that waited for the connection says only that it was cancelled, and for what cause.
  const { code, cause } = error;
  if (code === 'ERR_HTTP2_STREAM_CANCEL' && cause instanceof Error) return failureOf(cause);
  if (code === 'ERR_HTTP2_ERROR') return { kind: 'invalid', reason: 'it does not speak HTTP/2' };
  return failureOf(error);
};

/** Whether a length says only what another answer would have. */
const hasNoBody = (method: string, status: number): boolean => method === 'HEAD' || status === 304;

const lengthOf = (headers: RawHeaders): number | undefined => {
  const length = valuesOf(headers, 'content-length')[0];
  return length === undefined ? undefined : Number(length);
};

/** The body of an answer, which fails where it is cut. Node ends a stream in the same way when its connection is lost. */
const wholeBody = (stream: ClientHttp2Stream, length: number | undefined): Readable => {
  let received = 0;
  const body = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      received += chunk.length;
      done(null, chunk);
    },
    flush: (done) => {
      const isCut = stream.rstCode !== constants.NGHTTP2_NO_ERROR || (length !== undefined && received !== length);
      done(isCut ? breakOf(stream) : null);
    },
    destroy: (error, done) => {
      cancel(stream);
      done(error);
    },
  });
  stream.pipe(body);
  stream.on('error', (error) => body.destroy(error));
  stream.once('close', () => {
    if (!body.writableEnded) body.destroy(breakOf(stream));
  });
  return body;
};
