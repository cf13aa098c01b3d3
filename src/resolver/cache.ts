import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { SidingsError } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import { type ResolverSettings, resolveCopy } from './resolve.ts';

/** A thousand copies, their former places, and some room. */
const maxEntries = 5000;

/** What made an own resolver fail may lie outside its files, so it is tried again after this. */
const failureMs = 60_000;

interface Entry {
  /** What each file looked like before it was read. */
  readonly stamps: ReadonlyMap<string, string>;
  readonly outcome: Promise<Resolution>;
}

/**
 * `resolveCopy` that remembers, as long as the times of the files an answer came from are the same. Calls for one folder at
 * the same moment share one answer.
 */
export const cachedResolver = (settings: ResolverSettings): ((directory: string) => Promise<Resolution>) => {
  const entries = new LRUCache<string, Entry>({ max: maxEntries });
  const pending = new Map<string, Promise<Resolution>>();

  const resolveNow = (directory: string): Promise<Resolution> => {
    const stamps = new Map<string, string>();
    const outcome = resolveCopy(directory, settings, async (file) => {
      stamps.set(file, await stampOf(file));
    });
    return outcome.then(
      (resolution) => {
        entries.set(directory, { stamps, outcome });
        return resolution;
      },
      (error: unknown) => {
        // Costly to find out again; all other failures are cheap.
        if (error instanceof SidingsError && ['resolver-failed', 'resolver-timeout'].includes(error.code)) {
          entries.set(directory, { stamps, outcome }, { ttl: failureMs });
        }
        throw error;
      },
    );
  };

  const answer = async (directory: string): Promise<Resolution> => {
    const entry = entries.get(directory);
    if (entry !== undefined && (await isCurrent(entry.stamps))) return await entry.outcome;
    entries.delete(directory);
    return await resolveNow(directory);
  };

  return (directory) => {
    const earlier = pending.get(directory);
    if (earlier !== undefined) return earlier;
    const current = answer(directory).finally(() => pending.delete(directory));
    pending.set(directory, current);
    return current;
  };
};

const isCurrent = async (stamps: ReadonlyMap<string, string>): Promise<boolean> => {
  const now = await Promise.all([...stamps.keys()].map(stampOf));
  return [...stamps.values()].every((stamp, index) => stamp === now[index]);
};

/** Changes with every edit, replacement and change of permissions. */
const stampOf = async (file: string): Promise<string> => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
};
