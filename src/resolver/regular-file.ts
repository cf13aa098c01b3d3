import { constants, type FileHandle, open } from 'node:fs/promises';

/** Files written by people stay far below this. */
export const maxFileSize = 1024 * 1024;

/** What a system error says, in words without the call and the path that Node adds to it. */
export const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space is left on the device';
    case 'EFBIG':
      return 'the file would become too large';
    case 'ENOENT':
      return 'no such file or folder';
    case 'ENOTDIR':
      return 'a part of its path is not a folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENXIO':
      return 'it is not a regular file';
    case 'ELOOP':
      return 'its symbolic links go round in a circle';
    default:
      return String(message ?? error);
  }
};

/**
 * Opens a regular file to read. A FIFO, a device or a folder in its place is an error and never waited for. Rejects with the system's error or
 * with one that says what is wrong in words.
 */
export const openRegularFile = async (file: string): Promise<FileHandle> => {
  // Opening a FIFO waits for a writer unless O_NONBLOCK is given; regular files do not care about it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new Error('it is a folder');
    if (!stat.isFile()) throw new Error('it is not a regular file');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/** The text of a regular file of at most 1 MB in UTF-8, without its byte order mark. Errors as of `openRegularFile`. */
export const readRegularFile = async (file: string): Promise<string> => {
  const handle = await openRegularFile(file);
  try {
    if ((await handle.stat()).size > maxFileSize) throw new Error('it is larger than 1 MB');
    const bytes = await handle.readFile();
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new Error('it is not UTF-8 text');
    }
  } finally {
    await handle.close();
  }
};
