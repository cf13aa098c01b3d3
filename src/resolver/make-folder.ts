import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those on the way to it, for their owner alone; gives the first one that was not there, undefined where all were. Rejects
 * with the system's error. The `recursive` of Node 20 never ends where the system says of a folder in an existing one that there is no such
 * folder (`/proc/x`).
 */
export const makeFolder = async (folder: string): Promise<string | undefined> => {
  try {
    return await makeOne(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const first = await makeFolder(dirname(folder));
  const made = await makeOne(folder);
  return first ?? made;
};

const makeOne = async (folder: string): Promise<string | undefined> => {
  try {
    await mkdir(folder, { mode: 0o700 });
    return folder;
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (exists && (await stat(folder).catch(() => undefined))?.isDirectory()) return undefined;
    throw error;
  }
};
