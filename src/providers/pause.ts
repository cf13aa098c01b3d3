/** Settles after the time, when the signal ends, or early when the promise does. */
export const pause = (ms: number, signal: AbortSignal, early?: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    early?.then(end, end);
  });

/** Rung by whoever has news; stays rung until it is reset. */
export interface Bell {
  readonly ring: () => void;
  readonly reset: () => void;
  readonly hasRung: () => boolean;
  readonly rung: () => Promise<void>;
}

export const createBell = (): Bell => {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    reset: () => {
      hasRung = false;
    },
    hasRung: () => hasRung,
    rung: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (hasRung) resolve();
      }),
  };
};
