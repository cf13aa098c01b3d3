import { isIPv4 } from 'node:net';
import type { Upstream } from '../model/workstream.ts';
import type { Listener } from './listeners-linux.ts';

/** What an upstream is known by in maps. */
export const upstreamKey = ({ host, port }: Upstream): string => `${host} ${port}`;

/** Whether a connection to a host ends on this machine for certain, so that its kernel knows who listens there. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** The addresses that a connection to a host is tried at, in this order. */
export const addressesOf = (host: string): readonly [string, ...string[]] =>
  host === 'localhost' ? ['127.0.0.1', '::1'] : [host];

/**
 * The sockets that take connections to an address, given those that listen on its port. The kernel prefers the most exact
 * one: a listener on 127.0.0.1 shadows one on 0.0.0.0, and that one on `::`. Several are left where processes share the
 * address (SO_REUSEPORT); each of them gets some of the connections.
 */
export const socketsAt = (address: string, onPort: readonly Listener[]): readonly Listener[] => {
  // Whether a listener on `::` takes IPv4 as well is not in the tables. Where it does not, it is the one that ::1 leads to.
  const places = isIPv4(address) ? [address, '0.0.0.0', '::'] : [address, '::'];
  for (const place of places) {
    const sockets = onPort.filter((listener) => listener.address === place);
    if (sockets.length > 0) return sockets;
  }
  return [];
};

/** What a connection to an upstream on this machine may reach. */
export interface Reach {
  /** The address that answers first. */
  readonly address: string;
  /** Sockets at all its addresses: the proxy begins with the family that answered last, so every one of them counts. */
  readonly sockets: readonly Listener[];
}

/** What a connection to an upstream may reach, given the sockets that listen on its port; undefined when it is refused. */
export const reachOf = ({ host }: Upstream, onPort: readonly Listener[]): Reach | undefined => {
  const found = addressesOf(host).map((address) => ({ address, sockets: socketsAt(address, onPort) }));
  const first = found.find(({ sockets }) => sockets.length > 0);
  if (first === undefined) return undefined;
  return { address: first.address, sockets: [...new Set(found.flatMap(({ sockets }) => sockets))] };
};
