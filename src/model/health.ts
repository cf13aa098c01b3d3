import type { ServiceState, UpstreamProtocol } from './workstream.ts';

/** How it is found out whether a service works, beside that something listens there. */
export type ServiceCheck =
  | {
      readonly kind: 'http';
      /** It is healthy when this answers 2xx. */
      readonly path: string;
      /** What it is asked as: dev servers check it. */
      readonly host: string;
      readonly protocol?: UpstreamProtocol | undefined;
    }
  | { readonly kind: 'postgres'; readonly login?: DatabaseLogin | undefined }
  | { readonly kind: 'redis'; readonly user?: string | undefined; readonly password?: string | undefined }
  /** Nothing is known but its port: that somebody accepts a connection has to do. */
  | { readonly kind: 'tcp' };

export interface DatabaseLogin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What a check found. */
export interface Finding {
  readonly healthy: boolean;
  /** For people: text from other programs may be in it. */
  readonly detail: string;
  /** Milliseconds until it answered. */
  readonly latencyMs?: number;
  readonly version?: string;
  /** Of its data: of the database for PostgreSQL, in memory for Redis. */
  readonly sizeBytes?: number;
}

export interface ServiceHealth extends Finding {
  readonly name: string;
  readonly state: ServiceState;
  /** `none`: there was nothing to be asked. */
  readonly check: ServiceCheck['kind'] | 'none';
}

export interface WorkstreamHealth {
  readonly name: string;
  readonly directory: string;
  /** Whether all of its services are. */
  readonly healthy: boolean;
  readonly services: readonly ServiceHealth[];
}
