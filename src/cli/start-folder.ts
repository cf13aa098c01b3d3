import { resolve } from 'node:path';
import { fail } from '../model/problem.ts';

/** The folder that a command is about. */
export const startFolder = (dir: string | undefined): string => {
  try {
    return resolve(process.cwd(), dir ?? '.');
  } catch {
    // A shell may stand in a folder that was removed.
    throw fail('project-not-found', { directory: 'the current folder, which does not exist any more,' });
  }
};
