import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { arrivalOf } from './arrival.ts';
import type { Answer, Client } from './client.ts';
import { pairs } from './headers.ts';
import { type RawHeaders, valuesOf } from './request-head.ts';
import { reset } from './reset.ts';

/** What a connection of HTTP/1.1 knows about the request that is under way on it. */
export interface Http1Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly expectsContinue: boolean;
  /** For a WebSocket: the connection, and what came behind the head. */
  readonly upgrade: { readonly socket: Socket; readonly early: Buffer } | undefined;
  /** The proxy closes: the connection ends behind the answer. */
  readonly isDraining: () => boolean;
  /** Nothing that follows on the connection is believed. */
  readonly isDistrusted: () => boolean;
  readonly distrust: () => void;
  readonly neverEnds: () => void;
  /** The connection belongs to a tunnel now. */
  readonly given: () => void;
}

/** The client's side of a request over HTTP/1.1. */
export const http1Client = (exchange: Http1Request): Client => {
  const { request, response, upgrade } = exchange;
  const { method = '', url = '', httpVersion, rawHeaders, socket } = request;
  const listeners = new Set<() => void>();
  let switched = false;
  let closed = false;
  const close = (): void => {
    closed = true;
    for (const listener of listeners) listener();
  };
  response.once('close', close);

  const isWaiting = (): boolean => !response.headersSent && !response.destroyed && !switched;
  const closing = (last: boolean): string[] => (last ? ['Connection', 'close'] : []);

  return {
    received: { method, target: url, version: httpVersion, headers: rawHeaders },
    fault: undefined,
    arrival: arrivalOf(socket, httpVersion === '1.0' ? '1.0' : '1.1'),
    expectsContinue: exchange.expectsContinue,
    wantsTunnel: upgrade !== undefined,
    body: request,
    trailers: () => request.rawTrailers,
    isWaiting,
    status: () => (switched ? 101 : response.headersSent ? response.statusCode : 0),
    isClosed: () => closed,
    isAnswered: () => response.writableFinished,
    onClose: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    neverEnds: exchange.neverEnds,
    sendPage: ({ status, headers, body }, distrust) => {
      if (distrust) exchange.distrust();
      response.once('finish', () => dropRest(request));
      response.writeHead(status, [...headers, ...closing(exchange.isDistrusted() || exchange.isDraining())]);
      response.end(method === 'HEAD' ? undefined : body);
    },
    inform: (status, reason, fields) => {
      if (!isWaiting() || upgrade !== undefined || httpVersion !== '1.1') return;
      // Only the answer that is next on the connection has the socket; others would be out of turn.
      response.socket?.write(serialise(`HTTP/1.1 ${status} ${reason}`, fields), 'latin1');
    },
    relay: (answer, fields) => relay(request, response, answer, [...fields, ...closing(exchange.isDraining())]),
    openTunnel: (fields) => {
      const { socket: duplex, early } = upgrade as NonNullable<typeof upgrade>;
      switched = true;
      exchange.given();
      response.off('close', close);
      duplex.once('close', close);
      response.detachSocket(duplex);
      const head = ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...fields];
      duplex.write(serialise('HTTP/1.1 101 Switching Protocols', head), 'latin1');
      return { duplex, early };
    },
    handOver: (handler, { path, host }, fields) => {
      request.url = path;
      request.headers.host = host;
      for (const [name, value] of pairs(fields)) response.setHeader(name, value);
      handler(request, response);
    },
  };
};

const serialise = (line: string, fields: RawHeaders): string =>
  `${line}\r\n${pairs(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const nothing = Buffer.alloc(0);

const relay = (request: IncomingMessage, response: ServerResponse, answer: Answer, fields: string[]): void => {
  const { status, reason, body, trailers } = answer;
  response.writeHead(status, reason, fields);
  // The head goes out even if the body takes its time; not at once, so that a small answer is one write.
  setImmediate(() => {
    // `flushHeaders` would write characters of Latin-1 as UTF-8.
    if (!response.writableEnded && !response.destroyed) response.write(nothing);
  });
  body.once('end', () => {
    if (response.chunkedEncoding && trailers !== undefined) response.addTrailers(pairs(trailers()));
  });
  body.once('error', () => {
    // Without a length and without chunks the end of the connection is the end of the body: only a reset says "cut".
    if (!response.chunkedEncoding && valuesOf(fields, 'content-length').length === 0) reset(response.socket);
  });
  response.once('finish', () => dropRest(request));
  pipeline(body, response, () => {
    // Both are over either way: pipeline destroys the one that is left.
  });
};

/** How long and how much of a body that nobody wants is read, so that the client gets to see the answer. */
export const restMs = 2000;

/** After an answer that came before the end of the request: reads the rest and drops it; closing at once would reset the answer away. */
const dropRest = (request: IncomingMessage): void => {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), restMs);
  const done = (): void => clearTimeout(cut);
  request.once('end', done).once('close', done);
};
