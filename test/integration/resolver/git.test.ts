import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { branchOf, linkedWorktrees, repositoryOf } from '../../../src/resolver/git.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { git } from '../../support/git.ts';

/** A folder with a repository `project` of one commit on `main`. */
const withRepository = async () => {
  const folder = await temporaryFolder();
  const project = join(folder, 'project');
  await git(folder, 'init', '--quiet', '--initial-branch=main', project);
  await write(join(project, 'docs/a file.txt'), 'text');
  await git(project, 'add', '.');
  await git(project, 'commit', '--quiet', '--message=first');
  return { folder, project };
};

const addWorktree = async (repository: string, path: string, branch: string) => {
  await git(repository, 'worktree', 'add', '--quiet', '-b', branch, path);
  return path;
};

const sorted = async (folders: Promise<readonly string[]>) => [...(await folders)].sort();

test('worktrees and the main checkout are found from every one of them, wherever they are', async () => {
  const { folder, project } = await withRepository();
  const beside = await addWorktree(project, join(folder, 'project-2'), 'two');
  const inside = await addWorktree(project, join(project, '.worktrees', 'three'), 'feature/three');
  const spaced = await addWorktree(project, join(folder, 'else where', 'ünï'), 'four');
  const all = [project, beside, inside, spaced].sort();
  for (const from of [...all, join(beside, 'docs')]) expect(await sorted(linkedWorktrees(from))).toEqual(all);
  expect(await branchOf(project)).toBe('main');
  expect(await branchOf(beside)).toBe('two');
  expect(await branchOf(inside)).toBe('feature/three');
  expect(await branchOf(join(spaced, 'docs'))).toBe('four');
});

test('removed and moved worktrees are followed', async () => {
  const { folder, project } = await withRepository();
  const first = await addWorktree(project, join(folder, 'first'), 'first');
  const second = await addWorktree(project, join(folder, 'second'), 'second');
  const third = await addWorktree(project, join(folder, 'third'), 'third');
  await git(project, 'worktree', 'remove', first);
  await git(project, 'worktree', 'move', second, join(folder, 'moved'));
  // Behind git's back: its entry stays.
  await rename(third, join(folder, 'lost'));
  expect(await sorted(linkedWorktrees(project))).toEqual([join(folder, 'moved'), project]);
  expect(await branchOf(join(folder, 'lost'))).toBe('third');
  await git(join(folder, 'lost'), 'worktree', 'repair');
  expect(await sorted(linkedWorktrees(project))).toEqual([join(folder, 'lost'), join(folder, 'moved'), project]);
});

test("a copy of a repository does not have the original's worktrees", async () => {
  const { folder, project } = await withRepository();
  const worktree = await addWorktree(project, join(folder, 'linked'), 'linked');
  const copy = join(folder, 'project-2');
  await cp(project, copy, { recursive: true });
  await git(copy, 'switch', '--quiet', '--create', 'other');
  expect(await linkedWorktrees(copy)).toEqual([copy]);
  expect(await branchOf(copy)).toBe('other');
  expect(await sorted(linkedWorktrees(project))).toEqual([worktree, project].sort());
});

test('relative paths in both directions are understood, as newer versions of git write them', async () => {
  const { folder, project } = await withRepository();
  const worktree = await addWorktree(project, join(folder, 'linked'), 'linked');
  await writeFile(join(worktree, '.git'), 'gitdir: ../project/.git/worktrees/linked\n');
  await writeFile(join(project, '.git/worktrees/linked/gitdir'), '../../../../linked/.git\n');
  expect(await git(worktree, 'branch', '--show-current')).toBe('linked');
  expect(await sorted(linkedWorktrees(worktree))).toEqual([worktree, project].sort());
  expect(await branchOf(worktree)).toBe('linked');
});

test('a detached HEAD is the short commit id', async () => {
  const { project } = await withRepository();
  await git(project, 'checkout', '--quiet', '--detach');
  expect(await branchOf(project)).toBe((await git(project, 'rev-parse', 'HEAD')).slice(0, 7));
});

test('packed refs and a branch without a commit make no difference', async () => {
  const { folder, project } = await withRepository();
  await git(project, 'pack-refs', '--all');
  expect(await branchOf(project)).toBe('main');
  await git(folder, 'init', '--quiet', '--initial-branch=unborn', 'empty');
  expect(await branchOf(join(folder, 'empty'))).toBe('unborn');
  expect(await linkedWorktrees(join(folder, 'empty'))).toEqual([join(folder, 'empty')]);
});

