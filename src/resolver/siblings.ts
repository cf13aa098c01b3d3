import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { slotInName } from './slots.ts';

/** Real paths of the folders in a folder whose name gives a slot. */
export const namedSiblings = async (parent: string, project: string): Promise<readonly string[]> => {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const paths = await Promise.all(
    entries
      .filter(({ name }) => slotInName(name, project) !== undefined)
      .map(async (entry) => {
        const path = join(parent, entry.name);
        if (entry.isDirectory()) return path;
        // A link may lead to a copy, whose own name counts then.
        return entry.isSymbolicLink() ? await realpath(path).catch(() => undefined) : undefined;
      }),
  );
  return paths.filter((path) => path !== undefined);
};
