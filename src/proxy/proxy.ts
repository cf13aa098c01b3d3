import { randomBytes } from 'node:crypto';
import { urlOf } from '../model/address.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Route, RouteTable } from '../model/route-table.ts';
import type { Answerable, Client, Handle, NodeHandler } from './client.ts';
import { ownsDomain } from './cookies.ts';
import { type Decision, dispatch } from './dispatch.ts';
import type { Plan } from './fast/fast-connection.ts';
import { createFastFront } from './fast/fast-front.ts';
import { createHttp2Front } from './fast/http2/front.ts';
import { createHttp2Lane } from './fast/http2/lane.ts';
import { openUpstreams } from './fast/upstreams.ts';
import { byFirstByte } from './first-byte.ts';
import { createFullLane } from './full-lane.ts';
import { createH2cLane } from './h2c-lane.ts';
import { clientHeaders, isEventStream, upstreamHeaders } from './headers.ts';
import { createHttp1Front } from './http1-front.ts';
import { createNodeHttp2Front } from './http2-front.ts';
import type { Cancel, Failure } from './lane.ts';
import { openListeners } from './listeners.ts';
import { optionsPage } from './max-forwards.ts';
import { type Observed, observe, observeAnswer } from './observe.ts';
import { openPlaces } from './places.ts';
import { type Details, type Page, problemPage, wantsHtml } from './problem-page.ts';
import { type ReceivedHead, type RequestHead, valuesOf } from './request-head.ts';
import { redirectPage, securedAddress } from './secure-redirect.ts';
import { createTlsFront, type ProxyTls } from './tls-front.ts';
import { openUpstreamConnections } from './upstream-connections.ts';

export interface ProxyOptions {
  readonly table: () => RouteTable;
  /** Whether the port of a route is held by its own copy: undefined, or why nothing may be sent there. Mostly known at once. */
  readonly confirm: (route: Route) => Problem | undefined | Promise<Problem | undefined>;
  /** The upstream of a route closed a connection or did not take one: what is known about its port may be out of date. */
  readonly suspect: (route: Route) => void;
  readonly diagnose: (route: Route) => Promise<Diagnosis>;
  /** Answers requests for the status hosts. */
  readonly status: NodeHandler;
  /** Certificates, for ports that speak TLS. */
  readonly tls?: ProxyTls | undefined;
  /** Told of every finished exchange; undefined when nobody wants to know, which costs nothing. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  /** Milliseconds without a byte before an upstream's answer begins. */
  readonly responseTimeoutMs: number;
  /** Milliseconds of silence after which it is asked whether an upstream that is not this machine is still there; usual where absent. */
  readonly presenceMs?: number | undefined;
  /** `full`: without the fast lane, for diagnosis. */
  readonly lanes?: 'fast' | 'full' | undefined;
  /** Connections of clients at a time, and as many to upstreams; without end where absent. */
  readonly mostClients?: number | undefined;
  /** Called when there are so many that more are refused, and when there is room again. */
  readonly crowded?: ((isCrowded: boolean) => void) | undefined;
  readonly log: Log;
}

/** What is spoken on a port: clear text, TLS, or either, as the first byte of each connection says. */
export type Speech = 'http' | 'https' | 'both';

