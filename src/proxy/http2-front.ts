import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { problem } from '../model/problem.ts';
import { rateLimit } from '../model/rate.ts';
import { arrivalOf } from './arrival.ts';
import type { Client, Handle } from './client.ts';
import type { Front } from './front.ts';
import { watchHalfOpen } from './half-open.ts';
import { keepAliveMs, maxHeadBytes } from './http1-server.ts';
import { Http2Client } from './http2-client.ts';
import { receivedHead, roughHead, sizeOf } from './http2-headers.ts';
import {
  connectionWindow,
  maxHeaderList,
  maxResets,
  maxStreams,
  resetsPerSecond,
  streamWindow,
} from './http2-limits.ts';
import type { RawHeaders } from './request-head.ts';

/** Megabytes that one connection may hold; more streams are refused until some of it is free. */
const maxSessionMb = 32;

const webSocketKey = (): string => randomBytes(16).toString('base64');

/** Connections of HTTP/2, inside TLS. `silenceMs`: after so long without a byte it is looked whether a client is still there. */
export const createNodeHttp2Front = (handle: Handle, silenceMs: number = keepAliveMs): Front => {
  const endless = new Set<ServerHttp2Stream>();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    maxSessionMemory: maxSessionMb,
    // The bytes are what is limited.
    maxHeaderListPairs: maxHeaderList / 32,
    // nghttp2 counts up to 12 more for each field of an answer, and resets the stream beyond this.
    maxSendHeaderBlockLength: maxHeaderList,
    settings: {
      enablePush: false,
      enableConnectProtocol: true,
      maxConcurrentStreams: maxStreams,
      maxHeaderListSize: maxHeaderList,
      initialWindowSize: streamWindow,
    },
  });

  server.on('session', (session) => {
    const arrival = arrivalOf(session.socket, '2.0');
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(connectionWindow);
    const mayReset = rateLimit(maxResets, resetsPerSecond);
    let streams = 0;
    let hasEnded = false;
    /** Those with a body. */
    const unfinished = new Set<ServerHttp2Stream>();
    // A client that has closed its half gets the answers under way, and will ask for nothing else. Node would go on waiting for it.
    const endIfOver = (): void => {
      if (hasEnded && streams === 0 && !session.destroyed) session.destroy();
    };
    session.socket.once('end', () => {
      hasEnded = true;
      // What is missing of these will not come.
      for (const stream of unfinished) if (!stream.readableEnded) stream.close(constants.NGHTTP2_CANCEL);
      endIfOver();
    });
    session.on('stream', (stream, object, _flags, ...more: unknown[]) => {
      const [headers] = more as [RawHeaders];
      streams += 1;
      // What goes wrong with a stream ends it; who cares listens for its close.
      stream.on('error', ignore);
      if (!stream.endAfterHeaders) {
        unfinished.add(stream);
        outlives.register(stream, coreOf(session));
      }
      const client = stream.destroyed ? undefined : clientOf(stream, object, headers, arrival);
      // Few listeners: each costs as much as all that is decided about a request.
      stream.on('close', () => {
        streams -= 1;
        unfinished.delete(stream);
        endIfOver();
        // Silence is counted from here; it was not while the stream was silent.
        if (streams === 0 && !session.destroyed) session.setTimeout(silenceMs);
        // Not at once, while nghttp2 reads: at the next frame of a wrong size it would end the process (CVE-2026-27135).
        if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !mayReset()) setImmediate(() => session.close());
        client?.close();
        // Node's side of a stream stays until a full collection, and with it all that these lead to. What a stream does of its own
        // when they are removed, to look in the next turn who reads, is for one that goes on.
        EventEmitter.prototype.removeAllListeners.call(stream);
      });
      if (client === undefined) return;
      handle(client);
      client.forget();
    });
    let isAsked = false;
    // Silence ends a connection, but not one that carries a tunnel or a stream of events, as long as its client answers. Else what nghttp2
    // has given up for an error would stay for ever: Node says nothing of that, and reads no more of it, not even its end.
    session.setTimeout(silenceMs);
    session.on('timeout', () => {
      // `close` would read on, and of what nghttp2 has given up the next frame of a wrong size would end the process.
      if (streams === 0 || isAsked) session.destroy();
      else {
        isAsked = true;
        session.ping((unanswered) => {
          // Told at once where Node asks nobody any more, of a client that has said goodbye.
          if (unanswered === null) isAsked = false;
        });
        session.setTimeout(silenceMs);
      }
    });
  });
  server.on('sessionError', ignore);

  const clientOf = (
    stream: ServerHttp2Stream,
    object: IncomingHttpHeaders,
    headers: RawHeaders,
    arrival: Client['arrival'],
  ): Http2Client => {
    const head = receivedHead({ headers, isOver: stream.endAfterHeaders, webSocketKey });
    const fault = sizeOf(headers) > maxHeadBytes ? problem('head-too-large') : 'code' in head ? head : undefined;
    const received = 'code' in head ? roughHead(headers) : head;
    return new Http2Client({ stream, received, fault, headers, object, arrival, endless });
  };

  return {
    accept: (socket: Socket) => {
      // Of clients that have closed their half, those that take nothing have left.
      socket.once('close', watchHalfOpen(socket));
      server.emit('connection', socket);
    },
    drain: () => {
      // `close` with a code may lose its frame while the answer is open; this ends the answer.
      for (const stream of endless) stream.destroy();
      for (const session of sessions) session.close();
    },
  };
};

/**
 * Keeps the core of a connection for as long as a stream of it is not collected. A stream may hold the beginning of trailers that never
 * ended, in memory that is counted for the connection; collected before it, the connection ends the process by an assertion in Node.
 */
const outlives = new FinalizationRegistry<unknown>(() => {});

/**
 * What Node keeps in its own memory for a connection. It has no public name. Nothing that the connection leads to may hold it: where
 * a client has not confirmed the settings, it leads back to the connection, and both would stay for ever.
 */
const coreOf = (session: ServerHttp2Session): unknown => {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  return name && (session as unknown as Readonly<Record<symbol, unknown>>)[name];
};

const ignore = (): void => {};
