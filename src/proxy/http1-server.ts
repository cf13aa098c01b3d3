import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Problem, problem } from '../model/problem.ts';
import { problemPage } from './problem-page.ts';
import { tokens } from './request-head.ts';

/** Bytes of one request head: cookies of a browser stay far below, and it is what other proxies take. */
export const maxHeadBytes = 64 * 1024;
/** A head that takes longer than this is an attack or a dead client. */
export const headMs = 30_000;
/** A connection without a request ends after this. */
export const keepAliveMs = 65_000;

export interface Http1Events {
  readonly request: (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;
  /** A request that asks for a WebSocket. `early` came after its head and belongs to the tunnel. */
  readonly websocket: (request: IncomingMessage, socket: Socket, early: Buffer) => void;
  /** Calls back when the answers to what was sent before, without waiting for them, have gone out: they need the connection until then. */
  readonly whenAnswered: (socket: Socket, goOn: () => void) => void;
  /** The parser gave up on the connection. */
  readonly invalid: (cause: Problem, socket: Socket) => void;
}

/**
 * Node's HTTP/1.1 server as a parser behind our own listeners: it listens nowhere, connections are handed to it by
 * `server.emit('connection', socket)`. `slowestHeadMs`: how long a head may take.
 */
export const createHttp1Server = (events: Http1Events, slowestHeadMs: number): Server => {
  const server = createServer({
    maxHeaderSize: maxHeadBytes,
    headersTimeout: slowestHeadMs,
    // Node's own 30 s would let a head take twice as long as it may.
    connectionsCheckingInterval: slowestHeadMs / 10,
    // It would cut long uploads; `headersTimeout` is what stops slow heads.
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    // Ours says what is wrong.
    requireHostHeader: false,
    noDelay: true,
  });
  // Node 20 drops fields beyond this count in silence, the length among them; the byte limit does the bounding.
  server.maxHeadersCount = 0;
  // A client that has said everything may close its half and still wants the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  // The timers for slow heads start with this event, and this server never listens itself.
  server.emit('listening');

  server.on('request', (request, response) => events.request(request, response, false));
  server.on('checkContinue', (request, response) => events.request(request, response, true));
  // Without a listener Node answers this by itself, in words that are not ours and past our rules.
  server.on('checkExpectation', (request, response) => events.request(request, response, false));
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    // Node has taken its listeners away; what goes wrong now must not end the process.
    socket.on('error', () => socket.destroy());
    events.invalid(problem('method-unsupported', { method: 'CONNECT' }), socket as Socket);
  });
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex, early: Buffer) => {
    const socket = duplex as Socket;
    // Node has taken its listeners away; a client that resets now must not end the process.
    const destroy = (): void => {
      socket.destroy();
    };
    socket.on('error', destroy);
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    // Before anything else comes: a connection of which the end was read takes nothing back.
    if (!isWebSocket) putBackWithoutUpgrade(request, socket, early);
    events.whenAnswered(socket, () => {
      if (socket.destroyed) return;
      if (isWebSocket) {
        events.websocket(request, socket, early);
        return;
      }
      socket.off('error', destroy);
      server.emit('connection', socket);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // The last answer is on its way, which inside TLS takes a moment; what still comes is nothing to be looked at.
    if (socket.writableEnded && !socket.destroyed) return;
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable) socket.destroy();
    else events.invalid(clientProblem(error.code), socket as Socket);
  });
  return server;
};

const clientProblem = (code: string | undefined): Problem => {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problem('head-too-large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request-timeout');
    default:
      return problem('request-invalid', { reason: 'it cannot be parsed' });
  }
};

/**
 * No protocol but WebSocket is changed to. An offer of another one may be ignored (RFC 9110 §7.8), and clients that offer h2c on
 * every connection rely on that: so the request is put back to be parsed once more, as if there were no offer.
 */
const putBackWithoutUpgrade = (request: IncomingMessage, socket: Socket, early: Buffer): void => {
  const { method, url, httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    let value = rawHeaders[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'upgrade' || lower === 'http2-settings') continue;
    if (lower === 'connection')
      value = tokens(value)
        .filter((option) => option !== 'upgrade' && option !== 'http2-settings')
        .join(', ');
    head += `${name}: ${value}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), early]));
};

/** Ends a connection with a problem, past Node's response objects. Nothing of the request is repeated in it. */
export const refuseConnection = (socket: Socket, cause: Problem): void => {
  // The last answer of the connection has been given.
  if (!socket.writable) {
    socket.destroySoon();
    return;
  }
  const { status, headers, body } = problemPage(cause, false);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  socket.end(`${head}\r\n${body}`);
  // What the client still sends is read and dropped for a moment: closing on it would reset the answer away.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), 1000);
  socket.once('close', () => clearTimeout(cut));
};
