import { printJson, printLine } from '../../report.ts';
import type { CommonOptions } from '../inspect.ts';
import { confirmLoss } from './confirm-loss.ts';
import { findInstance } from './instance.ts';
import { untilInterrupted } from './interruption.ts';
import { openOwnCopy } from './own-copy.ts';
import { replaceDatabase } from './replace-database.ts';

/** Makes this copy's database empty. It asks before, unless it is told that this is meant. */
export const reset = async (options: CommonOptions & { readonly yes?: boolean }): Promise<number> => {
  const { copy, others } = await openOwnCopy(options);
  const instance = await findInstance(copy, others);
  if (!(await confirmLoss(instance, options.yes === true))) return 1;
  await untilInterrupted((signal) => replaceDatabase(instance, 'template1', async () => undefined, signal));
  const { name: database } = instance.database;
  if (options.json) printJson({ name: copy.name, database });
  else printLine(`${database} of ${copy.name} is empty now.`);
  return 0;
};
