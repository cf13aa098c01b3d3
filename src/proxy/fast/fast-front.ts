import type { Front } from '../front.ts';
import { FastConnection, type FastLane } from './fast-connection.ts';
import type { OpenUpstreams } from './upstreams.ts';

export interface FastFrontOptions extends Omit<FastLane, 'upstreams' | 'isDraining' | 'handOver'> {
  /** Takes the connections on which something came that is not plain. */
  readonly full: Front;
  readonly upstreams: OpenUpstreams;
}

/**
 * The way in for HTTP/1.1 with the fast lane: raw sockets, heads read by parsers that take only what is plain, written anew. What else comes
 * goes to the full lane, and its connection with it, as if that had accepted it.
 */
export const createFastFront = ({ full, ...shared }: FastFrontOptions): Front => {
  const open = new Map<object, FastConnection>();
  let draining = false;

  shared.upstreams.onSweep((now) => {
    for (const connection of open.values()) connection.sweep(now);
  });
  const lane: FastLane = {
    ...shared,
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
  };
};
