import { type Exchange, packHeaders, unpackHeaders } from '../model/exchange.ts';
import {
  isFailed,
  type RequestDetail,
  type RequestFilter,
  type RequestListener,
  type RequestSummary,
  type Requests,
} from '../model/requests.ts';
import { curlOf } from './curl.ts';
import { fairRing } from './fair-ring.ts';
import { harOf } from './har.ts';
import { maskFields, maskQuery } from './masking.ts';
import { countTraffic } from './traffic.ts';

/** The history is written by the proxy and read by the status API. */
export interface History extends Requests {
  /** Keeps an exchange that is over. Requests for the status page are not kept: who reads the history would fill it. */
  readonly add: (exchange: Exchange) => void;
}

export interface HistoryOptions {
  /** How many exchanges are kept; 0 keeps none. Memory is bounded by it: on average, each has `bytesEach` at most. */
  readonly count: number;
  /** The version of this program, for archives. */
  readonly version: string;
  readonly now?: () => number;
}

/** A request of a browser with its answer has two thousand. */
const bytesEach = 8 * 1024;
/** About what an exchange takes beside its path and its header fields. */
const sizeOfRest = 600;
/** The part of what is kept that may be anew each second, of one workstream: a load test would cost the proxy a tenth of its speed. */
const anewPerSecond = 1 / 10;
/** Whose the requests are that led to no workstream. */
const nobody = '';
/** Texts of a summary are cut to so many characters: a list has many, and each may come from a head of 64 KiB. */
const longest = { method: 40, host: 260, path: 2000 };

/**
 * The newest exchanges, by workstream in equal shares; of many in a short time some are only counted, but none that failed. Nothing is masked
 * before somebody reads.
 */
export const openHistory = ({ count, version, now = Date.now }: HistoryOptions): History => {
  const ring = fairRing<Exchange>(count, count * bytesEach);
  const traffic = countTraffic({ burst: count, perSecond: count * anewPerSecond });
  const listeners = new Set<RequestListener>();

  const keep = (owner: string, exchange: Exchange): void => {
    const requestHeaders = packHeaders(exchange.requestHeaders);
    const responseHeaders = packHeaders(exchange.responseHeaders);
    const size = sizeOfRest + exchange.path.length + requestHeaders.length + responseHeaders.length;
    ring.add(owner, { ...exchange, requestHeaders, responseHeaders }, size);
  };

  /** The newest that a filter means, newest first. */
  const select = (filter: RequestFilter, limit: number): readonly Exchange[] => {
    const found: Exchange[] = [];
    for (const exchange of ring.items()) {
      if (found.length >= limit) break;
      if (isMeant(exchange, filter)) found.push(exchange);
    }
    return found;
  };

  return {
    add: (exchange) => {
      if (exchange.isStatus) return;
      const owner = exchange.directory ?? nobody;
      if (traffic.add(owner, exchange)) keep(owner, exchange);
      if (listeners.size === 0) return;
      const summary = summaryOf(exchange);
      for (const listener of listeners) listener(summary, (filter) => isMeant(exchange, filter));
    },
    find: (filter, limit) => select(filter, limit).map(summaryOf),
    detail: (id) => {
      for (const exchange of ring.items()) if (exchange.id === id) return detailOf(exchange);
      return undefined;
    },
    har: (filter, limit) => harOf(select(filter, limit).map(detailOf).reverse(), version),
    traffic: (directory) => traffic.read(directory, now()),
    countedOnly: (workstream) => traffic.countedOnly(workstream, now()),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/** Whether a filter means an exchange. What is masked cannot be searched for: it could be guessed bit by bit. */
export const isMeant = (exchange: Exchange, filter: RequestFilter): boolean => {
  const { workstream, service, status, methods, path, since } = filter;
  if (workstream !== undefined && exchange.workstream !== workstream) return false;
  if (service !== undefined && exchange.service !== service) return false;
  if (methods !== undefined && !methods.has(exchange.method)) return false;
  if (since !== undefined && exchange.startedAt + exchange.durationMs < since) return false;
  if (status !== undefined) {
    const inRange = status.ranges.some(({ from, to }) => from <= exchange.status && exchange.status <= to);
    if (!inRange && !(status.errors && isFailed(exchange))) return false;
  }
  return path === undefined || maskQuery(exchange.path).includes(path);
};

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Hundredths of a millisecond: more is noise. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

const summaryOf = (exchange: Exchange): RequestSummary => {
  const whole = wholeOf(exchange);
  return {
    ...whole,
    method: cut(whole.method, longest.method),
    host: cut(whole.host, longest.host),
    path: cut(whole.path, longest.path),
  };
};

const wholeOf = (exchange: Exchange): RequestSummary => {
  const { id, method, scheme, host, path, status, startedAt, durationMs, bytesIn, bytesOut, protocol } = exchange;
  const { workstream, service, firstByteMs, error } = exchange;
  return {
    id,
    method,
    scheme,
    host,
    path: maskQuery(path),
    status,
    ...(workstream !== undefined && { workstream }),
    ...(service !== undefined && { service }),
    startedAt,
    durationMs: rounded(durationMs),
    ...(firstByteMs !== undefined && { firstByteMs: rounded(firstByteMs) }),
    bytesIn,
    bytesOut,
    ...(error !== undefined && { error }),
    protocol,
  };
};

const detailOf = (exchange: Exchange): RequestDetail => {
  const whole = wholeOf(exchange);
  const requestHeaders = maskFields(unpackHeaders(exchange.requestHeaders));
  const responseHeaders = maskFields(unpackHeaders(exchange.responseHeaders));
  return { ...whole, requestHeaders, responseHeaders, curl: curlOf({ ...whole, headers: requestHeaders }) };
};
