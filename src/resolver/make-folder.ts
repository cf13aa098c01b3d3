import { mkdir } from 'node:fs/promises';

/**
 * Makes a folder, and those on the way to it, for their owner alone; gives the first one that was not there, undefined where all were. Rejects
 * with the system's error.
 */
export const makeFolder = (folder: string): Promise<string | undefined> =>
  mkdir(folder, { recursive: true, mode: 0o700 }).catch(async (error: unknown) => {
    // Node says so for whatever keeps it from making a folder; without `recursive` it says what.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(folder, { mode: 0o700 });
    return folder;
  });
