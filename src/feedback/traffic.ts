import type { Exchange } from '../model/exchange.ts';
import { rateLimit } from '../model/rate.ts';
import { isFailed, type Traffic } from '../model/requests.ts';

/** Seconds that are counted. */
const span = 60;

/** The counts of one workstream, each second at its place modulo the span. */
interface Counts {
  readonly workstream: string | undefined;
  /** The second that was counted last, since the epoch. */
  second: number;
  readonly requests: Uint32Array;
  readonly errors: Uint32Array;
  readonly slowest: Float64Array;
  readonly countedOnly: Uint32Array;
  /** Whether there is room for one more among those that are kept. */
  readonly mayKeep: () => boolean;
}

export interface TrafficCounts {
  /** Gives whether the request is to be kept: those that failed are, others as fast as they may come. */
  readonly add: (directory: string, exchange: Exchange) => boolean;
  /** What the workstream in a folder was asked for in the last minute. */
  readonly read: (directory: string, nowMs: number) => Traffic;
  /** How many are not kept of those that a workstream, or everybody, was asked for in the last minute. */
  readonly countedOnly: (workstream: string | undefined, nowMs: number) => number;
}

export interface KeptRate {
  /** So many requests of a workstream are kept at once, and so many a second from then on. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Counts requests by workstream and second. What is older than a minute is forgotten, and so are those who were asked nothing since. */
export const countTraffic = ({ burst, perSecond }: KeptRate): TrafficCounts => {
  const all = new Map<string, Counts>();

  return {
    add: (directory, exchange) => {
      const second = Math.floor((exchange.startedAt + exchange.durationMs) / 1000);
      let counts = all.get(directory);
      if (counts === undefined) {
        for (const [other, { second: last }] of all) if (last < second - span) all.delete(other);
        counts = emptyCounts(exchange.workstream, second, rateLimit(burst, perSecond));
        all.set(directory, counts);
      }
      forward(counts, second);
      const place = counts.second % span;
      counts.requests[place] = (counts.requests[place] as number) + 1;
      if (exchange.durationMs > (counts.slowest[place] as number)) counts.slowest[place] = exchange.durationMs;
      if (isFailed(exchange)) {
        counts.errors[place] = (counts.errors[place] as number) + 1;
        return true;
      }
      if (counts.mayKeep()) return true;
      counts.countedOnly[place] = (counts.countedOnly[place] as number) + 1;
      return false;
    },
    read: (directory, nowMs) => {
      const counts = all.get(directory);
      if (counts === undefined) return nothing;
      forward(counts, Math.floor(nowMs / 1000));
      const places = Array.from({ length: span }, (_, index) => (counts.second + 1 + index) % span);
      const perSecond = places.map((place) => counts.requests[place] as number);
      return {
        perSecond,
        requests: sum(perSecond),
        errors: sum(counts.errors),
        slowestMs: Math.max(...counts.slowest),
        countedOnly: sum(counts.countedOnly),
      };
    },
    countedOnly: (workstream, nowMs) => {
      let total = 0;
      for (const counts of all.values()) {
        if (workstream !== undefined && counts.workstream !== workstream) continue;
        forward(counts, Math.floor(nowMs / 1000));
        total += sum(counts.countedOnly);
      }
      return total;
    },
  };
};

const nothing: Traffic = { perSecond: new Array(span).fill(0), requests: 0, errors: 0, slowestMs: 0, countedOnly: 0 };

const emptyCounts = (workstream: string | undefined, second: number, mayKeep: () => boolean): Counts => ({
  workstream,
  second,
  requests: new Uint32Array(span),
  errors: new Uint32Array(span),
  slowest: new Float64Array(span),
  countedOnly: new Uint32Array(span),
  mayKeep,
});

/** Makes a second the one that is counted; a clock that was set back goes on with the one before. */
const forward = (counts: Counts, second: number): void => {
  // Far back: what was counted is of a time that never was.
  if (second < counts.second - span) counts.second = second - span;
  for (let next = Math.max(counts.second + 1, second - span + 1); next <= second; next += 1) {
    const place = next % span;
    counts.requests[place] = 0;
    counts.errors[place] = 0;
    counts.slowest[place] = 0;
    counts.countedOnly[place] = 0;
  }
  counts.second = Math.max(counts.second, second);
};

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};
