import { randomUUID } from 'node:crypto';
import { chown, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Who files are given to, when root works on behalf of a user. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What is being written has a name that begins like this, until it is whole. */
export const unfinished = '.new-';
/** Writing takes milliseconds; what is older than this was left by a process that was killed. */
const unfinishedMs = 60_000;

/**
 * Puts a text in the place of a file in one step, and on the disk before: whoever reads, and whatever happens meanwhile, there is the old
 * text or the new one. A link in the place of the file is replaced and not followed. Rejects with the system's error.
 */
export const writeWhole = async (file: string, text: string, mode: number, owner?: Owner): Promise<void> => {
  const folder = dirname(file);
  // A name that nobody foresees: what could be put there would be written to.
  const fresh = join(folder, `${unfinished}${randomUUID()}`);
  try {
    await removeUnfinished(folder);
    await writeFile(fresh, text, { flag: 'wx', mode, flush: true });
    if (owner !== undefined) await chown(fresh, owner.uid, owner.gid);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
};

/** Removes what processes that were killed have left in a folder. */
export const removeUnfinished = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(unfinished)) continue;
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (age > unfinishedMs) await rm(path, { recursive: true, force: true });
  }
};
