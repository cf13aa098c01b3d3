import { randomBytes } from 'node:crypto';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { urlOf } from '../model/address.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Route, RouteTable } from '../model/route-table.ts';
import { ownsDomain } from './cookies.ts';
import { type Decision, dispatch } from './dispatch.ts';
import { type Cancel, createFullLane, dropRest, type Failure, type Forwarding } from './full-lane.ts';
import { watchHalfOpen } from './half-open.ts';
import { clientHeaders, isEventStream, upstreamHeaders } from './headers.ts';
import { createHttp1Server, refuseConnection } from './http1-server.ts';
import { openListeners } from './listeners.ts';
import { type Observed, observe } from './observe.ts';
import { type Details, problemPage, wantsHtml } from './problem-page.ts';
import type { RequestHead } from './request-head.ts';
import { openUpstreamConnections } from './upstream-connections.ts';

export interface ProxyOptions {
  readonly table: () => RouteTable;
  /** Whether the port of a route is held by its own copy: undefined, or why nothing may be sent there. Mostly known at once. */
  readonly confirm: (route: Route) => Problem | undefined | Promise<Problem | undefined>;
  /** The upstream of a route closed a connection or did not take one: what is known about its port may be out of date. */
  readonly suspect: (route: Route) => void;
  readonly diagnose: (route: Route) => Promise<Diagnosis>;
  /** Answers requests for the status hosts. */
  readonly status: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of every finished exchange; undefined when nobody wants to know, which costs nothing. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  /** Milliseconds without a byte before an upstream's answer begins. */
  readonly responseTimeoutMs: number;
  readonly log: Log;
}

export interface Proxy {
  /** Listens on all of the addresses or on none; port 0 takes any free one. Gives the real port; rejects with the system's error. */
  readonly listen: (addresses: readonly string[], port: number) => Promise<number>;
  /** Takes no new connections, lets requests finish for so many milliseconds, then ends what is left. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What is under way on one connection. */
interface Connection {
  /** The last request that came; earlier ones are over or will be before it begins. */
  request: IncomingMessage;
  response: ServerResponse;
  /** A head was refused as ambiguous: nothing that follows on this connection is believed. */
  distrusted: boolean;
  /** The connection never ends by itself: a tunnel, or a stream of events. */
  endless: boolean;
  cancel: Cancel | undefined;
  refuse: (cause: Problem) => void;
}

interface Upgrade {
  readonly socket: Socket;
  readonly early: Buffer;
}

/** One request while it is handled. */
interface Incoming {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly expectsContinue: boolean;
  readonly upgrade: Upgrade | undefined;
  readonly observed: Observed | undefined;
  /** Ends the watch over a client that has closed its half. */
  readonly unwatch: () => void;
}

/** Addresses that the page for an unknown hostname lists. */
const maxKnown = 200;

/** The proxy: listeners, dispatch, and the full lane behind it. */
export const createProxy = (options: ProxyOptions): Proxy => {
  const { table, confirm, suspect, diagnose, onExchange, log } = options;
  const upstreams = openUpstreamConnections();
  const forward = createFullLane({ connections: upstreams, responseTimeoutMs: options.responseTimeoutMs });
  const open = new WeakMap<Socket, Connection>();
  const nextId = requestIds();
  let draining = false;

  const receive = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean, upgrade?: Upgrade) => {
    const { socket } = request;
    // Node's own, those of the lane and of the shutdown add up to a few more than the default allows.
    response.setMaxListeners(20);
    const before = open.get(socket);
    const connection: Connection = {
      request,
      response,
      distrusted: false,
      endless: false,
      cancel: undefined,
      refuse: () => {},
    };
    open.set(socket, connection);
    const begin = (): void => {
      connection.distrusted = before?.distrusted ?? false;
      // The answer to a refused head is the last one; its connection is closed behind it.
      if (connection.distrusted) return;
      const id = nextId();
      const observed = onExchange && observe({ id, request, response }, onExchange);
      const unwatch = watchHalfOpen(socket);
      response.once('close', unwatch);
      const incoming = { id, request, response, connection, expectsContinue, upgrade, observed, unwatch };
      connection.refuse = (cause) => refuse(incoming, cause);
      handle(incoming);
    };
    // Requests that were sent without waiting are handled one after the other, as they would be without a proxy.
    if (before === undefined || before.response.closed) begin();
    else before.response.once('close', begin);
  };

  const handle = (incoming: Incoming): void => {
    const { id, request, response } = incoming;
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    const decision = dispatch({ method, target: url, version: httpVersion, headers: rawHeaders }, table());
    switch (decision.kind) {
      case 'refuse':
        refuse(incoming, decision.problem, detailsOf(request, decision), decision.close);
        return;
      case 'status':
        request.url = decision.head.path;
        request.headers.host = decision.head.host;
        response.setHeader('X-Request-Id', id);
        if (request.headers.accept === 'text/event-stream') incoming.connection.endless = true;
        options.status(request, response);
        return;
      case 'forward': {
        const { head, route } = decision;
        if (incoming.observed !== undefined) incoming.observed.route = route;
        if (incoming.upgrade !== undefined && !head.websocket) {
          refuse(incoming, problem('request-invalid', { reason: 'the WebSocket handshake is not complete' }), {}, true);
          return;
        }
        const refusal = confirm(route);
        if (refusal === undefined) send(incoming, head, route);
        else if (!(refusal instanceof Promise)) refuse(incoming, refusal);
        else
          refusal
            .then((found) => (found === undefined ? send(incoming, head, route) : refuse(incoming, found)))
            .catch((error: unknown) => refuse(incoming, problem('internal', { reason: String(error) })));
      }
    }
  };

