import { onTestFinished } from 'vitest';

/** Ends with the test. */
export const lifeOfTest = (): AbortSignal => {
  const life = new AbortController();
  onTestFinished(() => life.abort());
  return life.signal;
};
