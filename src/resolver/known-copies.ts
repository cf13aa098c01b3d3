import { basename, dirname } from 'node:path';
import { toLabel } from '../model/hostname.ts';
import { type Problem, problem, warning } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import { isGone, readClaims } from './claims.ts';
import { linkedWorktrees } from './git.ts';
import type { ResolverSettings } from './resolve.ts';
import { namedSiblings } from './siblings.ts';
import { slotInName } from './slots.ts';

/** Another copy of the same project, known by its folder's name or its claim: no file of it is read. */
export interface KnownCopy {
  readonly name: string;
  readonly slot: number;
  /** Real path; undefined where it is not known. */
  readonly directory: string | undefined;
}

/**
 * The other copies of this project: numbered siblings in the parent folder, linked git worktrees, claims whose folder exists,
 * and main always. A damaged state folder hides the claimed ones only: `resolveCopy` reports it where it matters.
 */
export const knownCopies = async (
  { directory, project, mode }: Pick<Resolution, 'directory' | 'project' | 'mode'>,
  { stateDirectory }: Pick<ResolverSettings, 'stateDirectory'>,
): Promise<readonly KnownCopy[]> => {
  const [siblings, worktrees, claims] = await Promise.all([
    namedSiblings(dirname(directory), project),
    linkedWorktrees(directory),
    readClaims(stateDirectory).catch(() => new Map<string, never>()),
  ]);
  const slots = new Map<string, number>();
  for (const [path, claim] of claims) {
    if (claim.project === project && !isGone(path)) slots.set(path, claim.slot);
  }
  for (const path of [...siblings, ...worktrees]) {
    const slot = slotInName(basename(path), project);
    if (slot !== undefined) slots.set(path, slot);
  }
  slots.delete(directory);
  const known = [...slots].map(([path, slot]): KnownCopy => ({ name: basename(path), slot, directory: path }));
  if (mode === 'main' || known.some(({ slot }) => slot === 0)) return known;
  return [{ name: project, slot: 0, directory: undefined }, ...known];
};

/** The copy whose hostnames are those of this one: the proxy leads to neither. */
export const sharedLabel = (copy: Resolution, others: readonly KnownCopy[]): Problem | undefined => {
  const label = toLabel(copy.name);
  const other = others.find(({ name, directory }) => directory !== undefined && toLabel(name) === label);
  if (other?.directory === undefined) return undefined;
  return warning('label-taken', { first: other.directory, second: copy.directory, label });
};

/** The copy that has this one's slot as well: the same number in two forms, or the same name in two folders. */
export const sharedSlot = (copy: Resolution, others: readonly KnownCopy[]): Problem | undefined => {
  const other = others.find(({ slot, directory }) => slot === copy.slot && directory !== undefined);
  if (other?.directory === undefined) return undefined;
  return problem('slot-taken', {
    slot: copy.slot,
    project: copy.project,
    first: other.directory,
    second: copy.directory,
  });
};
