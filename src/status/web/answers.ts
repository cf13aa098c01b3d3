import type { Traffic } from '../../model/requests.ts';

/** What the API wraps a list of things about workstreams in. */
export interface Answer<Entry> {
  readonly workstreams: readonly Entry[];
}

/** Requests of a workstream in the last minute. */
export interface WorkstreamTraffic extends Traffic {
  readonly name: string;
  readonly directory: string;
}
