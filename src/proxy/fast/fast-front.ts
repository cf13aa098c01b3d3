import type { Front } from '../front.ts';
import type { UpstreamConnections } from '../upstream-connections.ts';
import { runClock } from './clock.ts';
import { FastConnection, type FastLane } from './fast-connection.ts';
import { createUpstreamPool } from './upstream-pool.ts';

export interface FastFrontOptions extends Omit<FastLane, 'pool' | 'clock' | 'isDraining' | 'handOver'> {
  /** Takes the connections on which something came that is not plain. */
  readonly full: Front;
  readonly connections: UpstreamConnections;
}

/** How often it is looked whether something has taken too long, in milliseconds. */
const sweepMs = 500;

/**
 * The way in for HTTP/1.1 with the fast lane: raw sockets, heads read by parsers that take only what is plain, written anew. What else comes
 * goes to the full lane, and its connection with it, as if that had accepted it.
 */
export const createFastFront = ({ full, connections, ...shared }: FastFrontOptions): Front => {
  const open = new Map<object, FastConnection>();
  const life = new AbortController();
  let draining = false;

  const sweep = (): void => {
    for (const connection of open.values()) connection.sweep(clock.now);
    pool.sweep();
  };
  const interval = Math.max(5, Math.min(sweepMs, shared.responseTimeoutMs / 4));
  const clock = runClock(interval, sweep, life.signal);
  const pool = createUpstreamPool(connections.open, clock);
  const lane: FastLane = {
    ...shared,
    pool,
    clock,
    isDraining: () => draining,
    handOver: (socket, bytes) => {
      open.delete(socket);
      socket.pause();
      socket.unshift(bytes);
      full.accept(socket);
      socket.resume();
    },
  };

  return {
    accept: (socket) => {
      open.set(socket, new FastConnection(socket, lane));
      socket.once('close', () => open.delete(socket));
    },
    drain: () => {
      draining = true;
      for (const connection of open.values()) connection.drain();
      full.drain();
    },
    close: () => {
      life.abort();
      pool.close();
    },
  };
};
