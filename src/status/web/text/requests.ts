import { isFailed, type RequestSummary } from '../../../model/requests.ts';

/** Newer requests before those that are shown, each once, and no more than so many. */
export const merged = (
  newer: readonly RequestSummary[],
  shown: readonly RequestSummary[],
  most: number,
): readonly RequestSummary[] => {
  const seen = new Set<string>();
  const all = [...newer, ...shown].filter(({ id }) => !seen.has(id) && seen.add(id) !== undefined);
  return all.sort((one, other) => endOf(other) - endOf(one)).slice(0, most);
};

const endOf = ({ startedAt, durationMs }: RequestSummary): number => startedAt + durationMs;

/** How a request ended, for its colour: `ok`, `moved`, `refused` (4xx), `failed` (5xx, or no whole answer). */
export const outcome = (request: Pick<RequestSummary, 'status' | 'error'>): string => {
  const { status } = request;
  if (isFailed(request) || status < 100) return 'failed';
  if (status >= 400) return 'refused';
  return status >= 300 ? 'moved' : 'ok';
};

/** The status of a request as a word: 0 is a client that left before there was one. */
export const statusWord = (status: number): string => (status === 0 ? 'left' : String(status));

/** The shares of a request's time before its first byte and after it, in percent. */
export const timing = ({ durationMs, firstByteMs }: Pick<RequestSummary, 'durationMs' | 'firstByteMs'>) => {
  const waited = Math.min(firstByteMs ?? durationMs, durationMs);
  const share = durationMs > 0 ? (waited / durationMs) * 100 : 100;
  return { waitedMs: waited, receivedMs: durationMs - waited, share };
};
