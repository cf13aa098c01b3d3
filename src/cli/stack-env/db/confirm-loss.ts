import { fail } from '../../../model/problem.ts';
import { canAsk, confirm } from '../../ask.ts';
import type { Instance } from './instance.ts';

/** Whether what is in a database may go: with --yes, or when somebody says so. Errors: `confirmation-missing`. */
export const confirmLoss = async ({ copy, database, place }: Instance, yes: boolean): Promise<boolean> => {
  if (yes) return true;
  const what = `All data in ${database.name}`;
  if (!canAsk()) throw fail('confirmation-missing', { what, name: copy.name });
  return await confirm(`${what} of ${copy.name} (${place}) will be lost. Go on?`, 'no');
};
