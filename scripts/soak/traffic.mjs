// The clients of a soak: each does one exchange after the other, and all that became of them is counted.
import { setTimeout as sleep } from 'node:timers/promises';
import { kinds } from './exchanges.mjs';
import { deliveryFault, faultOf } from './judge.mjs';

/** Nothing takes longer, unless it hangs. */
const patienceMs = 20_000;
/** Of each way to be lost so many are shown. */
const mostShown = 4;

/** One of these, by their `weight`. */
export const choose = (weighted, random) => {
  let left = random() * weighted.reduce((sum, { weight }) => sum + weight, 0);
  return weighted.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
};

/** `random`, `windows` as judge.mjs makes them, and what exchanges need: `proxy` and `pool`. */
export const openTraffic = ({ random, windows, proxy, pool }) => {
  /** Of each exchange by its nonce: what became of it, and how often it arrived. */
  const records = [];
  const counts = new Map(kinds.map(({ name }) => [name, { whole: 0, left: 0, answered: 0, cut: 0, lost: 0 }]));
  const losses = new Map();
  const begun = performance.now();
  /** Of small requests outside of any fault, in milliseconds, since they were last taken. */
  let times = [];
  let sinceTaken = 0;

  const lose = (fault, text) => losses.set(fault, [...(losses.get(fault) ?? []), text]);

  const exchange = async (copies) => {
    const kind = choose(kinds, random);
    const copy = copies[Math.floor(random() * copies.length)];
    const hostname = copy.hostnames[Math.floor(random() * copy.hostnames.length)];
    const nonce = records.length;
    const record = { copy: copy.name, kind, count: 0, fate: undefined, isExcused: false };
    records.push(record);
    const signal = AbortSignal.timeout(patienceMs);
    const started = performance.now();
    const context = { proxy, pool, random, copy: copy.name, hostname, nonce, signal };
    const got = await kind.run(context).catch((error) => ({ fate: 'cut', detail: error.message }));
    const ended = performance.now();
    const outcome = signal.aborted ? { fate: 'silent' } : got;
    const during = windows.during(copy.name, started, ended);
    const fault = faultOf(outcome, during);
    Object.assign(record, { fate: outcome.fate, isExcused: during.length > 0 });
    const count = counts.get(kind.name);
    if (fault === undefined) count[outcome.fate] += 1;
    else {
      count.lost += 1;
      const about = outcome.detail === undefined ? '' : ` (${outcome.detail})`;
      lose(fault, `${kind.name} to ${copy.name}${about}, at ${((ended - begun) / 1000).toFixed(2)} s`);
    }
    sinceTaken += 1;
    if (during.length === 0 && kind.name.startsWith('GET')) times.push(ended - started);
  };

  return {
    /** Goes on until the signal ends it; what is under way then comes to its end. */
    run: async (copies, { clients, pauseMs, signal }) => {
      const client = async () => {
        while (!signal.aborted) {
          await exchange(copies);
          await sleep(random() * pauseMs, undefined, { signal }).catch(() => {});
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
    },
    /** A request has arrived at the upstream of a copy. */
    arrived: ({ nonce, copy }) => {
      const record = records[nonce];
      if (record?.copy === copy) record.count += 1;
      else {
        lose(
          'delivered to another',
          `${copy} got a request ${record === undefined ? 'of nobody' : `to ${record.copy}`}`,
        );
      }
    },
    /** Times since the last call, and how many exchanges that were. */
    take: () => {
      const taken = { times, exchanges: sinceTaken };
      times = [];
      sinceTaken = 0;
      return taken;
    },
    /** When all has arrived that will: counts by kind, and what was lost. */
    judge: () => {
      for (const { copy, kind, count, fate, isExcused } of records) {
        const fault = deliveryFault({ count, fate, isRetried: kind.isRetried === true, isExcused });
        if (fault !== undefined) lose(fault, `${kind.name} to ${copy}, ${fate}`);
      }
      return {
        exchanges: records.length,
        excused: records.filter(({ isExcused }) => isExcused).length,
        counts,
        lost: [...losses.values()].reduce((sum, texts) => sum + texts.length, 0),
        losses: [...losses].map(([fault, texts]) => ({ fault, count: texts.length, shown: texts.slice(0, mostShown) })),
      };
    },
  };
};
