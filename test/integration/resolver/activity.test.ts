import { chmod, cp, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivity } from '../../../src/resolver/activity.ts';
import { gitStatus, readLog, readStatus } from '../../../src/resolver/git-status.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { git } from '../../support/git.ts';

const withRepository = async (...more: readonly string[]) => {
  const folder = await temporaryFolder();
  const project = join(folder, 'project');
  await git(folder, 'init', '--quiet', '--initial-branch=main', ...more, project);
  await write(join(project, 'a.txt'), 'one');
  await write(join(project, 'b.txt'), 'two');
  await git(project, 'add', '.');
  await git(project, 'commit', '--quiet', '--message=First <b>step</b>');
  return { folder, project };
};

test('a copy tells its branch, its last commit and what differs from it', async () => {
  const { project } = await withRepository();
  const clean = await gitStatus(project);
  expect(clean).toEqual({
    branch: 'main',
    dirty: 0,
    commit: { hash: await git(project, 'rev-parse', 'HEAD'), subject: 'First <b>step</b>', at: expect.any(Number) },
    lastActivity: clean.commit?.at,
  });
  await writeFile(join(project, 'a.txt'), 'changed');
  await write(join(project, 'new/with a space\nand a line'), '');
  await git(project, 'rm', '--quiet', 'b.txt');
  const at = new Date('2040-05-06T07:08:09Z');
  await utimes(join(project, 'a.txt'), at, at);
  expect(await gitStatus(project)).toMatchObject({ dirty: 3, lastActivity: at.getTime() });
});

test('a branch that follows another says how far apart they are, in a clone and in its worktrees', async () => {
  const { folder, project } = await withRepository();
  const clone = join(folder, 'project-2');
  await git(folder, 'clone', '--quiet', project, clone);
  for (const name of ['c', 'd']) await git(clone, 'commit', '--quiet', '--allow-empty', `--message=${name}`);
  await git(project, 'commit', '--quiet', '--allow-empty', '--message=theirs');
  await git(clone, 'fetch', '--quiet');
  expect(await gitStatus(clone)).toMatchObject({ branch: 'main', dirty: 0, ahead: 2, behind: 1 });
  const linked = join(folder, 'project-3');
  await git(clone, 'worktree', 'add', '--quiet', '-b', 'feature/x', linked, 'main');
  await writeFile(join(linked, 'a.txt'), 'changed');
  const found = await gitStatus(linked);
  expect(found).toMatchObject({ branch: 'feature/x', dirty: 1, commit: { subject: 'd' } });
  expect(found).not.toHaveProperty('ahead');
});

test.each([['--object-format=sha256'], ['--object-format=sha1']])('objects by %s', async (format) => {
  const { project } = await withRepository(format);
  expect(await gitStatus(project)).toMatchObject({ dirty: 0, commit: { subject: 'First <b>step</b>' } });
});

test('without a commit, without git and without a repository there is less to tell', async () => {
  const folder = await temporaryFolder();
  expect(await gitStatus(folder)).toEqual({});
  const at = new Date('2040-05-06T07:08:09Z');
  await write(join(folder, 'a.txt'), 'one');
  await utimes(join(folder, 'a.txt'), at, at);
  expect(await gitStatus(folder)).toEqual({ lastActivity: at.getTime() });
  await rm(join(folder, 'a.txt'));
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  expect(await gitStatus(folder)).toEqual({ branch: 'main', dirty: 0 });
  await writeFile(join(folder, '.git/config'), '[broken');
  expect(await gitStatus(folder)).toEqual({ branch: 'main' });
});

/** A repository in which everything that git would run leaves a mark. */
const hostileRepository = async () => {
  const { folder, project } = await withRepository();
  const marks = join(folder, 'marks');
  await mkdir(marks);
  const program = async (name: string): Promise<string> => {
    const file = join(folder, `run-${name}`);
    await writeFile(file, `#!/bin/sh\ntouch '${join(marks, name)}'\nexit 1\n`);
    await chmod(file, 0o755);
    return file;
  };
  const inner = join(project, 'inner');
  await git(folder, 'clone', '--quiet', project, inner);
  await git(project, '-c', 'advice.addEmbeddedRepo=false', 'add', 'inner');
  await write(join(project, '.gitattributes'), '*.txt filter=evil diff=evil\n');
  await git(project, 'add', '.gitattributes');
  await git(project, 'commit', '--quiet', '--message=second');

  const settings: Record<string, string> = {
    'core.fsmonitor': await program('fsmonitor'),
    'core.hooksPath': join(folder, 'hooks'),
    'core.pager': await program('pager'),
    'core.sshCommand': await program('ssh'),
    'core.gitProxy': await program('proxy'),
    'core.alternateRefsCommand': await program('alternates'),
    'core.editor': await program('editor'),
    'filter.evil.clean': await program('clean'),
    'filter.evil.smudge': await program('smudge'),
    'filter.evil.process': await program('process'),
    'diff.external': await program('external'),
    'diff.evil.textconv': await program('textconv'),
    'diff.evil.command': await program('command'),
    'gpg.program': await program('gpg'),
    'gpg.ssh.program': await program('gpg-ssh'),
    'log.showSignature': 'true',
    'pager.status': await program('pager-status'),
    'pager.log': await program('pager-log'),
    'alias.status': `!${await program('alias-status')}`,
    'alias.log': `!${await program('alias-log')}`,
    'credential.helper': `!${await program('credential')}`,
    'uploadpack.packObjectsHook': await program('pack-objects'),
    'remote.origin.url': `ext::${await program('ext')}`,
    'remote.origin.uploadpack': await program('uploadpack'),
    'remote.origin.promisor': 'true',
    'remote.origin.partialclonefilter': 'blob:none',
    'extensions.partialClone': 'origin',
    'protocol.ext.allow': 'always',
    'status.submoduleSummary': 'true',
    'diff.ignoreSubmodules': 'none',
  };
  for (const directory of [project, inner])
    for (const [name, value] of Object.entries(settings)) await git(directory, 'config', name, value);
  const hook = await program('hook');
  for (const hooks of [join(folder, 'hooks'), join(project, '.git/hooks'), join(inner, '.git/hooks')])
    for (const name of ['post-index-change', 'reference-transaction', 'post-checkout', 'fsmonitor-watchman'])
      await cp(hook, join(hooks, name));
  // Times that differ from those in the index, so that contents are compared; and a signature to be verified.
  for (const directory of [project, inner]) {
    const at = new Date('2020-01-01T00:00:00Z');
    for (const name of ['a.txt', 'b.txt']) await utimes(join(directory, name), at, at);
  }
  const commit = (await git(project, 'cat-file', 'commit', 'HEAD')).replace(
    '\n\n',
    '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\n',
  );
  await writeFile(join(folder, 'commit'), `${commit}\n`);
  const signed = await git(project, 'hash-object', '-t', 'commit', '-w', join(folder, 'commit'));
  await writeFile(join(project, '.git/refs/heads/main'), `${signed}\n`);
  return { project, marks: () => readdir(marks) };
};

