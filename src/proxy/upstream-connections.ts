import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { connect, type LookupFunction, type OnReadOpts, Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Upstream } from '../model/workstream.ts';
import type { Places } from './places.ts';
import { presenceMs } from './presence.ts';
import { readToEnd } from './read-to-end.ts';
import { tellReset } from './tell-reset.ts';

/** Idle connections are closed after this many milliseconds; an upstream that announces less gets less. */
const idleMs = 15_000;
const maxIdlePerUpstream = 256;

/**
 * How long one family is tried. On loopback a closed port says so at once; Node's own 250 ms would only ever end attempts that
 * succeed, when this process is busy for longer than that.
 */
const familyMs = 30_000;

/** How connections to upstreams are had. */
export interface UpstreamConnections {
  /** For HTTP/1.1: one that may give a connection that an earlier request has used, or one that always gives a new one. */
  readonly agentFor: (upstream: Upstream, reuse: boolean) => Agent;
  /**
   * A connection. With `onread`, what is read goes there and not through the stream. Where there is no place, it fails as one for which the
   * system has no descriptor.
   */
  readonly open: (upstream: Upstream, onread?: OnReadOpts) => Socket;
  /** Has idle connections that are kept elsewhere closed where another one needs a place. */
  readonly whenFull: (closeIdle: () => void) => void;
  readonly close: () => void;
}

/** `localhost` means both loopback families. The one that answered last on a port is tried first the next time. */
const loopbackLookup = (familyOf: ReadonlyMap<number, number>, port: number): LookupFunction => {
  const v4 = { address: '127.0.0.1', family: 4 };
  const v6 = { address: '::1', family: 6 };
  // Neither the resolver nor the hosts file is asked: both may be slow, and neither may say what localhost is.
  return (_hostname, _options, callback) => callback(null, familyOf.get(port) === 6 ? [v6, v4] : [v4, v6]);
};

/** Opens connections and keeps those that may be used again, per upstream. `askMs`: see `presence.ts`. */
export const openUpstreamConnections = (places: Places, askMs: number = presenceMs): UpstreamConnections => {
  const familyOf = new Map<number, number>();
  const idle: (() => void)[] = [() => closeFree(plain), () => closeFree(secure)];

  const open = (upstream: Upstream, onread?: OnReadOpts): Socket => {
    if (!places.hasRoom()) for (const close of idle) close();
    if (!places.hasRoom()) {
      places.refuse();
      return withoutPlace();
    }
    const socket = connectTo(upstream, onread);
    places.take(socket);
    return socket;
  };

  const connectTo = ({ host, port, protocol }: Upstream, onread?: OnReadOpts): Socket => {
    // An upstream is on this machine, where its certificate proves nothing: dev servers make their own.
    const secure = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    const link =
      protocol === 'https'
        ? (options: TcpSocketConnectOpts) => connectTls({ ...options, ...secure })
        : (options: TcpSocketConnectOpts) => tellReset(connect(options));
    const read = onread === undefined ? {} : { onread };
    if (host !== 'localhost') {
      const socket = readToEnd(link({ host, port, noDelay: true, ...read }));
      // Not as an option, which TLS does not look at.
      return socket.once('connect', () => socket.setKeepAlive(true, askMs));
    }
    const lookup = loopbackLookup(familyOf, port);
    const options = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: familyMs } as const;
    const socket = readToEnd(link({ host, port, noDelay: true, lookup, ...options, ...read }));
    socket.once('connect', () => familyOf.set(port, socket.remoteFamily === 'IPv6' ? 6 : 4));
    return socket;
  };

  const poolsFor = (protocol: 'https' | undefined): Pools => {
    class UpstreamAgent extends Agent {
      override createConnection(options: ClientRequestArgs): Socket {
        return open({ host: String(options.host), port: Number(options.port), protocol });
      }
    }
    return {
      reused: new UpstreamAgent({
        keepAlive: true,
        maxFreeSockets: maxIdlePerUpstream,
        scheduling: 'lifo',
        timeout: idleMs,
      }),
      fresh: new UpstreamAgent({ keepAlive: false }),
    };
  };
  const plain = poolsFor(undefined);
  const secure = poolsFor('https');

  return {
    agentFor: ({ protocol }, reuse) => (protocol === 'https' ? secure : plain)[reuse ? 'reused' : 'fresh'],
    open,
    whenFull: (closeIdle) => {
      idle.push(closeIdle);
    },
    close: () => {
      for (const { reused, fresh } of [plain, secure]) {
        reused.destroy();
        fresh.destroy();
      }
    },
  };
};

interface Pools {
  readonly reused: Agent;
  readonly fresh: Agent;
}

const closeFree = ({ reused }: Pools): void => {
  for (const sockets of Object.values(reused.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
};

/** A connection that fails, once those who wait for it listen. */
const withoutPlace = (): Socket => {
  // What is written to it waits meanwhile.
  const socket = Object.assign(new Socket(), { connecting: true });
  setImmediate(() => socket.destroy(Object.assign(new Error('There is no place for it.'), { code: 'EMFILE' })));
  return socket;
};

/** What Node's client asks an agent for; its types leave it out. */
interface RequestTaker {
  readonly addRequest: (request: ClientRequest, options: ClientRequestArgs) => void;
}

/**
 * The agent for one request: the pool, except that it sees the request before anything of it is written. http-proxy changes paths
 * and headers on its way; what `prepare` sets is what is sent.
 */
export const preparing = (pool: Agent, prepare: (request: ClientRequest) => void): Agent => {
  const taker: RequestTaker = {
    addRequest: (request, options) => {
      prepare(request);
      (pool as Agent & RequestTaker).addRequest(request, options);
    },
  };
  return Object.assign(Object.create(pool) as Agent, taker);
};
