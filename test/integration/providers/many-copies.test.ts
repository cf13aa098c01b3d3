import { appendFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFile, startDirectories } from '../../support/directories.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';

const count = 1000;

test('a thousand copies are found, each with ports and a branch of its own, and stay watched', async () => {
  const root = await temporaryFolder();
  for (let number = 1; number <= count; number += 1) {
    const directory = join(root, `project-${number}`);
    await mkdir(directory);
    await Promise.all([
      write(join(directory, 'sidings.json'), projectFile()),
      write(join(directory, '.git/HEAD'), `ref: refs/heads/branch-${number}\n`),
    ]);
  }
  const { copies, copy, snapshots } = startDirectories({ roots: [root] });
  await eventually(() => copies().length === count, 'a thousand copies');
  expect(new Set(copies().map(({ services }) => services[0]?.upstream.port)).size).toBe(count);
  expect(new Set(copies().map(({ branch }) => branch)).size).toBe(count);
  expect(copies().flatMap(({ problems }) => problems)).toEqual([]);

  const before = snapshots.length;
  await cp(join(root, 'project-1'), join(root, `project-${count + 1}`), { recursive: true });
  await eventually(() => copies().length === count + 1);
  await write(join(root, `project-${count}`, '.git/HEAD'), 'ref: refs/heads/other\n');
  await eventually(() => copy(`project-${count}`)?.branch === 'other');
  await appendFile(join(root, 'project-500/sidings.json'), 'broken');
  await eventually(() => copy('project-500')?.problems[0]?.code === 'project-file-syntax');
  expect(copies().filter(({ problems }) => problems.length > 0)).toHaveLength(1);
  // A copied folder may be seen in two steps.
  expect(snapshots.length - before).toBeLessThanOrEqual(4);
});
