import { resolverSettings } from '../../../config/resolver-settings.ts';
import { fail } from '../../../model/problem.ts';
import type { Resolution } from '../../../model/workstream.ts';
import { knownCopies } from '../../../resolver/known-copies.ts';
import { resolveCopy } from '../../../resolver/resolve.ts';
import { printJson, printLine } from '../../report.ts';
import type { CommonOptions, FoundCopy } from '../inspect.ts';
import { confirmLoss } from './confirm-loss.ts';
import { findInstance, type Instance } from './instance.ts';
import { untilInterrupted } from './interruption.ts';
import { openOwnCopy } from './own-copy.ts';
import { startProgram } from './programs.ts';
import { type Progress, showProgress, sizeOf } from './progress.ts';
import { newDatabase, replaceDatabase } from './replace-database.ts';

/** Puts the data of another copy into this copy's database. The other one is only read. */
export const clone = async (
  options: CommonOptions & { readonly from: string; readonly yes?: boolean },
): Promise<number> => {
  const found = await openOwnCopy(options);
  const { copy, others } = found;
  const source = await sourceOf(options.from, found);
  const from = await findInstance(source, await knownCopies(source, found.settings));
  const to = await findInstance(copy, others);
  // The data of a workstream is a copy itself; that of main may be all there is.
  if (copy.mode === 'main' && !(await confirmLoss(to, options.yes === true))) return 1;

  const { bytes, seconds } = await untilInterrupted((signal) => transfer(from, to, signal));
  const { name: database } = to.database;
  if (options.json) printJson({ name: copy.name, database, from: source.name, bytes, seconds });
  else printLine(`${database} of ${copy.name} has the data of ${source.name} now: ${sizeOf(bytes)} in ${seconds} s.`);
  return 0;
};

/** The copy that `--from` names: by its folder's name, that of the project, or as `main`. Errors: `copy-unknown`. */
const sourceOf = async (from: string, { copy, others, settings }: FoundCopy): Promise<Resolution> => {
  const known = others.filter(({ directory }) => directory !== undefined);
  const named = known.find(({ name }) => name === from);
  const main = from === 'main' || from === copy.project ? known.find(({ slot }) => slot === 0) : undefined;
  const { directory } = named ?? main ?? {};
  if (directory === undefined) {
    throw fail('copy-unknown', { name: from, known: known.map(({ name }) => name).join(', ') || 'none' });
  }
  return resolveCopy(directory, resolverSettings(settings));
};

const transfer = async (from: Instance, to: Instance, signal: AbortSignal): Promise<Progress> => {
  const progress = showProgress(`${from.database.name} of ${from.copy.name}`);
  try {
    const fill = async (): Promise<void> => {
      const failure = new AbortController();
      const either = AbortSignal.any([signal, failure.signal]);
      // Nothing is compressed on the way, which is one from container to container.
      const dumpArgs = ['--format=custom', '--compress=0'];
      const dump = startProgram(from, 'pg_dump', dumpArgs, { database: from.database.name, signal: either });
      const restoreArgs = ['--exit-on-error', `--dbname=${newDatabase}`];
      const restore = startProgram(to, 'pg_restore', restoreArgs, { database: newDatabase, signal: either });
      dump.output.on('data', (part: Buffer) => progress.add(part.length));
      dump.output.pipe(restore.input);
      try {
        await Promise.all([dump.ended, restore.ended]);
      } catch (error) {
        // Whichever failed first is the reason; the other one has nothing to do any more.
        failure.abort();
        await Promise.allSettled([dump.ended, restore.ended]);
        throw error;
      }
    };
    await replaceDatabase(to, 'template0', fill, signal);
    return progress.end();
  } finally {
    progress.end();
  }
};
