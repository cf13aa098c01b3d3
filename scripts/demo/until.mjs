import { setTimeout as delay } from 'node:timers/promises';
import { tail } from './processes.mjs';

const withLog = (message, started) =>
  new Error(started === undefined ? message : `${message}\n\nThe end of ${started.log}:\n${tail(started.log)}`);

/**
 * Asks `probe` until it gives something other than undefined or false, and gives that. An error counts as "not yet". `started` is
 * the process that it depends on: its end is the end of waiting, and its log explains a failure.
 */
export const until = async (what, probe, { started, within = 30_000 } = {}) => {
  const end = performance.now() + within;
  let reason = '';
  for (;;) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      reason = ` (${error.message || error.code})`;
    }
    if (started?.ended !== undefined) throw withLog(`${what}: ${started.name} ended with ${started.ended}.`, started);
    if (performance.now() > end) throw withLog(`${what}: not within ${within / 1000} s${reason}.`, started);
    await delay(25);
  }
};

/** Waits for a command to end well. */
export const finished = async (what, started) => {
  const outcome = await started.exit;
  if (outcome !== 0) throw withLog(`${what}: ended with ${outcome}.`, started);
};
