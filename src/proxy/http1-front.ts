import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Problem, problem } from '../model/problem.ts';
import type { Handle, Spoil } from './client.ts';
import type { Front } from './front.ts';
import { watchHalfOpen } from './half-open.ts';
import { type Http1Request, http1Client } from './http1-client.ts';
import { createHttp1Server, headMs, refuseConnection } from './http1-server.ts';
import { watchProtocol } from './watch-protocol.ts';

/** What is under way on one connection. */
interface Connection {
  /** The last request that came; earlier ones are over or will be before it begins. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly expectsContinue: boolean;
  readonly upgrade: Http1Request['upgrade'];
  /** A head was refused as ambiguous: nothing that follows on this connection is believed. */
  distrusted: boolean;
  /** The connection never ends by itself: a tunnel, or a stream of events. */
  endless: boolean;
  /** Undefined until it is its turn. */
  spoil: Spoil | undefined;
  /** What is wrong with the rest of a request whose turn has not come. */
  fault: Problem | undefined;
}

/** Connections of HTTP/1.1, in clear text or inside TLS. `slowestHeadMs`: how long the head of a request may take. */
export const createHttp1Front = (handle: Handle, slowestHeadMs: number = headMs): Front => {
  const connections = new Set<Socket>();
  const under = new WeakMap<Socket, Connection>();
  let draining = false;

  const receive = (
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    upgrade?: Http1Request['upgrade'],
  ): void => {
    const { socket } = request;
    const before = under.get(socket);
    const connection: Connection = {
      request,
      response,
      expectsContinue,
      upgrade,
      distrusted: false,
      endless: false,
      spoil: undefined,
      fault: undefined,
    };
    under.set(socket, connection);
    // Requests that were sent without waiting are handled one after the other, as they would be without a proxy.
    if (before === undefined || before.response.closed) begin(connection, before?.distrusted === true);
    else before.response.once('close', () => begin(connection, before.distrusted));
  };

  // Not inside of `receive`: what is made here lives as long as the connection, and would keep every request before it.
  const begin = (connection: Connection, distrusted: boolean): void => {
    connection.distrusted ||= distrusted;
    // The answer to a refused head is the last one, and so is any behind which the connection ends: nobody would see another.
    if (distrusted || !connection.request.socket.writable) return;
    const { request, response, expectsContinue, upgrade } = connection;
    const { socket } = request;
    const unwatch = watchHalfOpen(socket);
    // Node stops telling when an upgrade comes behind this request.
    const drained = (): void => {
      if (response.writableNeedDrain) response.emit('drain');
    };
    socket.on('drain', drained);
    const leave = (): void => {
      unwatch();
      socket.off('drain', drained);
    };
    response.once('close', leave);
    const client = http1Client({
      request,
      response,
      expectsContinue,
      upgrade,
      isDraining: () => draining,
      isDistrusted: () => connection.distrusted,
      distrust: () => {
        connection.distrusted = true;
      },
      neverEnds: () => {
        connection.endless = true;
      },
      given: () => {
        leave();
        // A tunnel may last for days, and has no use for what it began with.
        under.delete(socket);
      },
    });
    connection.spoil = handle(client);
    if (connection.fault !== undefined) connection.spoil(connection.fault);
  };

  const invalid = (cause: Problem, socket: Socket): void => {
    const connection = under.get(socket);
    if (connection === undefined || connection.response.closed) {
      if (connection?.distrusted !== true) refuseConnection(socket, cause);
      if (connection !== undefined) connection.distrusted = true;
      return;
    }
    if (connection.distrusted) return;
    connection.distrusted = true;
    const { request, response, spoil } = connection;
    if (request.complete) {
      // The fault is behind this request, so its answer is still good.
      response.once('close', () => refuseConnection(socket, cause));
      return;
    }
    if (spoil === undefined) {
      connection.fault = cause;
      return;
    }
    const begun = response.headersSent;
    spoil(cause);
    if (begun) socket.destroy();
  };

  const whenAnswered = (socket: Socket, goOn: () => void): void => {
    const before = under.get(socket);
    if (before !== undefined && !before.response.closed) before.response.once('close', goOn);
    else goOn();
  };

  const websocket = (request: IncomingMessage, socket: Socket, early: Buffer): void => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    receive(request, response, false, { socket, early });
  };

  const server = createHttp1Server({ request: receive, websocket, whenAnswered, invalid }, slowestHeadMs);

  return {
    accept: (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
      server.emit('connection', socket);
      watchProtocol(socket, () =>
        refuseConnection(socket, problem('request-invalid', { reason: 'it is not a request of HTTP' })),
      );
    },
    drain: () => {
      draining = true;
      for (const socket of connections) {
        const connection = under.get(socket);
        if (connection === undefined || connection.response.closed || connection.endless) socket.destroy();
        else connection.response.once('close', () => socket.destroySoon());
      }
      // Its timers.
      server.close();
    },
  };
};
