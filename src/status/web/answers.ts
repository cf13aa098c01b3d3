/** What the page gets from the API beside the state, as far as it shows it. */

/** One request that has ended. */
export interface RequestSummary {
  readonly id: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly workstream?: string;
  readonly service?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly firstByteMs?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly error?: string;
  readonly protocol: string;
}

type Headers = readonly (readonly [name: string, value: string])[];

/** The same with its heads; secrets in them are masked. */
export interface RequestDetail extends RequestSummary {
  readonly requestHeaders: Headers;
  readonly responseHeaders: Headers;
}

/** Requests of a workstream in the last minute. */
export interface Traffic {
  readonly name: string;
  readonly directory: string;
  /** One number for each second, oldest first. */
  readonly perSecond: readonly number[];
  readonly requests: number;
  readonly errors: number;
  readonly slowestMs: number;
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
