import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { connect, type LookupFunction, type OnReadOpts, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Upstream } from '../model/workstream.ts';
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
  /** A connection. With `onread`, what is read goes there and not through the stream. */
  readonly open: (upstream: Upstream, onread?: OnReadOpts) => Socket;
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
export const openUpstreamConnections = (askMs: number = presenceMs): UpstreamConnections => {
  const familyOf = new Map<number, number>();

  const open = ({ host, port, protocol }: Upstream, onread?: OnReadOpts): Socket => {
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
