import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Activity, LastCommit } from '../model/activity.ts';
import { branchIn, type Repository, repositoryOf } from './git.ts';
import { readRegularFile } from './regular-file.ts';

/** What git says about a copy. */
export type GitStatus = Omit<Activity, 'name' | 'directory'>;

const run = promisify(execFile);

const limits = { timeout: 5000, maxBuffer: 8 * 1024 * 1024 } as const;
/** Paths whose times are looked at; a change to more files than that shows in these as well. */
const maxLooked = 200;
/** Longest subject that is passed on. */
const maxSubject = 200;

/**
 * What git says about the repository of a folder, given by its real path: without one only when something at its top was changed last, and
 * only the branch where git is missing or the repository belongs to another user.
 *
 * The configuration of a repository can name programs (fsmonitor, filters, textconv, gpg, pagers, remotes of partial clones), and so can
 * its hooks: whoever fills a copy would run them as the user of the daemon. So git never sees either. It works in an empty
 * git folder of ours, which borrows the objects, the references and the index of the copy, with a few settings that are only words.
 * It writes nothing and fetches nothing. Submodules have a configuration of their own and are not looked into.
 */
export const gitStatus = async (directory: string, signal?: AbortSignal): Promise<GitStatus> => {
  const repository = await repositoryOf(directory);
  if (repository === undefined) return lastWorked(await newestOf(directory, await readdir(directory).catch(() => [])));
  const branch = await branchIn(repository.gitFolder);
  const known = branch === undefined ? {} : { branch };
  const workTree = await workTreeOf(directory);
  if (workTree === undefined || !(await areOurs([workTree, repository.gitFolder, repository.commonFolder])))
    return known;
  const folder = await mkdtemp(join(tmpdir(), 'sidings-git-'));
  try {
    const env = await borrow(folder, workTree, repository, signal);
    return { ...known, ...(await ask({ folder, workTree, env, signal })) };
  } catch {
    // No git, a format that it does not know, a repository that is broken or being written.
    return known;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The nearest folder upward that has a `.git`. */
const workTreeOf = async (directory: string): Promise<string | undefined> => {
  for (let folder = directory; ; folder = dirname(folder)) {
    if ((await lstat(join(folder, '.git')).catch(() => undefined)) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
};

/** Whether folders belong to the user of this process, which is what git asks of a repository before it trusts it. */
const areOurs = async (folders: readonly string[]): Promise<boolean> => {
  const user = process.geteuid?.();
  if (user === undefined) return true;
  const stats = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)));
  return stats.every((found) => found?.uid === user);
};

/** Settings of a copy that say how its files are to be compared. None of them names a program or a path. */
const harmless = new Set([
  'core.filemode',
  'core.symlinks',
  'core.ignorecase',
  'core.precomposeunicode',
  'core.autocrlf',
  'core.eol',
  'core.trustctime',
  'core.checkstat',
]);

/** Makes the git folder of ours and gives the environment in which git uses it. */
const borrow = async (
  folder: string,
  workTree: string,
  { gitFolder, commonFolder }: Repository,
  signal: AbortSignal | undefined,
): Promise<NodeJS.ProcessEnv> => {
  const head = await readRegularFile(join(gitFolder, 'HEAD'));
  await mkdir(join(folder, 'info'));
  await Promise.all([
    writeFile(join(folder, 'HEAD'), head),
    writeFile(join(folder, 'config'), '[core]\n\trepositoryformatversion = 0\n'),
    // A name that leads nowhere is to git one that is not there.
    ...['refs', 'packed-refs', 'shallow', 'info/exclude', 'info/sparse-checkout'].map((name) =>
      symlink(join(commonFolder, name), join(folder, name)),
    ),
  ]);
  const bare = environment(folder);
  const listed = await settingsIn(join(commonFolder, 'config'), folder, bare, signal);
  if (listed.some(([key, value]) => key === 'extensions.objectformat' && value === 'sha256')) {
    const sha256 = '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n';
    await writeFile(join(folder, 'config'), sha256);
  }
  const settings = [
    ['core.bare', 'false'],
    ['core.fsmonitor', 'false'],
    ['core.hooksPath', '/dev/null'],
    ['protocol.allow', 'never'],
    ...listed.filter(([key]) => harmless.has(key)),
    ...upstreamSettings(listed, head),
  ] as const;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...bare,
    GIT_WORK_TREE: workTree,
    GIT_OBJECT_DIRECTORY: join(commonFolder, 'objects'),
    GIT_INDEX_FILE: join(gitFolder, 'index'),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(numbered),
  };
};

