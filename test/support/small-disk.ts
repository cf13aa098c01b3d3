import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { needs, skipWithout } from './requirements.ts';

const run = promisify(execFile);

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  readonly fill: () => Promise<void>;
  readonly empty: () => Promise<void>;
  /** Nothing can be written any more. */
  readonly lock: () => Promise<void>;
}

/** A file system with room for some files, gone with the test, which is skipped where it cannot be mounted. */
export const mountSmallDisk = async (context: TestContext): Promise<SmallDisk> => {
  needs(context, 'mount', 'umount');
  const folder = join(await temporaryFolder(), 'disk');
  await mkdir(folder);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
  } catch (error) {
    return skipWithout(context, `the right to mount: ${(error as Error).message.trim()}`);
  }
  onTestFinished(async () => {
    await run('umount', ['--lazy', folder]);
  });
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: async () => {
      await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => {});
    },
    empty: () => writeFile(filler, ''),
    lock: async () => {
      await run('mount', ['-o', 'remount,ro', folder]);
    },
  };
};
