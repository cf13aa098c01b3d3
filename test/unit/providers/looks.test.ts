import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FolderWatches, Follower } from '../../../src/providers/folder-watches.ts';
import { createLooks } from '../../../src/providers/looks.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Watches that a test sets off by hand. */
const handWatches = (allowed = true) => {
  const followers = new Map<string, Set<Follower>>();
  const watches: FolderWatches = {
    follow: (follower, folder) => {
      followers.set(folder, (followers.get(folder) ?? new Set()).add(follower));
      return allowed;
    },
    unfollow: (follower) => {
      for (const [folder, set] of followers) {
        set.delete(follower);
        if (set.size === 0) followers.delete(folder);
      }
    },
    close: () => {},
  };
  return {
    watches,
    followed: () => [...followers.keys()].sort(),
    change: (folder: string) => {
      for (const { changed } of followers.get(folder) ?? []) changed();
    },
  };
};

/** Values by key that a test sets, with a record of what was read. */
const start = ({ allowed = true, concurrency = 32 } = {}) => {
  const { watches, followed, change } = handWatches(allowed);
  const values = new Map<string, string | Promise<string>>();
  const read: string[] = [];
  const news = vi.fn();
  const looks = createLooks(watches, news, concurrency);
  const at = looks.kind(async (key, follow) => {
    read.push(key);
    follow(`/${key}`, 'entries');
    return await (values.get(key) ?? 'nothing');
  });
  const round = async (...keys: readonly string[]) => {
    looks.beginRound();
    for (;;) {
      looks.beginWalk();
      const found = keys.map(at);
      const pending = looks.pending();
      if (pending === undefined) {
        looks.endRound();
        return found;
      }
      await pending;
    }
  };
  return { looks, at, values, read, news, followed, change, round };
};

/** A promise that a test settles. */
const deferred = () => {
  let settle = (_value: string) => {};
  const promise = new Promise<string>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
};

const turn = () => vi.advanceTimersByTimeAsync(0);

test('what was read is kept until a folder that it came from changes', async () => {
  const { values, round, read, change, news } = start();
  values.set('a', 'one').set('b', 'two');
  expect(await round('a', 'b')).toEqual(['one', 'two']);
  values.set('a', 'changed').set('b', 'changed');
  expect(await round('a', 'b')).toEqual(['one', 'two']);
  expect(news).not.toHaveBeenCalled();
  change('/a');
  expect(news).toHaveBeenCalledTimes(1);
  expect(await round('a', 'b')).toEqual(['changed', 'two']);
  expect(read).toEqual(['a', 'b', 'a']);
});

test('what the last walk of a round did not reach is forgotten, with its watches', async () => {
  const { round, read, followed, looks, at } = start();
  await round('a', 'b');
  expect(followed()).toEqual(['/a', '/b']);
  looks.beginRound();
  looks.beginWalk();
  at('b');
  looks.beginWalk();
  at('a');
  looks.endRound();
  expect(followed()).toEqual(['/a']);
  await round('b');
  expect(read).toEqual(['a', 'b', 'b']);
});

test('a change during a look makes it begin again in the next round, not in this one', async () => {
  const { values, round, change, looks, at, news, read } = start();
  const first = deferred();
  values.set('a', first.promise);
  looks.beginRound();
  looks.beginWalk();
  expect(at('a')).toBeUndefined();
  await turn();
  change('/a');
  expect(news).toHaveBeenCalledTimes(1);
  first.settle('old');
  await looks.pending();
  looks.beginWalk();
  expect(at('a')).toBe('old');
  expect(looks.pending()).toBeUndefined();
  looks.endRound();
  values.set('a', 'new');
  expect(await round('a')).toEqual(['new']);
  expect(read).toEqual(['a', 'a']);
});

test('a look that outlasts its round is news when it is done; until then the last value holds', async () => {
  const { values, round, change, looks, at, news } = start();
  values.set('a', 'one');
  await round('a');
  const slow = deferred();
  values.set('a', slow.promise);
  change('/a');
  news.mockClear();
  looks.beginRound();
  looks.beginWalk();
  expect(at('a')).toBe('one');
  await turn();
  looks.endRound();
  // The next round does not wait for it.
  expect(await round('a')).toEqual(['one']);
  expect(news).not.toHaveBeenCalled();
  slow.settle('two');
  await turn();
  expect(news).toHaveBeenCalledTimes(1);
  expect(await round('a')).toEqual(['two']);
});

test('a look that was forgotten while it ran follows nothing any more', async () => {
  const { watches, followed } = handWatches();
  const first = deferred();
  const looks = createLooks(watches, () => {});
  const at = looks.kind(async (key, follow) => {
    await first.promise;
    follow(`/${key}`, 'entries');
  });
  looks.beginRound();
  looks.beginWalk();
  at('a');
  looks.beginWalk();
  looks.endRound();
  first.settle('');
  await turn();
  expect(followed()).toEqual([]);
});

test('so many at a time; one that takes long makes room', async () => {
  const { values, read, looks, at } = start({ concurrency: 2 });
  const slow = deferred();
  for (const key of ['a', 'b', 'c', 'd']) values.set(key, slow.promise);
  looks.beginRound();
  looks.beginWalk();
  for (const key of ['a', 'b', 'c', 'd', 'e']) at(key);
  await turn();
  expect(read).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(999);
  expect(read).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(1);
  expect(read).toEqual(['a', 'b', 'c', 'd']);
  slow.settle('done');
  await looks.pending();
  expect(read).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a refresh reads everything anew, or only what could not be watched', async () => {
  const watched = start();
  await watched.round('a', 'b');
  watched.looks.refresh('unwatched');
  await watched.round('a', 'b');
  expect(watched.looks.count('unwatched')).toBe(0);
  expect(watched.looks.count('everything')).toBe(2);
  expect(watched.read).toHaveLength(2);
  watched.looks.refresh('everything');
  await watched.round('a', 'b');
  expect(watched.read).toHaveLength(4);

  const unwatched = start({ allowed: false });
  await unwatched.round('a');
  expect(unwatched.looks.count('unwatched')).toBe(1);
  unwatched.looks.refresh('unwatched');
  await unwatched.round('a');
  expect(unwatched.read).toHaveLength(2);
});

test('nothing begins and nothing is followed after the end', async () => {
  const { values, read, looks, at, followed } = start({ concurrency: 1 });
  const slow = deferred();
  values.set('a', slow.promise);
  looks.beginRound();
  looks.beginWalk();
  at('a');
  at('b');
  await turn();
  looks.close();
  slow.settle('done');
  await turn();
  expect(read).toEqual(['a']);
  expect(followed()).toEqual(['/a']);
});