export interface Proxy {
  /**
   * Listens on all of the addresses or on none; port 0 takes any free one. Gives the real port; rejects with the system's error.
   * Anything but `http` needs `tls`. Once a port speaks TLS, page loads in clear text are sent there.
   */
  readonly listen: (addresses: readonly string[], port: number, speech?: Speech) => Promise<number>;
  /** Takes no new connections, lets requests finish for so many milliseconds, then ends what is left. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** One request, of either lane, while it is handled. */
interface Request {
  readonly id: string;
  readonly client: Answerable;
  readonly observed: Observed | undefined;
}

/** One request of the full lane. */
interface Incoming extends Request {
  readonly client: Client;
  cancel: Cancel | undefined;
}

/** Addresses that the page for an unknown hostname lists. */
const maxKnown = 200;
/** How often a request follows a service that has moved while its port was looked at. */
const maxLooks = 3;

/** The proxy: listeners, dispatch, and the full lane behind it. */
export const createProxy = (options: ProxyOptions): Proxy => {
  const { table, confirm, suspect, diagnose, onExchange, log } = options;
  const places = openPlaces(options.mostClients ?? Number.POSITIVE_INFINITY, options.crowded ?? (() => {}));
  const connections = openUpstreamConnections(places.upstreams, options.presenceMs);
  const laneOptions = { connections, responseTimeoutMs: options.responseTimeoutMs };
  const fast = options.lanes === 'full' ? undefined : openUpstreams(connections, options.responseTimeoutMs);
  const fullLane = createFullLane(laneOptions);
  const h2cLane = createH2cLane(laneOptions);
  const ordinaryLane = fast === undefined ? fullLane : createHttp2Lane(fast, fullLane);
  const nextId = requestIds();

  const handle: Handle = (client) => {
    const id = nextId();
    const observed = onExchange && observe(id, client, onExchange);
    const incoming: Incoming = { id, client, observed, cancel: undefined };
    decide(incoming);
    return (cause) => {
      incoming.cancel?.();
      refuse(incoming, cause);
    };
  };

  const decide = (incoming: Incoming, looks = 0): void => {
    const { id, client, observed } = incoming;
    if (client.fault !== undefined) {
      refuse(incoming, client.fault, {}, true);
      return;
    }
    const decision = dispatch(client.received, table());
    if (observed !== undefined) {
      observed.isStatus = decision.kind === 'status';
      if ('route' in decision) observed.route = decision.route;
    }
    const secured = securedAddress(decision, client.arrival, securePort);
    if (secured !== undefined) {
      answer(incoming, redirectPage(secured, id));
      return;
    }
    switch (decision.kind) {
      case 'refuse':
        refuse(incoming, decision.problem, detailsOf(client, decision), decision.close);
        return;
      case 'status': {
        const { head } = decision;
        if (valuesOf(head.headers, 'accept').includes('text/event-stream')) client.neverEnds();
        client.handOver(options.status, head, ['X-Request-Id', id]);
        return;
      }
      case 'options':
        answer(incoming, optionsPage(id));
        return;
      case 'forward': {
        const { head, route } = decision;
        if (client.wantsTunnel && !head.websocket) {
          refuse(incoming, problem('request-invalid', { reason: 'the WebSocket handshake is not complete' }), {}, true);
          return;
        }
        const refusal = confirm(route);
        if (refusal === undefined) send(incoming, head, route);
        else if (!(refusal instanceof Promise)) refuse(incoming, refusal);
        else
          refusal
            .then((found) => {
              if (found === undefined) send(incoming, head, route);
              else if (looks < maxLooks && hasMoved(client.received, route)) decide(incoming, looks + 1);
              else refuse(incoming, found);
            })
            .catch((error: unknown) => refuse(incoming, problem('internal', { reason: String(error) })));
      }
    }
  };

  /** Whether a service has another address by now than when its port began to be looked at. */
  const hasMoved = (received: ReceivedHead, { upstream }: Route): boolean => {
    const now = dispatch(received, table());
    return (
      now.kind === 'forward' && (now.route.upstream.port !== upstream.port || now.route.upstream.host !== upstream.host)
    );
  };

  const detailsOf = ({ arrival }: Answerable, { problem: { code } }: Decision & { kind: 'refuse' }): Details => {
    if (code !== 'hostname-unknown') return {};
    const names = table().routes.slice(0, maxKnown);
    return { known: names.map(({ hostname }) => urlOf(hostname, arrival)) };
  };

  const answer = ({ client, observed }: Request, page: Page, distrust = false): void => {
    if (observed !== undefined) observeAnswer(observed, page.headers);
    client.sendPage(page, distrust);
  };

  const refuse = (incoming: Request, cause: Problem, details: Details = {}, distrust = false): void => {
    const { id, client, observed } = incoming;
    if (!client.isWaiting()) return;
    const page = problemPage(cause, wantsHtml(client.received.headers), details);
    const headers = [...page.headers, 'X-Request-Id', id];
    if (observed !== undefined) observed.error = cause.code;
    answer(incoming, { ...page, headers }, distrust);
  };

  const send = (incoming: Incoming, head: RequestHead, route: Route): void => {
    const { id, client, observed } = incoming;
    if (!client.isWaiting()) return;
    const { workstream, upstream } = route;
    const { clientAddress, scheme, port, version } = client.arrival;
    const owns = (domain: string): boolean => ownsDomain(table(), route, domain);
    const trailers = version !== '1.0' && head.method !== 'HEAD';
    const { hostname } = head.authority;
    incoming.cancel = (upstream.protocol === 'h2c' ? h2cLane.forward : ordinaryLane)({
      client,
      head,
      upstream,
      headers: upstreamHeaders(head, { clientAddress, scheme, port, version, requestId: id }),
      answerHeaders: (headers, status) => {
        const context = { hostname, workstream, requestId: id, ownsDomain: owns, status, trailers };
        const fields = clientHeaders(headers, context);
        if (isEventStream(fields) || status === 101) client.neverEnds();
        if (observed !== undefined && (status >= 200 || status === 101)) observeAnswer(observed, fields);
        return fields;
      },
      failed: (failure) => {
        void explain(incoming, route, failure);
      },
      lost: (reason) => lost(incoming, route, reason),
      observed,
    });
  };

  const lost = ({ observed }: Request, route: Route, reason: string): void => {
    const { workstream, service } = route;
    suspect(route);
    if (observed !== undefined) observed.error = 'upstream-broken';
    log.debug({ reason, workstream, service }, 'the upstream broke its answer off');
  };

  const explain = async (incoming: Request, route: Route, failure: Failure): Promise<void> => {
    const { service, workstream: name, directory, upstream } = route;
    const about = { service, name, port: upstream.port };
    if (failure.kind !== 'timeout' && failure.kind !== 'exhausted') suspect(route);
    log.debug({ ...about, ...failure }, 'the upstream gave no answer');
    switch (failure.kind) {
      case 'refused': {
        const diagnosis = await diagnose(route).catch(() => undefined);
        const details = { port: upstream.port, ...(diagnosis !== undefined && { diagnosis }) };
        return refuse(incoming, problem('upstream-refused', { ...about, directory }), details);
      }
      case 'timeout':
        return refuse(incoming, problem('upstream-timeout', { ...about, seconds: options.responseTimeoutMs / 1000 }));
      case 'exhausted':
        return refuse(incoming, problem('descriptors-exhausted'));
      case 'broken':
        return refuse(incoming, problem('upstream-broken', { ...about, reason: failure.reason }));
      case 'invalid':
        return refuse(incoming, problem('upstream-invalid', { ...about, reason: failure.reason }));
    }
  };

  /** What a head means, where a request can be sent; all else is decided in the full lane. A promise: it is to be asked again then. */
  const plan = (received: ReceivedHead, arrival: Client['arrival']): Plan | Promise<unknown> | undefined => {
    const decision = dispatch(received, table());
    if (decision.kind !== 'forward' || decision.route.upstream.protocol !== undefined) return undefined;
    if (securedAddress(decision, arrival, securePort) !== undefined) return undefined;
    const refusal = confirm(decision.route);
    if (refusal instanceof Promise) return refusal;
    return refusal === undefined ? decision : undefined;
  };

  const fullHttp1 = createHttp1Front(handle);
  const http1 =
    fast === undefined
      ? fullHttp1
      : createFastFront({
          full: fullHttp1,
          upstreams: fast,
          plan,
          nextId,
          observe: onExchange && ((id, client) => observe(id, client, onExchange)),
          ownsDomain: (route, domain) => ownsDomain(table(), route, domain),
          explain: (request, failure) => {
            void explain(request, request.route, failure);
          },
          refuse,
          lost: (request, reason) => lost(request, request.route, reason),
        });
  const http2 = fast === undefined ? createNodeHttp2Front(handle) : createHttp2Front(handle, fast.clock);
  const tls = options.tls && createTlsFront(options.tls, http1.accept, http2.accept);
  const either = tls && byFirstByte(tls, http1);
  const listeners = openListeners(places.clients);
  const life = new AbortController();
  let securePort: number | undefined;

  const listen = async (addresses: readonly string[], wanted: number, speech: Speech = 'http'): Promise<number> => {
    if (speech === 'http') return listeners.listen(addresses, wanted, http1.accept);
    if (tls === undefined || either === undefined) throw new Error('A port that speaks TLS needs certificates.');
    await tls.ready(life.signal);
    securePort = await listeners.listen(addresses, wanted, speech === 'both' ? either.accept : tls.accept);
    return securePort;
  };

  const close = async (graceMs: number): Promise<void> => {
    life.abort();
    listeners.stop();
    const ended = [...listeners.connections].map(
      (socket) =>
        new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve()))),
    );
    for (const front of [http1, http2, tls, either]) front?.drain();
    const cut = setTimeout(() => {
      for (const socket of listeners.connections) socket.destroy();
    }, graceMs);
    await Promise.all(ended);
    clearTimeout(cut);
    fast?.close();
    h2cLane.close();
    connections.close();
  };

  return { listen, close };
};

/** Short, distinct for this process and, by its prefix, from those of another. */
const requestIds = (): (() => string) => {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
};
