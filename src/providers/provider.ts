import type { Snapshot } from '../model/workstream.ts';

/**
 * A source of workstreams. `run` publishes a complete snapshot as soon as it has one and again after every change, until the
 * signal ends it; it settles only then, and what goes wrong on the way is a problem in the next snapshot. Each call of
 * `publish` replaces the one before it.
 */
export interface Provider {
  readonly name: string;
  readonly run: (publish: (snapshot: Snapshot) => void, signal: AbortSignal) => Promise<void>;
}
