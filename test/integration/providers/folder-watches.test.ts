import { type FSWatcher, watch } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Follower, folderWatches } from '../../../src/providers/folder-watches.ts';
import { keptLog } from '../../support/directories.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';

const start = (watchFolder: (folder: string) => FSWatcher = watch) => {
  const opened: { readonly folder: string; readonly watcher: FSWatcher }[] = [];
  const { log, messages } = keptLog();
  const watches = folderWatches(log, ((folder: string) => {
    const watcher = watchFolder(folder);
    opened.push({ folder, watcher });
    return watcher;
  }) as typeof watch);
  onTestFinished(() => watches.close());
  return { watches, opened, messages };
};

const follower = () => {
  let count = 0;
  const self: Follower & { readonly count: () => number } = {
    changed: () => {
      count += 1;
    },
    count: () => count,
  };
  return self;
};

test('who follows names hears of these, who follows entries of what comes and goes', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'b'), '');
  const { watches, opened } = start();
  const [ofA, ofEntries, ofB] = [follower(), follower(), follower()];
  watches.follow(ofA, folder, ['a']);
  watches.follow(ofEntries, folder, 'entries');
  watches.follow(ofB, folder, ['x']);
  watches.follow(ofB, folder, ['b']);
  expect(opened).toHaveLength(1);

  await writeFile(join(folder, 'b'), 'text');
  await eventually(() => ofB.count() > 0);
  expect([ofA.count(), ofEntries.count()]).toEqual([0, 0]);
  await writeFile(join(folder, 'c'), '');
  await eventually(() => ofEntries.count() > 0);
  expect(ofA.count()).toBe(0);
  await writeFile(join(folder, 'a'), '');
  await eventually(() => ofA.count() > 0);
});

test('a folder is watched once, and until nobody follows it', async () => {
  const folder = await temporaryFolder();
  const { watches, opened } = start();
  const [one, two] = [follower(), follower()];
  watches.follow(one, folder, ['a']);
  watches.follow(two, folder, ['a']);
  watches.unfollow(one);
  await writeFile(join(folder, 'a'), '');
  await eventually(() => two.count() > 0);
  expect(one.count()).toBe(0);
  expect(opened).toHaveLength(1);
  watches.unfollow(two);
  watches.follow(one, folder, ['a']);
  expect(opened).toHaveLength(2);
});

test('what is not there yet is heard of when it comes', async () => {
  const folder = await temporaryFolder();
  const { watches } = start();
  const one = follower();
  expect(watches.follow(one, join(folder, 'some/where'), ['a'])).toBe(true);
  await mkdir(join(folder, 'some'));
  await eventually(() => one.count() > 0);
});

test('all who follow something below a folder that was moved hear of it', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a/b'), { recursive: true });
  const { watches, opened } = start();
  const [above, below] = [follower(), follower()];
  watches.follow(above, join(folder, 'a'), ['x']);
  watches.follow(below, join(folder, 'a/b'), ['x']);
  await rename(join(folder, 'a'), join(folder, 'c'));
  await eventually(() => above.count() > 0 && below.count() > 0);
  // Nothing is left of the old watches: the same path is watched anew.
  await mkdir(join(folder, 'a/b'), { recursive: true });
  watches.unfollow(below);
  watches.follow(below, join(folder, 'a/b'), ['x']);
  expect(opened.map((one) => one.folder)).toEqual([join(folder, 'a'), join(folder, 'a/b'), join(folder, 'a/b')]);
  const before = below.count();
  await writeFile(join(folder, 'a/b/x'), '');
  await eventually(() => below.count() > before);
});

test('a watch that fails later is news, and an event without a name may be anything', async () => {
  const folder = await temporaryFolder();
  const { watches, opened } = start();
  const one = follower();
  watches.follow(one, folder, ['a']);
  opened[0]?.watcher.emit('change', 'change', null);
  expect(one.count()).toBe(1);
  opened[0]?.watcher.emit('error', new Error('EPERM'));
  expect(one.count()).toBe(2);
  opened[0]?.watcher.emit('change', 'change', 'a');
  expect(one.count()).toBe(2);
  watches.unfollow(one);
  watches.follow(one, folder, ['a']);
  await writeFile(join(folder, 'a'), '');
  await eventually(() => one.count() > 2);
});

test.each(['ENOSPC', 'EMFILE', 'ENFILE'])('%s: no more watches, said once', async (code) => {
  const { watches, messages } = start(() => {
    throw Object.assign(new Error(code), { code });
  });
  expect(watches.follow(follower(), '/a', ['x'])).toBe(false);
  expect(watches.follow(follower(), '/b', ['x'])).toBe(false);
  expect(messages).toHaveLength(1);
});

test('a limit that is met on the way to a folder that is not there counts as one', () => {
  const { watches } = start((folder) => {
    const code = folder === '/a/b' ? 'ENOENT' : 'ENOSPC';
    throw Object.assign(new Error(code), { code });
  });
  expect(watches.follow(follower(), '/a/b', ['x'])).toBe(false);
});

test('a folder that may not be watched is no limit', () => {
  const { watches, messages } = start(() => {
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  });
  expect(watches.follow(follower(), '/a', ['x'])).toBe(true);
  expect(messages).toEqual([]);
});

test('after the end nothing is watched', async () => {
  const folder = await temporaryFolder();
  const { watches, opened } = start();
  const one = follower();
  watches.follow(one, folder, ['a']);
  watches.close();
  expect(watches.follow(one, folder, ['a'])).toBe(true);
  watches.unfollow(one);
  expect(opened).toHaveLength(1);
  await rm(folder, { recursive: true });
  expect(one.count()).toBe(0);
});
