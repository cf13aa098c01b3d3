import type { UpstreamConnections } from '../upstream-connections.ts';
import { type Clock, runClock } from './clock.ts';
import { createUpstreamPool, type UpstreamPool } from './upstream-pool.ts';

/** What all exchanges of the lane share. */
export interface Upstreams {
  readonly pool: UpstreamPool;
  readonly clock: Clock;
  /** Milliseconds without a byte in either direction before the answer begins. */
  readonly responseTimeoutMs: number;
}

/** The upstreams of the lane while it runs. */
export interface OpenUpstreams extends Upstreams {
  /** Calls whenever it is time to look whether something has taken too long. */
  readonly onSweep: (sweep: (now: number) => void) => void;
  readonly close: () => void;
}

/** How often it is looked whether something has taken too long, in milliseconds. */
const sweepMs = 500;

/** Opens what the fast lane has in common for all that clients speak: the kept connections, and the one timer. */
export const openUpstreams = (
  { open, whenFull }: Pick<UpstreamConnections, 'open' | 'whenFull'>,
  responseTimeoutMs: number,
): OpenUpstreams => {
  const life = new AbortController();
  const sweeps: ((now: number) => void)[] = [];
  const interval = Math.max(5, Math.min(sweepMs, responseTimeoutMs / 4));
  const clock = runClock(
    interval,
    () => {
      for (const sweep of sweeps) sweep(clock.now);
      pool.sweep();
    },
    life.signal,
  );
  const pool = createUpstreamPool(open, clock);
  whenFull(pool.close);
  return {
    pool,
    clock,
    responseTimeoutMs,
    onSweep: (sweep) => {
      sweeps.push(sweep);
    },
    close: () => {
      life.abort();
      pool.close();
    },
  };
};
