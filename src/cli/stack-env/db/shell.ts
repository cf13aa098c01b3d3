import { runToEnd } from '../../run-to-end.ts';
import type { CommonOptions } from '../inspect.ts';
import { findInstance } from './instance.ts';
import { openOwnCopy } from './own-copy.ts';

/** Opens psql at this copy's database, in its container where it has one. Ends as psql ended. */
export const shell = async (args: readonly string[], options: CommonOptions): Promise<number> => {
  const { copy, others, directory } = await openOwnCopy(options);
  const instance = await findInstance(copy, others);
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { command, args: all, env } = instance.program('psql', args, { database: instance.database.name, terminal });
  return runToEnd(command, all, { cwd: directory, env, stdio: 'inherit' });
};
