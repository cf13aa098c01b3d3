import { chmod, chown, constants, open, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fail } from '../../model/problem.ts';
import { type BrokenBlock, withEnvBlock } from '../../resolver/env-block.ts';
import { formatDotenv } from '../../resolver/formats.ts';
import { ownerOfPath } from '../../resolver/guards.ts';
import { maxFileSize, reasonOf } from '../../resolver/regular-file.ts';
import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { type CommonOptions, openCopy } from './inspect.ts';

/** Keeps the environment of this copy as a block in an env file; a file that is current is not touched. */
export const write = async (file: string | undefined, options: CommonOptions): Promise<number> => {
  const { copy, others, directory } = await openCopy(options);
  report(copy.problems);
  const code = exitCodeOf(copy.problems);
  if (code !== 0) return code;
  const named = file === undefined ? join(copy.directory, '.env.local') : resolve(directory, file);
  const unwritable = (error: unknown) => fail('file-unwritable', { file: named, reason: reasonOf(error) });

  const path = await behindLinks(named).catch((error: unknown) => {
    throw unwritable(error);
  });
  // A copy made by `cp -R` or by a tool for worktrees often links to the .env of main.
  const owner = ownerOfPath(path, copy, others);
  if (owner !== undefined) throw fail('write-foreign', { file: path === named ? path : `${named} (${path})`, owner });

  const current = await readBytes(path).catch((error: unknown) => {
    throw unwritable(error);
  });
  // Bytes as characters: what is not UTF-8 comes back as it was.
  const assignments = Buffer.from(formatDotenv(copy.env)).toString('latin1');
  const text: string | BrokenBlock = withEnvBlock(current?.bytes.toString('latin1') ?? '', assignments);
  if (typeof text !== 'string') throw fail('env-block-broken', { file: named, ...text });
  const bytes = Buffer.from(text, 'latin1');

  const changed = current === undefined || !current.bytes.equals(bytes);
  if (changed) {
    await replaceFile(path, bytes, current).catch((error: unknown) => {
      throw unwritable(error);
    });
  }
  if (options.json) printJson({ file: named, changed, problems: copy.problems });
  else printText(`${relative(directory, named) || named} ${changed ? 'written' : 'is up to date'}.\n`);
  return 0;
};

/** The file that a path leads to in the end, whether it exists or not. */
const behindLinks = async (path: string, depth = 0): Promise<string> => {
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined || depth > 40) return join(await realpath(dirname(path)), basename(path));
  return behindLinks(resolve(await realpath(dirname(path)), link), depth + 1);
};

interface Current {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const readBytes = async (path: string): Promise<Current | undefined> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new Error('it is a folder');
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > maxFileSize) throw new Error('it is larger than 1 MB');
    const { mode, uid, gid } = stat;
    return { bytes: await handle.readFile(), mode: mode & 0o7777, uid, gid };
  } finally {
    await handle.close();
  }
};

/** All at once: a reader sees the old file or the new one. Mode and owner stay. */
const replaceFile = async (path: string, bytes: Buffer, current: Current | undefined): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx', ...(current !== undefined && { mode: 0o600 }) });
    if (current !== undefined) {
      if (current.uid !== process.getuid?.() || current.gid !== process.getgid?.()) {
        await chown(temporary, current.uid, current.gid);
      }
      await chmod(temporary, current.mode);
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};
