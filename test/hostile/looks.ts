/** Conditions that somebody waits for; they are looked at whenever something comes. */
export interface Looks {
  readonly look: () => void;
  /** Waits until a condition holds, and no longer than so many milliseconds. One at a time. */
  readonly until: (condition: () => boolean, withinMs: number) => Promise<void>;
}

export const createLooks = (): Looks => {
  let look = (): void => {};
  return {
    look: () => look(),
    until: (condition, withinMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          look = () => {};
          resolve();
        };
        const timer = setTimeout(done, withinMs);
        look = () => {
          if (condition()) done();
        };
        look();
      }),
  };
};
