import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, sep } from 'node:path';
import type { ErrorCode } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import { type Problem, problem, SidingsError, warning } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import { branchIn, mainCheckout, repositoryOf, worktreeEntries, worktreeNamedBy, worktreeOf } from '../resolver/git.ts';
import { projectFileName, readProjectFile } from '../resolver/project-file.ts';
import { reasonOf } from '../resolver/regular-file.ts';
import type { CopyReading } from './claims.ts';
import type { Follow, Read } from './looks.ts';

export interface FoundRoot {
  /** Real paths of folders that may be copies: the root itself and those directly under it. */
  readonly folders: readonly string[];
  readonly unreadable: readonly FoundCopy[];
  readonly problems: readonly Problem[];
}

export interface FoundCopy extends CopyReading {
  /** The common folder of its git repository. */
  readonly repository: string | undefined;
}

export interface FoundRepository {
  readonly main: string | undefined;
  /** Its entries for linked worktrees; each is a key of `readWorktree`. */
  readonly entries: readonly string[];
}

// Each of these follows a folder first and reads it then, so that a change in between is news and not lost. None of them rejects.

/** Key: a root as it was given; it need not exist yet. */
export const readRoot: Read<FoundRoot> = async (root, follow) => {
  await followWay(root, follow);
  try {
    const directory = await realpath(root);
    follow(directory, 'entries');
    const folders = [directory];
    const unreadable: FoundCopy[] = [];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) folders.push(path);
      if (!entry.isSymbolicLink()) continue;
      await followWay(path, follow);
      try {
        folders.push(await realpath(path));
      } catch (error) {
        if (!isAbsence(error)) unreadable.push(unreadableCopy(path, error));
      }
    }
    return { folders, unreadable, problems: [] };
  } catch (error) {
    const reason = reasonOf(error);
    return { folders: [], unreadable: [], problems: [problem('root-unreadable', { directory: root, reason })] };
  }
};

/** Key: real path of a folder. Undefined if it holds no `sidings.json`. */
export const readCopy =
  (resolve: (directory: string) => Promise<Resolution>, log: Log): Read<FoundCopy | undefined> =>
  async (directory, follow, known) => {
    const file = join(directory, projectFileName);
    const git = join(directory, '.git');
    follow(dirname(directory), [basename(directory)]);
    follow(directory, [projectFileName, '.git']);
    try {
      if ((await lstat(file)).isSymbolicLink()) await followWay(file, follow);
    } catch (error) {
      return isAbsence(error) ? undefined : unreadableCopy(directory, error);
    }

    // Also while it is no repository yet: when one is copied, HEAD comes some time after `.git`.
    follow(git, ['HEAD']);
    const repository = await repositoryOf(directory);
    if (repository !== undefined && repository.gitFolder !== git) follow(repository.gitFolder, ['HEAD']);
    const branch = repository && (await branchIn(repository.gitFolder));

    const found = { directory, branch, repository: repository?.commonFolder };
    try {
      return { ...found, outcome: await resolve(directory) };
    } catch (error) {
      return { ...found, ...(await notUnderstood(directory, error, known?.outcome, log)) };
    }
  };

/** What keeps a copy from being understood for a while: a file that is half written, a command that hangs. All else is what holds now. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'project-file-unreadable',
  'project-file-syntax',
  'project-file-invalid',
  'resolver-failed',
  'resolver-timeout',
] as const);

/** What counts while a copy is not understood: what it was before, where that may pass. */
const notUnderstood = async (
  directory: string,
  error: unknown,
  known: CopyReading['outcome'] | undefined,
  log: Log,
): Promise<Pick<CopyReading, 'outcome' | 'stale'>> => {
  const cause = error instanceof SidingsError ? error.problem : undefined;
  if (cause !== undefined && passing.has(cause.code) && known !== undefined && !('failure' in known))
    return { outcome: known, stale: cause };
  if (cause === undefined) log.error({ directory, err: error }, 'a copy could not be resolved');
  const project = await readProjectFile(directory).then(
    (content) => content.project,
    () => '',
  );
  return {
    outcome: { project, failure: cause ?? problem('copy-unreadable', { directory, reason: reasonOf(error) }) },
  };
};

/** Key: the common folder of a repository. */
export const readRepository: Read<FoundRepository> = async (commonFolder, follow) => {
  follow(commonFolder, ['worktrees']);
  // Most have none, and to find that out by a list costs less than by an error.
  const names = await readdir(commonFolder).catch((): string[] => []);
  if (!names.includes('worktrees')) return { main: undefined, entries: [] };
  follow(join(commonFolder, 'worktrees'), 'entries');
  return { main: await mainCheckout(commonFolder), entries: await worktreeEntries(commonFolder) };
};

/** Key: the entry of a linked worktree. Real path of the worktree, if it is there. */
export const readWorktree: Read<string | undefined> = async (entry, follow) => {
  follow(entry, ['gitdir']);
  const named = await worktreeNamedBy(entry);
  if (named === undefined) return undefined;
  follow(dirname(named), [basename(named)]);
  follow(named, ['.git']);
  return await worktreeOf(entry, named);
};

/** Links on one path after which the kernel gives up (path_resolution(7)). */
const maxLinks = 40;

/** A path is news when any folder or link on the way to what it names comes, goes or becomes another one. */
const followWay = async (path: string, follow: Follow): Promise<void> => {
  const steps = path.split(sep);
  let folder = parse(path).root;
  let links = 0;
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const place = join(folder, step);
    if (step === '..' || place === folder) {
      folder = place;
      continue;
    }
    follow(folder, [step]);
    const target = await readlink(place).catch(() => undefined);
    if (target === undefined) {
      folder = place;
      continue;
    }
    links += 1;
    if (links > maxLinks) return;
    steps.unshift(...target.split(sep));
    if (isAbsolute(target)) folder = parse(target).root;
  }
};

const isAbsence = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Whether it is a copy at all cannot be known, so it is only a warning. */
const unreadableCopy = (directory: string, error: unknown): FoundCopy => ({
  directory,
  branch: undefined,
  repository: undefined,
  outcome: { project: '', failure: warning('copy-unreadable', { directory, reason: reasonOf(error) }) },
});
