import type { Exchange } from '../model/exchange.ts';
import { isFailed, type Traffic } from '../model/requests.ts';

/** Seconds that are counted. */
const span = 60;

/** The counts of one workstream, each second at its place modulo the span. */
interface Counts {
  /** The second that was counted last, since the epoch. */
  second: number;
  readonly requests: Uint32Array;
  readonly errors: Uint32Array;
  readonly slowest: Float64Array;
}

export interface TrafficCounts {
  readonly add: (directory: string, exchange: Exchange) => void;
  /** What the workstream in a folder was asked for in the last minute. */
  readonly read: (directory: string, nowMs: number) => Traffic;
}

/** Counts requests by workstream and second. What is older than a minute is forgotten, and so are those who were asked nothing since. */
export const countTraffic = (): TrafficCounts => {
  const all = new Map<string, Counts>();

  return {
    add: (directory, exchange) => {
      const second = Math.floor((exchange.startedAt + exchange.durationMs) / 1000);
      let counts = all.get(directory);
      if (counts === undefined) {
        for (const [other, { second: last }] of all) if (last < second - span) all.delete(other);
        counts = emptyCounts(second);
        all.set(directory, counts);
      }
      forward(counts, second);
      const place = counts.second % span;
      counts.requests[place] = (counts.requests[place] as number) + 1;
      if (isFailed(exchange)) counts.errors[place] = (counts.errors[place] as number) + 1;
      if (exchange.durationMs > (counts.slowest[place] as number)) counts.slowest[place] = exchange.durationMs;
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
      };
    },
  };
};

const nothing: Traffic = { perSecond: new Array(span).fill(0), requests: 0, errors: 0, slowestMs: 0 };

const emptyCounts = (second: number): Counts => ({
  second,
  requests: new Uint32Array(span),
  errors: new Uint32Array(span),
  slowest: new Float64Array(span),
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
  }
  counts.second = Math.max(counts.second, second);
};

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};
