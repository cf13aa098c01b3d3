import { printJson, printText } from '../../report.ts';
import type { CommonOptions } from '../inspect.ts';
import { requireDatabase } from './instance.ts';
import { openOwnCopy } from './own-copy.ts';

/** Prints the address of this copy's database. Nothing is asked, so it need not run. */
export const url = async (options: CommonOptions): Promise<number> => {
  const { copy } = await openOwnCopy(options);
  const { url: address, service, name } = requireDatabase(copy);
  if (options.json) printJson({ url: address, service, database: name });
  else printText(`${address}\n`);
  return 0;
};
