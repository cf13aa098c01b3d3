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
  /** Everything is looked at again this often, whatever the watches say. */
  readonly rescanMs?: number;
  readonly log: Log;
  readonly watch?: typeof folderWatches;
}

/** After the first event, so that what belongs together is seen together. */
const debounceMs = 100;
/** How long one snapshot waits for copies that are slow to answer; they come with a later one. */
const firstPatienceMs = 2000;
const patienceMs = 400;
/** How often folders are looked at that cannot be watched, and the share of the time that this may take at most. */
const unwatchedMs = 2000;
const unwatchedShare = 1 / 20;

/**
 * The copies on this machine: folders directly under a root (and the root itself) that hold `sidings.json`, and all git
 * worktrees of the repositories found there, wherever they are. Their folders are watched; `node_modules` and whatever else
 * is further down is never looked at.
 */
export const directoryProvider = ({
  roots,
  resolve,
  rescanMs = 60_000,
  log,
  watch = folderWatches,
}: DirectoryProviderOptions): Provider => ({
  name: 'directory',
  run: async (publish, signal) => {
    const bell = createBell();
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
    const look = async (patience: number): Promise<Snapshot> => {
      const end = performance.now() + patience;
      looks.beginRound();
      for (;;) {
        const { copies, problems } = walk();
        const pending = looks.pending();
        const left = end - performance.now();
        if (pending === undefined || left <= 0 || signal.aborted) {
          looks.endRound();
          return { provider: 'directory', copies: claimsOf(copies), problems };
        }
        await pause(left, signal, pending);
      }
    };

    const watchUntilAborted = async (): Promise<void> => {
      let published: string | undefined;
      let rescanAt = performance.now() + rescanMs;
      for (let patience = firstPatienceMs; ; patience = patienceMs) {
        bell.reset();
        const begun = performance.now();
        const snapshot = await look(patience);
        if (signal.aborted) return;
        const text = JSON.stringify(snapshot);
        if (text !== published) publish(snapshot);
        published = text;

        const ended = performance.now();
        const unwatchedAt = looks.anyUnwatched()
          ? ended + Math.max(unwatchedMs, (ended - begun) / unwatchedShare)
          : Number.POSITIVE_INFINITY;
        await pause(Math.min(rescanAt, unwatchedAt) - ended, signal, bell.rung());
        if (bell.hasRung()) await pause(debounceMs, signal);
        const now = performance.now();
        if (now >= unwatchedAt) looks.refresh('unwatched');
        if (now < rescanAt) continue;
        looks.refresh('everything');
        rescanAt = now + rescanMs;
      }
    };

    try {
      await watchUntilAborted();
    } finally {
      looks.close();
      watches.close();
    }
  },
});