test.each(['bare.git', 'hub/.git', 'hub/.bare'])(
  '%s: a bare repository has worktrees and no main checkout',
  async (name) => {
    const { folder, project } = await withRepository();
    const bare = join(folder, name);
    await mkdir(join(folder, 'hub'));
    await git(folder, 'clone', '--quiet', '--bare', project, bare);
    if (name.endsWith('.bare')) await writeFile(join(folder, 'hub/.git'), 'gitdir: ./.bare\n');
    const one = await addWorktree(bare, join(folder, 'hub/one'), 'one');
    const two = await addWorktree(bare, join(folder, 'two'), 'two');
    expect(await sorted(linkedWorktrees(one))).toEqual([one, two].sort());
    expect(await branchOf(two)).toBe('two');
    // With settings of their own, git moves core.bare to a second file.
    await git(one, 'sparse-checkout', 'set', 'docs');
    expect(await sorted(linkedWorktrees(one))).toEqual([one, two].sort());
  },
);

test('a submodule and a separate git folder have their own branch', async () => {
  const { folder, project } = await withRepository();
  const parent = join(folder, 'parent');
  await git(folder, 'init', '--quiet', '--initial-branch=trunk', parent);
  await git(parent, 'submodule', '--quiet', 'add', project, 'part');
  expect(await branchOf(join(parent, 'part'))).toBe('main');
  expect(await branchOf(parent)).toBe('trunk');
  expect(await linkedWorktrees(join(parent, 'part'))).toEqual([]);
  const worktree = await addWorktree(join(parent, 'part'), join(folder, 'part-2'), 'side');
  expect(await linkedWorktrees(join(parent, 'part'))).toEqual([worktree]);

  await git(
    folder,
    'init',
    '--quiet',
    '--initial-branch=apart',
    `--separate-git-dir=${join(folder, 'store')}`,
    'apart',
  );
  expect(await branchOf(join(folder, 'apart'))).toBe('apart');
});

test('a symlinked folder belongs to the repository that it really is in', async () => {
  const { folder, project } = await withRepository();
  const outer = join(folder, 'outer');
  await git(folder, 'init', '--quiet', '--initial-branch=outer', outer);
  await symlink(join(project, 'docs'), join(outer, 'link'));
  expect(await branchOf(join(outer, 'link'))).toBe('main');
  expect(await linkedWorktrees(join(outer, 'link'))).toEqual([project]);
});

test('the branch of a reftable repository is left open', async () => {
  const { project } = await withRepository();
  await writeFile(join(project, '.git/HEAD'), 'ref: refs/heads/.invalid\n');
  expect(await branchOf(project)).toBeUndefined();
});

test('no repository, and a folder that is not there', async () => {
  const folder = await temporaryFolder();
  for (const directory of [folder, join(folder, 'absent')]) {
    expect(await branchOf(directory)).toBeUndefined();
    expect(await linkedWorktrees(directory)).toEqual([]);
  }
});

test('an empty .git folder is passed over, as git does', async () => {
  const { project } = await withRepository();
  await mkdir(join(project, 'docs/.git'));
  expect(await git(join(project, 'docs'), 'branch', '--show-current')).toBe('main');
  expect(await branchOf(join(project, 'docs'))).toBe('main');
});

test.each([
  '',
  'gitdir:',
  'gitdir: \n',
  'gitdir: /nowhere/at/all\n',
  'gitdir: a\0b\n',
  'nonsense',
  '\n'.repeat(100_000),
])('a broken .git file (%#) is no repository, nor is the one above it', async (text) => {
  const { project } = await withRepository();
  await writeFile(join(project, 'docs/.git'), text);
  expect(await repositoryOf(join(project, 'docs'))).toBeUndefined();
  expect(await branchOf(join(project, 'docs'))).toBeUndefined();
  expect(await linkedWorktrees(join(project, 'docs'))).toEqual([]);
});

test('broken entries are left out and harm no other', async () => {
  const { folder, project } = await withRepository();
  const worktree = await addWorktree(project, join(folder, 'linked'), 'linked');
  const stranger = join(folder, 'stranger');
  await git(folder, 'init', '--quiet', stranger);
  const entries = join(project, '.git/worktrees');
  await write(join(entries, 'empty/gitdir'), '');
  await write(join(entries, 'nul/gitdir'), 'a\0b');
  await write(join(entries, 'gone/gitdir'), `${join(folder, 'gone/.git')}\n`);
  await write(join(entries, 'stranger/gitdir'), `${join(stranger, '.git')}\n`);
  await write(join(entries, 'twice/gitdir'), `${join(worktree, '.git')}\n`);
  await mkdir(join(entries, 'folder/gitdir'), { recursive: true });
  await write(join(entries, 'file'), 'not a folder');
  await mkdir(join(entries, 'nothing'));
  expect(await sorted(linkedWorktrees(project))).toEqual([worktree, project].sort());
});

test('a HEAD that cannot be read is no branch', async () => {
  const { project } = await withRepository();
  await rm(join(project, '.git/HEAD'));
  await mkdir(join(project, '.git/HEAD'));
  expect(await branchOf(project)).toBeUndefined();
});
