import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readRegularFile } from './regular-file.ts';

/** The repository that a folder belongs to; both are real paths. */
export interface Repository {
  /** Holds HEAD: `.git` itself or, for a linked worktree, its entry `worktrees/…` in the common folder. */
  readonly gitFolder: string;
  /** What all worktrees of the repository share. */
  readonly commonFolder: string;
}

/** Longest branch that is passed on whole; git itself bounds names by what a file system takes. */
const maxBranch = 250;

/**
 * Folders of all linked worktrees, and the main checkout, of the repository that a folder belongs to. Reads `.git` only and
 * never runs git. Empty without a repository; entries that lead nowhere, or to a folder of another repository, are left out.
 */
export const linkedWorktrees = async (directory: string): Promise<readonly string[]> => {
  const repository = await repositoryAbove(directory);
  if (repository === undefined) return [];
  const { commonFolder } = repository;
  const found = [await mainCheckout(commonFolder)];
  const entries = await worktreeEntries(commonFolder);
  // In pieces, since each holds a file open.
  for (let start = 0; start < entries.length; start += 16) {
    const some = entries.slice(start, start + 16);
    found.push(...(await Promise.all(some.map(async (entry) => worktreeOf(entry, await worktreeNamedBy(entry))))));
  }
  return [...new Set(found.filter((folder) => folder !== undefined))];
};

/**
 * The branch that is checked out, the short commit id when HEAD is detached, undefined without a repository or where only
 * git could tell (the reftable format). It is text from strangers and may hold any character.
 */
export const branchOf = async (directory: string): Promise<string | undefined> => {
  const repository = await repositoryAbove(directory);
  return repository && (await branchIn(repository.gitFolder));
};

const repositoryAbove = async (directory: string): Promise<Repository | undefined> => {
  const folder = await realPath(directory);
  return folder === undefined ? undefined : await repositoryOf(folder);
};

/** The repository of a folder, given by its real path: the nearest one upward, as git finds it. */
export const repositoryOf = async (directory: string): Promise<Repository | undefined> => {
  for (let folder = directory; ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    const found = await stat(git).catch(() => undefined);
    if (found?.isFile()) return await linkedRepository(git);
    // A `.git` folder without HEAD is none to git either: it looks further up.
    if (found?.isDirectory() && (await exists(join(git, 'HEAD')))) {
      const gitFolder = await realPath(git);
      return gitFolder === undefined ? undefined : { gitFolder, commonFolder: gitFolder };
    }
    if (folder === dirname(folder)) return undefined;
  }
};

/** The repository that a `.git` file leads to: of a linked worktree, a submodule, or one whose folder is kept elsewhere. */
const linkedRepository = async (file: string): Promise<Repository | undefined> => {
  const gitFolder = await realPath(await readLink(file));
  if (gitFolder === undefined) return undefined;
  const commonFolder = await realPath((await readPath(join(gitFolder, 'commondir'), gitFolder)) ?? gitFolder);
  return commonFolder === undefined ? undefined : { gitFolder, commonFolder };
};

/** `branchOf` for a folder that holds HEAD. */
export const branchIn = async (gitFolder: string): Promise<string | undefined> => {
  const head = await readText(join(gitFolder, 'HEAD'));
  return head === undefined ? undefined : branchFromHead(head);
};

/** The branch, or the short commit id, that the text of a HEAD file names. */
export const branchFromHead = (head: string): string | undefined => {
  const line = (head.split('\n', 1)[0] ?? '').trimEnd();
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(line)) return line.slice(0, 7);
  if (!line.startsWith('ref:')) return undefined;
  const ref = line.slice('ref:'.length).trimStart();
  const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : ref;
  // `.invalid` is what the reftable format leaves in HEAD for programs that do not know it.
  if (branch === '' || branch === '.invalid') return undefined;
  if (branch.length <= maxBranch) return branch;
  // Not in the middle of a character.
  return `${branch.slice(0, maxBranch - 1).replace(/[\ud800-\udbff]$/, '')}…`;
};

/** The folders `worktrees/…` of a repository, one for each linked worktree, living or not. */
export const worktreeEntries = async (commonFolder: string): Promise<readonly string[]> => {
  const worktrees = join(commonFolder, 'worktrees');
  const entries = await readdir(worktrees, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(worktrees, name));
};

/** Where an entry says that its worktree is, whether or not it is there. */
export const worktreeNamedBy = async (entry: string): Promise<string | undefined> => {
  const git = await readPath(join(entry, 'gitdir'), entry);
  return git && dirname(git);
};

/**
 * Real path of the worktree that an entry names. Its `.git` file must lead back to the entry: entries are left over when a
 * worktree is deleted or moved by hand, and a copy of a repository still holds those of the original.
 */
export const worktreeOf = async (entry: string, named: string | undefined): Promise<string | undefined> => {
  if (named === undefined) return undefined;
  const back = await readLink(join(named, '.git'));
  if (back === undefined) return undefined;
  const [folder, there, here] = await Promise.all([named, back, entry].map(realPath));
  return there !== undefined && there === here ? folder : undefined;
};

/** The folder that a repository was cloned into, unless it is bare. */
export const mainCheckout = async (commonFolder: string): Promise<string | undefined> => {
  if (basename(commonFolder) !== '.git') return undefined;
  // git moves the setting to the second file when worktrees get settings of their own.
  const configs = await Promise.all(['config', 'config.worktree'].map((name) => readText(join(commonFolder, name))));
  return configs.some((config) => config !== undefined && isBare(config)) ? undefined : dirname(commonFolder);
};

/** Whether the text of a git configuration file sets `core.bare`; the last setting counts. */
export const isBare = (config: string): boolean => {
  let section = '';
  let bare = false;
  for (const line of config.split('\n')) {
    const text = line.trim().toLowerCase();
    if (text.startsWith('[')) section = text;
    else if (section === '[core]' && /^bare(?:$|[\s=])/.test(text)) {
      bare = /^bare(?:\s*=\s*(?:true|yes|on|1))?(?:\s*[#;].*)?$/.test(text);
    }
  }
  return bare;
};

/** The path in a `.git` file: `gitdir: PATH`. */
const readLink = async (file: string): Promise<string | undefined> => {
  const text = await readText(file);
  return text?.startsWith('gitdir: ') ? asPath(text.slice('gitdir: '.length), dirname(file)) : undefined;
};

const readPath = async (file: string, base: string): Promise<string | undefined> => {
  const text = await readText(file);
  return text === undefined ? undefined : asPath(text, base);
};

const asPath = (text: string, base: string): string | undefined => {
  const path = text.replace(/\r?\n$/, '');
  return path === '' || path.includes('\0') ? undefined : resolve(base, path);
};

const readText = (file: string): Promise<string | undefined> => readRegularFile(file).catch(() => undefined);

const realPath = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : await realpath(path).catch(() => undefined);

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
