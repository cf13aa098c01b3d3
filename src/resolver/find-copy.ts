import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../model/problem.ts';
import { projectFileName } from './project-file.ts';

/**
 * Real path of the nearest folder upward that holds `sidings.json`: symlinks on the way to the folder do not count.
 * Rejects with `project-not-found`.
 */
export const findCopy = async (directory: string): Promise<string> => {
  const start = await realpath(directory).catch(() => undefined);
  for (let folder = start; folder !== undefined; folder = dirname(folder)) {
    // A dangling link is a broken file of this folder, and no reason to take one further up.
    if (await exists(join(folder, projectFileName))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw fail('project-not-found', { directory });
};

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );
