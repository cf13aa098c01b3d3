import type { Traffic } from '../../model/requests.ts';

/** What the page gets from the API beside the state, as far as it shows it. */

/** Requests of a workstream in the last minute. */
export interface WorkstreamTraffic extends Traffic {
  readonly name: string;
  readonly directory: string;
}

export interface LogLine {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

export interface ServiceHealth {
  readonly name: string;
  readonly healthy: boolean;
  readonly check: 'http' | 'postgres' | 'redis' | 'tcp' | 'none';
  readonly detail: string;
  readonly latencyMs?: number;
  readonly version?: string;
  readonly sizeBytes?: number;
}

export interface Health {
  readonly name: string;
  readonly directory: string;
  readonly healthy: boolean;
  readonly services: readonly ServiceHealth[];
}
