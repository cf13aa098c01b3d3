import type { Log } from '../model/log.ts';
import type { Problem } from '../model/problem.ts';
import type { Resolution, Snapshot } from '../model/workstream.ts';
import { claimsOf } from './claims.ts';
import { type FoundCopy, readCopy, readRepository, readRoot, readWorktree } from './directory-reads.ts';
import { folderWatches } from './folder-watches.ts';
import { createLooks } from './looks.ts';
import { createBell, pause } from './pause.ts';
import type { Provider } from './provider.ts';

export interface DirectoryProviderOptions {
  /** Folders whose direct subfolders are looked at. */
  readonly roots: readonly string[];
  readonly resolve: (directory: string) => Promise<Resolution>;
  /** Where the computed ports are reached. */
  readonly upstreamHost?: string | undefined;
  /** Everything is looked at again this often, whatever the watches say. */
  readonly rescanMs?: number;
  readonly log: Log;
  /** Another way to learn of changes, for machines on which folders cannot be watched. */
  readonly watch?: typeof folderWatches;
}

/** After the first event, so that what belongs together is seen together. */
const debounceMs = 100;
/** How long one snapshot waits for copies that are slow to answer; they come with a later one. */
const firstPatienceMs = 2000;
const patienceMs = 400;
/** How often folders are looked at that cannot be watched. */
const unwatchedMs = 2000;
/** With very many folders, looking at them takes longer and is done less often, so that it never shows. */
const rescanMsPerLook = 300;
const unwatchedMsPerLook = 10;

export interface DirectoryProvider extends Provider {
  /**
   * Looks at everything again, under other roots from here on; settles when that has been seen once, or the provider has ended. What is known
   * of a copy holds until it is known anew.
   */
  readonly refresh: (roots: readonly string[]) => Promise<void>;
}

/**
 * The copies on this machine: folders directly under a root (and the root itself) that hold `sidings.json`, and all git
 * worktrees of the repositories found there, wherever they are. Their folders are watched; `node_modules` and whatever else
 * is further down is never looked at.
 */
export const directoryProvider = ({
  roots: firstRoots,
  resolve,
  upstreamHost,
  rescanMs = 60_000,
  log,
  watch = folderWatches,
}: DirectoryProviderOptions): DirectoryProvider => {
  let roots = firstRoots;
  const bell = createBell();
  /** Those who wait until everything has been seen again. */
  let waiting: (() => void)[] = [];
  let isOver = false;

  const run: Provider['run'] = async (publish, signal) => {
    const watches = watch(log);
    const looks = createLooks(watches, bell.ring);
    const rootAt = looks.kind(readRoot);
    const copyAt = looks.kind(readCopy(resolve, log));
    const repositoryAt = looks.kind(readRepository);
    const worktreeAt = looks.kind(readWorktree);

    /** Walks through all that is known; what is not known begins to be read. */
    const walk = () => {
      looks.beginWalk();
      const problems: Problem[] = [];
      const copies = new Map<string, FoundCopy>();
      const folders = new Set<string>();
      const repositories = new Set<string>();
      for (const root of new Set(roots)) {
        const found = rootAt(root);
        if (found === undefined) continue;
        for (const folder of found.folders) folders.add(folder);
        for (const copy of found.unreadable) copies.set(copy.directory, copy);
        problems.push(...found.problems);
      }
      // The set grows on the way: a copy leads to its repository, and that to further folders.
      for (const folder of folders) {
        const copy = copyAt(folder);
        if (copy === undefined) continue;
        copies.set(folder, copy);
        if (copy.repository === undefined || repositories.has(copy.repository)) continue;
        repositories.add(copy.repository);
        const repository = repositoryAt(copy.repository);
        if (repository === undefined) continue;
        for (const worktree of [repository.main, ...repository.entries.map(worktreeAt)]) {
          if (worktree !== undefined) folders.add(worktree);
        }
      }
      return { copies: [...copies.values()], problems };
    };

    /** Everything that is known when nothing is left to be read, or when the time is over. */
    const look = async (patience: number): Promise<Snapshot | undefined> => {
      const end = performance.now() + patience;
      looks.beginRound();
      while (!signal.aborted) {
        const { copies, problems } = walk();
        const pending = looks.pending();
        const left = end - performance.now();
        if (pending === undefined || left <= 0) {
          looks.endRound();
          return { provider: 'directory', copies: claimsOf(copies, upstreamHost), problems };
        }
        await pause(left, signal, pending);
      }
      return undefined;
    };

    const watchUntilAborted = async (): Promise<void> => {
      let published: string | undefined;
      let lastRescan = performance.now();
      let lastUnwatched = lastRescan;
      for (let isFirst = true; ; isFirst = false) {
        bell.reset();
        const asked = waiting;
        waiting = [];
        if (asked.length > 0) looks.refresh('everything');
        const snapshot = await look(isFirst || asked.length > 0 ? firstPatienceMs : patienceMs);
        const text = JSON.stringify(snapshot);
        if (snapshot !== undefined && text !== published) publish(snapshot);
        published = text;
        for (const tell of asked) tell();
        if (snapshot === undefined) return;

        const unwatched = looks.count('unwatched');
        const rescanAt = lastRescan + Math.max(rescanMs, looks.count('everything') * rescanMsPerLook);
        const unwatchedAt =
          unwatched === 0 ? rescanAt : lastUnwatched + Math.max(unwatchedMs, unwatched * unwatchedMsPerLook);
        await pause(Math.min(rescanAt, unwatchedAt) - performance.now(), signal, bell.rung());
        if (bell.hasRung()) await pause(debounceMs, signal);
        const now = performance.now();
        if (now >= unwatchedAt) {
          looks.refresh('unwatched');
          lastUnwatched = now;
        }
        if (now >= rescanAt) {
          looks.refresh('everything');
          lastRescan = now;
        }
      }
    };

    try {
      await watchUntilAborted();
    } finally {
      isOver = true;
      for (const tell of waiting) tell();
      looks.close();
      watches.close();
    }
  };

  const refresh = (next: readonly string[]): Promise<void> => {
    roots = next;
    if (isOver) return Promise.resolve();
    return new Promise((settle) => {
      waiting.push(settle);
      bell.ring();
    });
  };

  return { name: 'directory', run, refresh };
};