/** Nothing of the environment of the daemon, and nobody's configuration. */
const environment = (folder: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  // For the user's own `~/.config/git/ignore`.
  HOME: process.env.HOME,
  LC_ALL: 'C',
  GIT_DIR: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
});

type Setting = readonly [key: string, value: string];

/** The settings in a file of the copy, read as text: what it includes is left out, and nothing in it is followed. */
const settingsIn = async (
  file: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<readonly Setting[]> => {
  const args = ['config', '--file', file, '--no-includes', '--null', '--list'];
  const { stdout } = await run('git', args, { cwd: folder, env, signal, ...limits });
  return stdout
    .split('\0')
    .filter((entry) => entry.includes('\n'))
    .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry.slice(entry.indexOf('\n') + 1)]);
};

/** The settings from which git knows which branch the one that is checked out follows. */
const upstreamSettings = (listed: readonly Setting[], head: string): readonly Setting[] => {
  const branch = /^ref:\s*refs\/heads\/(.+)$/m.exec(head)?.[1]?.trimEnd();
  if (branch === undefined) return [];
  const following = listed.filter(([key]) => key === `branch.${branch}.remote` || key === `branch.${branch}.merge`);
  const remote = following.find(([key]) => key.endsWith('.remote'))?.[1];
  return [...following, ...listed.filter(([key]) => key === `remote.${remote}.fetch`)];
};

interface Question {
  readonly folder: string;
  readonly workTree: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
}

const ask = async ({ folder, workTree, env, signal }: Question): Promise<Omit<GitStatus, 'branch'>> => {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', ['--no-pager', '--literal-pathspecs', ...args], { cwd: folder, env, signal, ...limits })).stdout;
  const shown = ['--branch', '--no-renames', '--untracked-files=normal', '--ignore-submodules=all'];
  const [status, log] = await Promise.all([
    git('status', '--porcelain=v2', '-z', ...shown),
    git('log', '--max-count=1', '--no-show-signature', '--no-color', '--format=%H%x00%ct%x00%s').catch(() => ''),
  ]);
  const { paths, ...counts } = readStatus(status);
  const commit = readLog(log);
  const newest = Math.max(commit?.at ?? 0, await newestOf(workTree, paths));
  return { ...counts, ...(commit !== undefined && { commit }), ...lastWorked(newest) };
};

/** When the newest of some files was changed, in milliseconds since the epoch; 0 where there is none. */
const newestOf = async (folder: string, paths: readonly string[]): Promise<number> => {
  const times = await Promise.all(
    paths.slice(0, maxLooked).map(async (path) => (await lstat(join(folder, path)).catch(() => undefined))?.mtimeMs),
  );
  return Math.max(0, ...times.map((time) => Math.floor(time ?? 0)));
};

const lastWorked = (newest: number): Pick<GitStatus, 'lastActivity'> => (newest > 0 ? { lastActivity: newest } : {});

export interface StatusRead {
  readonly dirty: number;
  readonly ahead?: number;
  readonly behind?: number;
  /** Of the files that differ. */
  readonly paths: readonly string[];
}

/** Spaces before the path, by the kind of an entry (git-status(1), "Porcelain Format Version 2"). */
const spacesBefore: Readonly<Record<string, number>> = { '1': 8, u: 10, '?': 1 };

/** Reads `git status --porcelain=v2 -z --branch --no-renames`. */
export const readStatus = (output: string): StatusRead => {
  const paths: string[] = [];
  let counts: Pick<StatusRead, 'ahead' | 'behind'> = {};
  for (const entry of output.split('\0')) {
    const ahead = /^# branch\.ab \+(\d+) -(\d+)$/.exec(entry);
    if (ahead !== null) counts = { ahead: Number(ahead[1]), behind: Number(ahead[2]) };
    const spaces = spacesBefore[entry[0] ?? ''];
    if (spaces !== undefined) paths.push(entry.split(' ').slice(spaces).join(' '));
  }
  return { dirty: paths.length, ...counts, paths };
};

/** Reads `git log --format=%H%x00%ct%x00%s` of one commit. */
export const readLog = (output: string): LastCommit | undefined => {
  const [hash = '', seconds = '', subject = ''] = output.replace(/\n$/, '').split('\0');
  if (!/^[0-9a-f]{40,64}$/.test(hash) || !/^\d{1,12}$/.test(seconds)) return undefined;
  return { hash, subject: subject.slice(0, maxSubject).replace(/[\ud800-\udbff]$/, ''), at: Number(seconds) * 1000 };
};