test('a repository whose configuration names programs has none of them run', async () => {
  const { project, marks } = await hostileRepository();
  expect(await gitStatus(project)).toMatchObject({ branch: 'main', dirty: 0, commit: { subject: 'second' } });
  expect(await marks()).toEqual([]);
  // It is as hostile as it is meant to be.
  await git(project, 'status').catch(() => {});
  await git(project, 'log', '--max-count=1').catch(() => {});
  await git(project, 'update-index', '--force-write-index').catch(() => {});
  expect(await marks()).toEqual(expect.arrayContaining(['fsmonitor', 'process', 'gpg', 'hook']));
});

test('objects that a partial clone left out are not fetched', async () => {
  const { project, marks } = await hostileRepository();
  await writeFile(join(project, '.git/refs/heads/main'), `${'1'.repeat(40)}\n`);
  expect(await gitStatus(project)).toEqual({ branch: 'main' });
  expect(await marks()).toEqual([]);
});

test('nothing is written to the copy, and nothing is left over', async () => {
  const { project } = await withRepository();
  const at = new Date('2020-01-01T00:00:00Z');
  await utimes(join(project, 'a.txt'), at, at);
  await symlink('a.txt', join(project, 'link'));
  const before = await readdir(project, { recursive: true });
  const ours = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('sidings-git-'));
  const left = new Set(await ours());
  expect(await gitStatus(project)).toMatchObject({ dirty: 1 });
  expect(await readdir(project, { recursive: true })).toEqual(before);
  expect((await ours()).filter((name) => !left.has(name))).toEqual([]);
});

test('what git prints is read whatever names it holds', () => {
  const entries = [
    '# branch.oid 1234',
    '# branch.head main',
    '# branch.ab +3 -1',
    '1 .M N... 100644 100644 100644 aa bb with space.txt',
    'u UU N... 100644 100644 100644 100644 aa bb cc both',
    '? # branch.ab +9 -9',
    '? <img src=x>\n1 .M',
    '',
  ];
  expect(readStatus(entries.join('\0'))).toEqual({
    dirty: 4,
    ahead: 3,
    behind: 1,
    paths: ['with space.txt', 'both', '# branch.ab +9 -9', '<img src=x>\n1 .M'],
  });
  const hash = 'a'.repeat(40);
  expect(readLog(`${hash}\0${1700000000}\0<b>x\0y\n`)).toEqual({ hash, at: 1700000000000, subject: '<b>x' });
  expect(readLog('')).toBeUndefined();
  expect(readLog(`${hash}\0soon\0x`)).toBeUndefined();
});

test('copies are looked at two at a time, once for all who ask, and again when that is old', async () => {
  let now = 0;
  let most = 0;
  const looked: string[] = [];
  const read = async (directory: string) => {
    now += 1;
    most = Math.max(most, now);
    looked.push(directory);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    if (directory === '/bad') throw new Error('broken');
    return { branch: directory.slice(1) };
  };
  const copies = ['/a', '/b', '/bad', '/c'].map((directory) => ({ name: directory.slice(1), directory }));
  const { signal } = new AbortController();
  const remembering = createActivity({ copies: () => copies, signal, read, maxAgeMs: 60_000 });
  const [one, other] = await Promise.all([remembering(), remembering()]);
  expect(other).toBe(one);
  expect(one).toEqual([
    { name: 'a', directory: '/a', branch: 'a' },
    { name: 'b', directory: '/b', branch: 'b' },
    { name: 'bad', directory: '/bad' },
    { name: 'c', directory: '/c', branch: 'c' },
  ]);
  await remembering();
  expect(looked).toHaveLength(4);
  expect(most).toBe(2);
});
