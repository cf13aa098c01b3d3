import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Log } from '../model/log.ts';

/** Who relies on what some folders hold, and is told when that may have changed. */
export interface Follower {
  readonly changed: () => void;
}

/** Single names in a folder, or its entries: which of them exist. What happens to the folder itself is part of both. */
export type Interest = readonly string[] | 'entries';

/** One watch for each folder, shared by all who follow it; never for what is inside its subfolders. */
export interface FolderWatches {
  /** To be called before the folder is read, so that nothing is missed. False if the system allows no more watches. */
  readonly follow: (follower: Follower, folder: string, interest: Interest) => boolean;
  /** Takes back all that was followed; a folder that nobody follows any more is not watched any more. */
  readonly unfollow: (follower: Follower) => void;
  readonly close: () => void;
}

interface Watched {
  readonly folder: string;
  readonly watcher: FSWatcher;
  readonly followers: Map<Follower, readonly Interest[]>;
}

const limitCodes: readonly unknown[] = ['ENOSPC', 'EMFILE', 'ENFILE'];

export const folderWatches = (log: Log, watch: typeof watchFolder = watchFolder): FolderWatches => {
  const watches = new Map<string, Watched>();
  const followed = new Map<Follower, Set<Watched>>();
  let limitReached = false;
  let closed = false;

  const onEvent = ({ folder, followers }: Watched, type: string, name: string | null): void => {
    // An event of the folder itself carries the folder's name; one without a name may be anything.
    const own = name === null || name === basename(folder);
    const concerns = (interest: Interest): boolean =>
      own || (interest === 'entries' ? type === 'rename' : interest.includes(name));
    for (const [follower, interests] of followers) if (interests.some(concerns)) follower.changed();
    if (type !== 'rename') return;
    if (own) lose(folder);
    if (name !== null && watches.has(join(folder, name))) lose(join(folder, name));
  };

  // A watch stays with the folder that it was made for, wherever that goes. What is at its path now needs a new one.
  const lose = (path: string): void => {
    for (const watched of watches.values()) {
      if (watched.folder !== path && !watched.folder.startsWith(path + sep)) continue;
      end(watched);
      for (const follower of watched.followers.keys()) follower.changed();
    }
  };

  const end = (watched: Watched): void => {
    watches.delete(watched.folder);
    watched.watcher.close();
  };

  const open = (folder: string): Watched => {
    const watcher = watch(folder);
    const watched: Watched = { folder, watcher, followers: new Map() };
    const isCurrent = (): boolean => watches.get(folder) === watched;
    watcher.on('change', (type: string, name: string | null) => {
      if (isCurrent()) onEvent(watched, type, name);
    });
    watcher.on('error', () => {
      if (isCurrent()) lose(folder);
    });
    watches.set(folder, watched);
    return watched;
  };

  const tryOpen = (folder: string): Watched | NodeJS.ErrnoException => {
    try {
      return watches.get(folder) ?? open(folder);
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
  };

  const follow = (follower: Follower, folder: string, interest: Interest): boolean => {
    if (closed) return true;
    let watched = tryOpen(folder);
    if ('code' in watched && watched.code === 'ENOENT' && folder !== dirname(folder)) {
      // What is not there yet is news of the folder above it; unless it has come in between.
      if (!follow(follower, dirname(folder), [basename(folder)])) return false;
      watched = tryOpen(folder);
    }
    if ('watcher' in watched) {
      watched.followers.set(follower, [...(watched.followers.get(follower) ?? []), interest]);
      followed.set(follower, (followed.get(follower) ?? new Set()).add(watched));
      return true;
    }
    if (!limitCodes.includes(watched.code)) return true;
    if (!limitReached) {
      log.warn(
        { folder, code: watched.code, watches: watches.size },
        'no more folders can be watched, so the rest is looked at every few seconds; on Linux raise fs.inotify.max_user_watches or fs.inotify.max_user_instances',
      );
    }
    limitReached = true;
    return false;
  };

  return {
    follow,
    unfollow: (follower) => {
      for (const watched of followed.get(follower) ?? []) {
        watched.followers.delete(follower);
        if (watched.followers.size === 0 && watches.get(watched.folder) === watched) end(watched);
      }
      followed.delete(follower);
    },
    close: () => {
      closed = true;
      for (const watched of watches.values()) end(watched);
    },
  };
};