  const detailsOf = (request: IncomingMessage, { problem: { code } }: Decision & { kind: 'refuse' }): Details => {
    if (code !== 'hostname-unknown') return {};
    const address = { scheme: schemeOf(request), port: request.socket.localPort ?? 0 };
    const names = table().routes.slice(0, maxKnown);
    return { known: names.map(({ hostname }) => urlOf(hostname, address)) };
  };

  const refuse = (incoming: Incoming, cause: Problem, details: Details = {}, distrust = false): void => {
    const { id, request, response, connection, observed } = incoming;
    if (response.headersSent || response.destroyed) return;
    connection.distrusted ||= distrust;
    const { status, headers, body } = problemPage(cause, wantsHtml(request.rawHeaders), details);
    if (observed !== undefined) observed.error = cause.code;
    response.once('finish', () => dropRest(request));
    response.writeHead(status, [
      ...headers,
      'X-Request-Id',
      id,
      ...(connection.distrusted || draining ? ['Connection', 'close'] : []),
    ]);
    response.end(request.method === 'HEAD' ? undefined : body);
  };

  const send = (incoming: Incoming, head: RequestHead, route: Route): void => {
    const { id, request, response, connection, expectsContinue, upgrade, observed } = incoming;
    if (response.destroyed) return;
    const { socket } = request;
    const { workstream } = route;
    const arrival = {
      clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      scheme: schemeOf(request),
      port: socket.localPort ?? 0,
      requestId: id,
    };
    const owns = (domain: string): boolean => ownsDomain(table(), route, domain);
    const chunkable = request.httpVersion === '1.1' && head.method !== 'HEAD';
    const forwarding: Forwarding = {
      request,
      response,
      head,
      upstream: route.upstream,
      headers: upstreamHeaders(head, arrival),
      expectsContinue,
      upgrade,
      answerHeaders: (headers, status) => {
        const context = { hostname: head.authority.hostname, workstream, requestId: id, ownsDomain: owns, status };
        const fields = clientHeaders(headers, { ...context, trailers: chunkable });
        if (isEventStream(fields)) connection.endless = true;
        if (draining && status >= 200) fields.push('Connection', 'close');
        return fields;
      },
      failed: (failure) => {
        void explain(incoming, route, failure);
      },
      lost: (reason) => {
        suspect(route);
        if (observed !== undefined) observed.error = 'upstream-broken';
        log.debug({ reason, workstream, service: route.service }, 'the upstream broke its answer off');
      },
      tunnelOpened: () => {
        connection.endless = true;
        incoming.unwatch();
        if (observed === undefined) return;
        observed.switched = true;
        socket.once('close', observed.finish);
      },
      observed,
    };
    connection.cancel = forward(forwarding);
  };

  const explain = async (incoming: Incoming, route: Route, failure: Failure): Promise<void> => {
    const { service, workstream: name, directory, upstream } = route;
    const about = { service, name, port: upstream.port };
    if (failure.kind !== 'timeout') suspect(route);
    log.debug({ ...about, ...failure }, 'the upstream gave no answer');
    switch (failure.kind) {
      case 'refused': {
        const diagnosis = await diagnose(route).catch(() => undefined);
        const details = { port: upstream.port, ...(diagnosis !== undefined && { diagnosis }) };
        return refuse(incoming, problem('upstream-refused', { ...about, directory }), details);
      }
      case 'timeout':
        return refuse(incoming, problem('upstream-timeout', { ...about, seconds: options.responseTimeoutMs / 1000 }));
      case 'broken':
        return refuse(incoming, problem('upstream-broken', { ...about, reason: failure.reason }));
      case 'invalid':
        return refuse(incoming, problem('upstream-invalid', { ...about, reason: failure.reason }));
    }
  };

  const invalid = (cause: Problem, socket: Socket): void => {
    const connection = open.get(socket);
    if (connection === undefined || connection.response.closed) {
      if (connection?.distrusted !== true) refuseConnection(socket, cause);
      if (connection !== undefined) connection.distrusted = true;
      return;
    }
    if (connection.distrusted) return;
    connection.distrusted = true;
    const { request, response, cancel } = connection;
    if (request.complete) {
      // The fault is behind this request, so its answer is still good.
      response.once('close', () => refuseConnection(socket, cause));
      return;
    }
    cancel?.();
    if (response.headersSent) socket.destroy();
    else connection.refuse(cause);
  };

  const websocket = (request: IncomingMessage, socket: Socket, early: Buffer): void => {
    // Node has taken its listeners away; a client that resets now must not end the process.
    socket.on('error', () => socket.destroy());
    const before = open.get(socket);
    if (before !== undefined && !before.response.closed) {
      socket.destroy();
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    receive(request, response, false, { socket, early });
  };

  const http1 = createHttp1Server({ request: receive, websocket, invalid });
  const listeners = openListeners((socket) => http1.emit('connection', socket));

  const close = async (graceMs: number): Promise<void> => {
    draining = true;
    listeners.stop();
    const ended = [...listeners.connections].map((socket) => {
      const connection = open.get(socket);
      if (connection === undefined || connection.response.closed || connection.endless) socket.destroy();
      else connection.response.once('close', () => socket.destroySoon());
      return new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));
    });
    const cut = setTimeout(() => {
      for (const socket of listeners.connections) socket.destroy();
    }, graceMs);
    await Promise.all(ended);
    clearTimeout(cut);
    http1.close();
    upstreams.close();
  };

  return { listen: listeners.listen, close };
};

const schemeOf = ({ socket }: IncomingMessage): 'http' | 'https' => ('encrypted' in socket ? 'https' : 'http');

/** Short, distinct for this process and, by its prefix, from those of another. */
const requestIds = (): (() => string) => {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
};
