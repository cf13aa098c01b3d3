import { chmod, chown, open, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { maxFileSize, openRegularFile } from '../resolver/regular-file.ts';

/** The file that a path leads to in the end, whether it exists or not. */
export const behindLinks = async (path: string, depth = 0): Promise<string> => {
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined || depth > 40) return join(await realpath(dirname(path)), basename(path));
  return behindLinks(resolve(await realpath(dirname(path)), link), depth + 1);
};

/** A file as it is before it is changed. */
export interface Current {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Reads a regular file of at most 1 MB; undefined where there is none. */
export const readCurrent = async (path: string): Promise<Current | undefined> => {
  const handle = await openRegularFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size, mode, uid, gid } = await handle.stat();
    if (size > maxFileSize) throw new Error('it is larger than 1 MB');
    return { bytes: await handle.readFile(), mode: mode & 0o7777, uid, gid };
  } finally {
    await handle.close();
  }
};

/** A file that is mounted cannot be renamed over, and a folder may be closed while a file in it is open to its owner. */
const needsWritingInPlace = ['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'];

/** All at once where the folder allows it: a reader sees the old file or the new one. Mode and owner stay. */
export const replaceContent = async (path: string, bytes: Buffer, current: Current | undefined): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx', ...(current !== undefined && { mode: 0o600 }) });
    if (current !== undefined) {
      if (current.uid !== process.geteuid?.() || current.gid !== process.getegid?.()) {
        await chown(temporary, current.uid, current.gid);
      }
      await chmod(temporary, current.mode);
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (current === undefined || !needsWritingInPlace.includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    await writeInPlace(path, bytes);
  }
};

/** The new bytes over the old ones, then the end: at no moment is the file empty. */
const writeInPlace = async (path: string, bytes: Buffer): Promise<void> => {
  const handle = await open(path, 'r+');
  try {
    for (let done = 0; done < bytes.length; )
      done += (await handle.write(bytes, done, bytes.length - done, done)).bytesWritten;
    await handle.truncate(bytes.length);
    await handle.sync();
  } finally {
    await handle.close();
  }
};
