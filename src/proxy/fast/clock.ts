import type { RawHeaders } from '../request-head.ts';

/** A clock that is read without asking the system: it advances with each sweep. */
export interface Clock {
  /** Milliseconds, never ahead of the time and behind by one sweep at most. */
  now: number;
  /** The time as a `Date` field. */
  date: string;
}

/** Advances a clock and calls `sweep` every so many milliseconds, until the signal ends it. One timer instead of one for each request. */
export const runClock = (intervalMs: number, sweep: () => void, signal: AbortSignal): Clock => {
  const clock: Clock = { now: performance.now(), date: new Date().toUTCString() };
  const timer = setInterval(() => {
    clock.now = performance.now();
    clock.date = new Date().toUTCString();
    sweep();
  }, intervalMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return clock;
};

/** Whether an answer says when it was made; else we say when it came (RFC 9110 §6.6.1). */
export const hasDate = (fields: RawHeaders): boolean => {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'date') return true;
  }
  return false;
};
