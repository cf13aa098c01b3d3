import { join, relative, resolve } from 'node:path';
import { fail } from '../../model/problem.ts';
import { withEnvBlock } from '../../resolver/env-block.ts';
import { formatDotenv } from '../../resolver/formats.ts';
import { ownerOfPath } from '../../resolver/guards.ts';
import type { BrokenBlock } from '../../resolver/marked-block.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { behindLinks, readCurrent, replaceContent } from '../edit-file.ts';
import { exitCodeOf, printJson, printLine, report } from '../report.ts';
import { type BundleOptions, type CommonOptions, openCopy } from './inspect.ts';

/** Keeps the environment of this copy as a block in an env file; a file that is current is not touched. */
export const write = async (file: string | undefined, options: CommonOptions & BundleOptions): Promise<number> => {
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

  const current = await readCurrent(path).catch((error: unknown) => {
    throw unwritable(error);
  });
  // Bytes as characters: what is not UTF-8 comes back as it was.
  const assignments = Buffer.from(formatDotenv(copy.env)).toString('latin1');
  const text: string | BrokenBlock = withEnvBlock(current?.bytes.toString('latin1') ?? '', assignments);
  if (typeof text !== 'string') throw fail('env-block-broken', { file: named, ...text });
  const bytes = Buffer.from(text, 'latin1');

  const changed = current === undefined || !current.bytes.equals(bytes);
  if (changed) {
    await replaceContent(path, bytes, current).catch((error: unknown) => {
      throw unwritable(error);
    });
  }
  if (options.json) printJson({ file: named, changed, problems: copy.problems });
  else printLine(`${relative(directory, named) || named} ${changed ? 'written' : 'is up to date'}.`);
  return 0;
};
