import type { FolderWatches, Follower, Interest } from './folder-watches.ts';

export type Follow = (folder: string, interest: Interest) => void;

/**
 * One kind of thing to look at: reads the one with this key, after it has followed the folders that it reads from. `known` is what it gave
 * the last time.
 */
export type Read<Value> = (key: string, follow: Follow, known: Value | undefined) => Promise<Value>;

/**
 * What was read from the disk, kept until the folders that it came from change. The asker walks through all of it again
 * and again, in rounds; only what is new or has changed is read anew, and what no round reaches any more is forgotten.
 */
export interface Looks {
  /**
   * Gives a function that answers with what is known about a key: undefined before the first look at it is done, and the last
   * known value while a new one is under way.
   */
  readonly kind: <Value>(read: Read<Value>) => (key: string) => Value | undefined;
  readonly beginRound: () => void;
  /** A round is walked through until nothing is pending; the last walk decides what is forgotten. */
  readonly beginWalk: () => void;
  /** Settles when all looks that began in this round are done; undefined if there are none. */
  readonly pending: () => Promise<unknown> | undefined;
  readonly endRound: () => void;
  /** Everything, or only what could not be watched, is out of date from here on. */
  readonly refresh: (which: Which) => void;
  readonly count: (which: Which) => number;
  readonly close: () => void;
}

export type Which = 'everything' | 'unwatched';

interface Look extends Follower {
  value: unknown;
  stale: boolean;
  running: boolean;
  unwatched: boolean;
  /** The round in which it was last begun, and the walk in which it was last reached. */
  begun: number;
  reached: number;
}

/** `news` is called when the next round may give something else than the one before. */
export const createLooks = (watches: FolderWatches, news: () => void, concurrency = 32): Looks => {
  const kinds: Map<string, Look>[] = [];
  const limit = limiter(concurrency);
  let round = 0;
  let walk = 0;
  let inRound = false;
  let closed = false;
  /** The looks that began in this round, and how many of them are under way. */
  let begun: Promise<void>[] = [];
  let unfinished = 0;

  const select = (which: Which): readonly Look[] =>
    kinds.flatMap((looks) => [...looks.values()]).filter(({ unwatched }) => which === 'everything' || unwatched);

  const begin = async <Value>(key: string, look: Look, read: Read<Value>): Promise<void> => {
    look.running = true;
    look.begun = round;
    unfinished += 1;
    await limit(async () => {
      const isKept = (): boolean => !closed && look.reached !== forgotten;
      if (!isKept()) return;
      watches.unfollow(look);
      look.unwatched = false;
      look.stale = false;
      const follow: Follow = (folder, interest) => {
        if (isKept() && !watches.follow(look, folder, interest)) look.unwatched = true;
      };
      look.value = await read(key, follow, look.value as Value | undefined);
    });
    look.running = false;
    if (look.begun === round) unfinished -= 1;
    if (look.begun !== round || !inRound) news();
  };

  return {
    kind: <Value>(read: Read<Value>) => {
      const looks = new Map<string, Look>();
      kinds.push(looks);
      return (key) => {
        const look = looks.get(key) ?? newLook(news);
        looks.set(key, look);
        look.reached = walk;
        if (look.stale && !look.running && look.begun !== round) begun.push(begin(key, look, read));
        return look.value as Value | undefined;
      };
    },
    beginRound: () => {
      round += 1;
      inRound = true;
      begun = [];
      unfinished = 0;
    },
    beginWalk: () => {
      walk += 1;
    },
    pending: () => (unfinished === 0 ? undefined : Promise.all(begun)),
    endRound: () => {
      inRound = false;
      for (const looks of kinds) {
        for (const [key, look] of looks) {
          if (look.reached === walk) continue;
          looks.delete(key);
          look.reached = forgotten;
          watches.unfollow(look);
        }
      }
    },
    refresh: (which) => {
      for (const look of select(which)) look.stale = true;
    },
    count: (which) => select(which).length,
    close: () => {
      closed = true;
    },
  };
};

const forgotten = -1;

const newLook = (news: () => void): Look => {
  const look: Look = {
    value: undefined,
    stale: true,
    running: false,
    unwatched: false,
    begun: 0,
    reached: 0,
    changed: () => {
      look.stale = true;
      news();
    },
  };
  return look;
};

/** Runs at most so many tasks at a time, in the order in which they come. One that takes long makes room for the others. */
const limiter = (size: number, patienceMs = 1000) => {
  let free = size;
  const waiting: (() => void)[] = [];

  return async (task: () => Promise<void>): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
    const timer = setTimeout(done, patienceMs).unref();
    try {
      await task();
    } finally {
      done();
    }
  };
};
