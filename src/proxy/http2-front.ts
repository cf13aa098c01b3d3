import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { problem } from '../model/problem.ts';
import { arrivalOf } from './arrival.ts';
import type { Handle } from './client.ts';
import type { Front } from './front.ts';
import { keepAliveMs, maxHeadBytes } from './http1-server.ts';
import { http2Client } from './http2-client.ts';
import { receivedHead, roughHead, sizeOf } from './http2-headers.ts';
import type { RawHeaders } from './request-head.ts';

/**
 * Requests of one connection at a time. A page with a thousand modules asks for the rest as answers come; and a reload cancels no
 * more than these, which stays far below the thousand resets at once that nghttp2 allows (CVE-2023-44487).
 */
const maxStreams = 100;
/** Bytes of one request body that may be on their way before the upstream has taken them. */
const streamWindow = 256 * 1024;
/** And of all bodies of a connection together; Node gives them free at once, so that no slow upstream holds up another. */
const connectionWindow = 1024 * 1024;
/** Megabytes that one connection may hold; more streams are refused until some of it is free. */
const maxSessionMb = 32;

/** Connections of HTTP/2, inside TLS. */
export const createHttp2Front = (handle: Handle): Front => {
  const endless = new Set<ServerHttp2Stream>();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    maxSessionMemory: maxSessionMb,
    // As for HTTP/1.1 the bytes are what is limited. What nghttp2 takes at most is more than that, so that we can say what is wrong.
    maxHeaderListPairs: maxHeadBytes / 32,
    settings: {
      enablePush: false,
      enableConnectProtocol: true,
      maxConcurrentStreams: maxStreams,
      maxHeaderListSize: 2 * maxHeadBytes,
      initialWindowSize: streamWindow,
    },
  });

  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(connectionWindow);
    let streams = 0;
    session.on('stream', (stream) => {
      streams += 1;
      stream.once('close', () => {
        streams -= 1;
      });
    });
    // Silence ends a connection, but not one that carries a tunnel or a stream of events.
    session.setTimeout(keepAliveMs, () => {
      if (streams === 0) session.close();
    });
  });
  server.on('sessionError', () => {});
  server.on('stream', (...args: unknown[]) => receive(...(args as Parameters<typeof receive>)));

  const receive = (
    stream: ServerHttp2Stream,
    object: IncomingHttpHeaders,
    _flags: number,
    headers: RawHeaders,
  ): void => {
    // What goes wrong with a stream ends it; who cares listens for its close.
    stream.on('error', () => {});
    const { session } = stream;
    if (stream.destroyed || session === undefined) return;
    if (stream.endAfterHeaders) stream.resume();
    const webSocketKey = (): string => randomBytes(16).toString('base64');
    const head = receivedHead({ headers, isOver: stream.endAfterHeaders, webSocketKey });
    const fault = sizeOf(headers) > maxHeadBytes ? problem('head-too-large') : 'code' in head ? head : undefined;
    const client = http2Client({
      stream,
      received: 'code' in head ? roughHead(headers) : head,
      fault,
      headers,
      object,
      arrival: arrivalOf(session.socket, '2.0'),
      wantsTunnel: object[':protocol'] !== undefined,
      neverEnds: () => {
        endless.add(stream);
        stream.once('close', () => endless.delete(stream));
      },
    });
    handle(client);
  };

  return {
    accept: (socket: Socket) => {
      server.emit('connection', socket);
    },
    drain: () => {
      // `close` with a code may lose its frame while the answer is open; this ends the answer.
      for (const stream of endless) stream.destroy();
      for (const session of sessions) session.close();
    },
  };
};
