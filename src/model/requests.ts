import type { Exchange, Protocol } from './exchange.ts';

/** A request as the status API lists it: secrets masked, and every text cut to a length that can be listed. */
export interface RequestSummary {
  readonly id: string;
  readonly method: string;
  readonly scheme: Exchange['scheme'];
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly workstream?: string;
  readonly service?: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly firstByteMs?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly error?: string;
  readonly protocol: Protocol;
}

/** One header field: name and value. */
export type Field = readonly [name: string, value: string];

/** A request with all that is known of it, at its full length; secrets masked. */
export interface RequestDetail extends RequestSummary {
  readonly requestHeaders: readonly Field[];
  readonly responseHeaders: readonly Field[];
  /** A command line for a POSIX shell (bash or zsh, where there are characters beyond ASCII) that asks the same again. */
  readonly curl: string;
}

/** Which requests are meant; what is undefined leaves all of them in. */
export interface RequestFilter {
  readonly workstream?: string | undefined;
  readonly service?: string | undefined;
  readonly status?: StatusFilter | undefined;
  readonly methods?: ReadonlySet<string> | undefined;
  /** A part of the masked path and query. */
  readonly path?: string | undefined;
  /** Ended at that time or later, in milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/** Statuses in any of the ranges, both ends included; with `errors`, whatever failed besides. */
export interface StatusFilter {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly errors: boolean;
}

/** What one workstream was asked for in the last sixty seconds. */
export interface Traffic {
  /** Requests that ended in each of the sixty seconds, oldest first; the last one is not over yet. */
  readonly perSecond: readonly number[];
  readonly requests: number;
  /** Those of them that failed. */
  readonly errors: number;
  readonly slowestMs: number;
  /** Those that are counted but not kept: they came faster than requests of one workstream are. */
  readonly countedOnly: number;
}

/** The history of requests, for those who read it. */
export interface Requests {
  /** The newest first, at most `limit`. */
  readonly find: (filter: RequestFilter, limit: number) => readonly RequestSummary[];
  readonly detail: (id: string) => RequestDetail | undefined;
  /** An HTTP Archive (HAR 1.2) of the newest, at most `limit`; a document for JSON. */
  readonly har: (filter: RequestFilter, limit: number) => object;
  /** Of the workstream in a folder. */
  readonly traffic: (directory: string) => Traffic;
  /** How many of the last minute, of one workstream or of all, are counted but not kept. */
  readonly countedOnly: (workstream: string | undefined) => number;
  /** Calls with each request as it ends, whether it is kept or not; gives the function that ends it. */
  readonly subscribe: (listener: RequestListener) => () => void;
}

/** `matches` says whether the request is one of those that a filter means. */
export type RequestListener = (request: RequestSummary, matches: (filter: RequestFilter) => boolean) => void;

/** Whether a request failed: by its status, or by the problem that it ended with. */
export const isFailed = ({ status, error }: Pick<RequestSummary, 'status' | 'error'> | Exchange): boolean =>
  status >= 500 || error !== undefined;
