import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fail } from '../../../src/model/problem.ts';
import { folderWatches } from '../../../src/providers/folder-watches.ts';
import { projectFile, startDirectories, testResolver } from '../../support/directories.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { git } from '../../support/git.ts';
import { eventually } from '../../support/raw.ts';

const addCopy = async (directory: string, content = projectFile()) => {
  await write(join(directory, 'sidings.json'), content);
  return directory;
};

/** A root with copies of these names. */
const rootWith = async (...names: readonly string[]) => {
  const root = await temporaryFolder();
  for (const name of names) await addCopy(join(root, name));
  return root;
};

const codesOf = (copy: { readonly problems: readonly { readonly code: string }[] } | undefined) =>
  copy?.problems.map(({ code }) => code);

test('copies are the folders directly under a root that hold sidings.json, and nothing else', async () => {
  const root = await rootWith(
    'project',
    'project-2',
    'mit Leerzeichen ünï-3',
    'project-2/nested',
    'plain/project-4',
    '.hidden-5',
  );
  await addCopy(join(root, 'project/node_modules/dependency'));
  await write(join(root, 'file.txt'), 'no folder');
  const { untilNames, copy, snapshots } = startDirectories({ roots: [root] });
  await untilNames('project', 'project-2', 'mit Leerzeichen ünï-3', '.hidden-5');
  expect(copy('project-2')).toEqual({
    name: 'project-2',
    composeProject: 'project-2',
    project: 'project',
    mode: 'workstream',
    slot: 2,
    directory: join(root, 'project-2'),
    branch: undefined,
    services: [expect.objectContaining({ name: 'api', upstream: { host: 'localhost', port: 8002 } })],
    problems: [],
  });
  expect(snapshots).toHaveLength(1);
  expect(snapshots[0]).toMatchObject({ provider: 'directory', problems: [] });
});

test('a root that is itself a copy is one', async () => {
  const root = await rootWith('project');
  const { untilNames } = startDirectories({ roots: [join(root, 'project'), root] });
  await untilNames('project');
});

test('a root without copies gives an empty snapshot', async () => {
  const { untilNames } = startDirectories({ roots: [await rootWith()] });
  await untilNames();
});

test('copies that come, go, are renamed or come back are seen', async () => {
  const root = await rootWith('project');
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project');

  await cp(join(root, 'project'), join(root, 'project-2'), { recursive: true });
  await untilNames('project', 'project-2');

  await rename(join(root, 'project-2'), join(root, 'project-3'));
  await untilNames('project', 'project-3');

  await rm(join(root, 'project-3'), { recursive: true });
  await untilNames('project');

  await addCopy(join(root, 'project-3'), projectFile(9000));
  await untilNames('project', 'project-3');
  await addCopy(join(root, 'project-3'), projectFile(9100));
  await eventually(() => copy('project-3')?.services[0]?.upstream.port === 9103);
});

test('a folder that was there before gets its sidings.json', async () => {
  const root = await rootWith('project');
  await mkdir(join(root, 'project-2'));
  const { untilNames } = startDirectories({ roots: [root] });
  await untilNames('project');
  await addCopy(join(root, 'project-2'));
  await untilNames('project', 'project-2');
  await unlink(join(root, 'project-2/sidings.json'));
  await untilNames('project');
});

test('a folder that was put in the place of another is watched like the first', async () => {
  const root = await rootWith('project-2', 'project-3');
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project-2', 'project-3');
  // A process in the old folder keeps it alive, so that the system does not tell of its end.
  const shell = spawn('cat', { cwd: join(root, 'project-2'), stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(async () => {
    shell.stdin.end();
    await once(shell, 'exit');
  });
  await once(shell, 'spawn');
  await rm(join(root, 'project-2'), { recursive: true });
  await addCopy(join(root, 'project-2'), projectFile(9000));
  await eventually(() => copy('project-2')?.services[0]?.upstream.port === 9002);
  await writeFile(join(root, 'project-2/sidings.json'), projectFile(9100));
  await eventually(() => copy('project-2')?.services[0]?.upstream.port === 9102);

  await rename(join(root, 'project-3'), join(root, 'old'));
  await rename(join(root, 'project-2'), join(root, 'project-3'));
  await eventually(() => copy('project-3')?.services[0]?.upstream.port === 9103);
  await writeFile(join(root, 'project-3/sidings.json'), projectFile(9200));
  await eventually(() => copy('project-3')?.services[0]?.upstream.port === 9203);
});

test('edits are seen: in place, by an editor that renames, through a link', async () => {
  const root = await rootWith('project-2', 'elsewhere/shared');
  await mkdir(join(root, 'project-3'));
  await symlink('../elsewhere/shared/sidings.json', join(root, 'project-3/sidings.json'));
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project-2', 'project-3');
  const file = join(root, 'project-2/sidings.json');

  await writeFile(file, projectFile(9000));
  await eventually(() => copy('project-2')?.services[0]?.upstream.port === 9002);
  for (const port of [9100, 9200]) {
    await writeFile(`${file}~`, projectFile(port));
    await rename(`${file}~`, file);
    await eventually(() => copy('project-2')?.services[0]?.upstream.port === port + 2);
  }
  await writeFile(join(root, 'elsewhere/shared/sidings.json'), projectFile(9300));
  await eventually(() => copy('project-3')?.services[0]?.upstream.port === 9303);
});

test('a change of any link on the way is seen: to a file, to a copy, to a root', async () => {
  const base = await temporaryFolder();
  await addCopy(join(base, 'old/project-2'), projectFile(8000));
  await addCopy(join(base, 'new/project-3'), projectFile(9000));
  await symlink('old', join(base, 'current'));
  await symlink('current', join(base, 'root'));
  await mkdir(join(base, 'linked/project-4'), { recursive: true });
  await symlink('../../current/project-2', join(base, 'linked/link'));
  await symlink(join(base, 'file'), join(base, 'linked/project-4/sidings.json'));
  await symlink('root/project-2/sidings.json', join(base, 'file'));
  await symlink('../later/project-5', join(base, 'linked/dangling'));
  const { untilNames, copy } = startDirectories({ roots: [join(base, 'root'), join(base, 'linked')] });
  const portOf = (name: string) => copy(name)?.services[0]?.upstream.port;
  await untilNames('project-2', 'project-4');
  expect(portOf('project-4')).toBe(8004);

  await symlink('new', join(base, 'next'));
  await rename(join(base, 'next'), join(base, 'current'));
  await untilNames('project-3', 'project-4');

  await unlink(join(base, 'file'));
  await symlink('new/project-3/sidings.json', join(base, 'file'));
  await eventually(() => portOf('project-4') === 9004, 'the port of the file that the link leads to now');

  await addCopy(join(base, 'later/project-5'));
  await untilNames('project-3', 'project-4', 'project-5');
});

test('a broken sidings.json is a problem of its copy and of no other', async () => {
  const root = await rootWith('project', 'project-2', 'project-3');
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project', 'project-2', 'project-3');
  const others = [copy('project'), copy('project-3')];
  const services = copy('project-2')?.services;

  // An editor is not done, or an agent has made a mistake: what runs there runs on, and is where it was.
  await writeFile(join(root, 'project-2/sidings.json'), '{ "project": ');
  await eventually(() => codesOf(copy('project-2'))?.[0] === 'project-file-syntax');
  expect(copy('project-2')).toMatchObject({
    services,
    problems: [
      { code: 'project-file-syntax', severity: 'warning' },
      { code: 'copy-stale', severity: 'warning' },
    ],
  });
  expect([copy('project'), copy('project-3')]).toEqual(others);

  await rm(join(root, 'project-2/sidings.json'));
  await mkdir(join(root, 'project-2/sidings.json'));
  await eventually(() => codesOf(copy('project-2'))?.[0] === 'project-file-unreadable');
  await rm(join(root, 'project-2/sidings.json'), { recursive: true });
  await symlink('sidings.json', join(root, 'project-2/sidings.json'));
  await eventually(() => copy('project-2')?.problems[0]?.message.includes('in a circle') === true);

  await rm(join(root, 'project-2/sidings.json'));
  await addCopy(join(root, 'project-2'));
  await eventually(() => codesOf(copy('project-2'))?.length === 0);
});

test('an error of the resolver keeps the name of the project, if the file gives it', async () => {
  const root = await rootWith('project', 'project-2');
  const { untilNames, copy, messages } = startDirectories({
    roots: [root],
    resolve: async (directory) => {
      if (directory.endsWith('-2')) throw fail('slots-exhausted', { project: 'project', from: 1, to: 2 });
      throw new TypeError('a bug');
    },
  });
  await untilNames('project', 'project-2');
  expect(copy('project-2')).toMatchObject({
    project: 'project',
    services: [],
    problems: [{ code: 'slots-exhausted' }],
  });
  expect(copy('project')).toMatchObject({ project: 'project', mode: 'main', problems: [{ code: 'copy-unreadable' }] });
  expect(copy('project')?.problems[0]?.message).toContain('a bug');
  expect(messages).toEqual(['a copy could not be resolved']);
});

test('a folder that may not be read is a problem of its own', async () => {
  const root = await rootWith('project', 'project-2');
  await chmod(root, 0o755);
  // For root every folder is readable, so the reading is done as somebody else then.
  if (process.geteuid?.() === 0) {
    process.seteuid?.(65534);
    onTestFinished(() => process.seteuid?.(0));
  }
  const asOwner = async (action: () => Promise<unknown>) => {
    const user = process.geteuid?.() ?? 0;
    if (process.getuid?.() === 0) process.seteuid?.(0);
    await action();
    process.seteuid?.(user);
  };
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project', 'project-2');
  await asOwner(() => chmod(join(root, 'project-2'), 0));
  await eventually(() => codesOf(copy('project-2'))?.[0] === 'copy-unreadable');
  expect(copy('project-2')).toMatchObject({ services: [], problems: [{ severity: 'warning' }] });
  expect(copy('project-2')?.problems[0]?.message).toContain('permission denied');
  expect(codesOf(copy('project'))).toEqual([]);
  await asOwner(() => chmod(join(root, 'project-2'), 0o755));
  await eventually(() => codesOf(copy('project-2'))?.length === 0);
});

test('a root that is not there is a problem until it is', async () => {
  const folder = await temporaryFolder();
  const root = join(folder, 'some/where');
  const { untilNames, snapshots } = startDirectories({ roots: [root, await rootWith('project')] });
  await untilNames('project');
  expect(snapshots.at(-1)?.problems).toMatchObject([{ code: 'root-unreadable', severity: 'error' }]);
  expect(snapshots.at(-1)?.problems[0]?.message).toContain(root);

  await addCopy(join(root, 'project-2'));
  await untilNames('project', 'project-2');
  expect(snapshots.at(-1)?.problems).toEqual([]);

  await rename(join(folder, 'some'), join(folder, 'other'));
  await untilNames('project');
  expect(snapshots.at(-1)?.problems).toMatchObject([{ code: 'root-unreadable' }]);
  await rename(join(folder, 'other'), join(folder, 'some'));
  await untilNames('project', 'project-2');
  await addCopy(join(root, 'project-3'));
  await untilNames('project', 'project-2', 'project-3');
});

test('one folder reached on two ways is one copy; links may lead in circles or nowhere', async () => {
  const root = await rootWith('project', 'away/project-2', 'away/project-3');
  await symlink('project', join(root, 'same'));
  await symlink('away/project-2', join(root, 'link'));
  await symlink('.', join(root, 'self'));
  await symlink('loop', join(root, 'loop'));
  await symlink('nowhere', join(root, 'dangling'));
  await symlink('project/sidings.json', join(root, 'file'));
  const link = join(await temporaryFolder(), 'link-to-root');
  await symlink(root, link);
  const { untilNames, copy, snapshots } = startDirectories({ roots: [root, link, root] });
  await untilNames('project', 'project-2', 'loop');
  expect(codesOf(copy('loop'))).toEqual(['copy-unreadable']);
  expect(copy('loop')?.problems[0]?.message).toContain('in a circle');
  expect(copy('project-2')?.directory).toBe(join(root, 'away/project-2'));
  expect(codesOf(copy('project'))).toEqual([]);
  expect(snapshots.at(-1)?.problems).toEqual([]);

  await unlink(join(root, 'link'));
  await symlink('away/project-3', join(root, 'link'));
  await untilNames('project', 'project-3', 'loop');
});

test('two folders that claim one slot are a problem on both, until one is renamed', async () => {
  const [one, other] = [await rootWith('project', 'project-2'), await rootWith('project_2')];
  const { untilNames, copy } = startDirectories({ roots: [one, other] });
  await untilNames('project', 'project-2', 'project_2');
  for (const name of ['project-2', 'project_2']) {
    const taken = copy(name)?.problems.find(({ code }) => code === 'slot-taken');
    expect(taken?.message).toContain(join(one, 'project-2'));
    expect(taken?.message).toContain(join(other, 'project_2'));
    expect(codesOf(copy(name))).toEqual(['slot-taken', 'label-taken']);
  }
  expect(codesOf(copy('project'))).toEqual([]);
  await rename(join(other, 'project_2'), join(other, 'project_3'));
  await untilNames('project', 'project-2', 'project_3');
  expect(codesOf(copy('project-2'))).toEqual([]);
});

const withRepository = async () => {
  const folder = await temporaryFolder();
  const root = join(folder, 'root');
  const project = await addCopy(join(root, 'project'));
  await git(project, 'init', '--quiet', '--initial-branch=main');
  await git(project, 'add', '.');
  await git(project, 'commit', '--quiet', '--message=first');
  return { folder, root, project };
};

test('linked worktrees are found wherever they are, as they come, move and go', async () => {
  const { folder, root, project } = await withRepository();
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project');

  await git(project, 'worktree', 'add', '--quiet', '-b', 'two', join(folder, 'away/project-2'));
  await untilNames('project', 'project-2');
  expect(copy('project-2')).toMatchObject({ branch: 'two', directory: join(folder, 'away/project-2') });
  await git(project, 'worktree', 'add', '--quiet', '-b', 'three', join(project, '.worktrees/project-3'));
  await untilNames('project', 'project-2', 'project-3');

  await git(project, 'worktree', 'move', join(folder, 'away/project-2'), join(folder, 'away/project-4'));
  await untilNames('project', 'project-4', 'project-3');
  await writeFile(join(folder, 'away/project-4/sidings.json'), projectFile(9000));
  await eventually(() => copy('project-4')?.services[0]?.upstream.port === 9004);

  await rename(join(folder, 'away/project-4'), join(folder, 'away/lost'));
  await untilNames('project', 'project-3');
  await rename(join(folder, 'away/lost'), join(folder, 'away/project-4'));
  await untilNames('project', 'project-4', 'project-3');

  await git(project, 'worktree', 'remove', '--force', join(folder, 'away/project-4'));
  await git(project, 'worktree', 'remove', join(project, '.worktrees/project-3'));
  await untilNames('project');
  // git has removed the folder `worktrees` with its last entry.
  await git(project, 'worktree', 'add', '--quiet', join(folder, 'away/project-5'));
  await untilNames('project', 'project-5');
});

test('from a worktree under a root, its main checkout and the other worktrees are found', async () => {
  const { folder, project } = await withRepository();
  const root = join(folder, 'trees');
  await git(project, 'worktree', 'add', '--quiet', join(root, 'project-2'));
  await git(project, 'worktree', 'add', '--quiet', join(folder, 'away/project-3'));
  const { untilNames } = startDirectories({ roots: [root] });
  await untilNames('project', 'project-2', 'project-3');
  await rm(join(root, 'project-2'), { recursive: true });
  await untilNames();
});

test('a worktree entry cannot make a copy of a folder that is not its worktree', async () => {
  const { folder, root, project } = await withRepository();
  const stranger = await addCopy(join(folder, 'away/project-2'));
  await write(join(project, '.git/worktrees/project-2/gitdir'), `${stranger}/.git\n`);
  const { untilNames } = startDirectories({ roots: [root] });
  await untilNames('project');
  await writeFile(join(stranger, '.git'), `gitdir: ${join(project, '.git/worktrees/project-2')}\n`);
  await untilNames('project', 'project-2');
});

test('a switch of the branch is seen, in the checkout and in a worktree, and a repository that comes later', async () => {
  const { folder, root, project } = await withRepository();
  const worktree = join(folder, 'away/project-2');
  await git(project, 'worktree', 'add', '--quiet', '-b', 'two', worktree);
  await addCopy(join(root, 'project-3'));
  const { untilNames, copy } = startDirectories({ roots: [root] });
  await untilNames('project', 'project-2', 'project-3');
  for (const branch of ['feature/a', 'feature/b']) {
    await git(project, 'switch', '--quiet', '--create', branch);
    await git(worktree, 'switch', '--quiet', '--create', `${branch}-2`);
    await eventually(() => copy('project')?.branch === branch && copy('project-2')?.branch === `${branch}-2`);
  }
  await git(join(root, 'project-3'), 'init', '--quiet', '--initial-branch=new');
  await eventually(() => copy('project-3')?.branch === 'new');
  await rm(join(root, 'project-3/.git'), { recursive: true });
  await eventually(() => copy('project-3')?.branch === undefined);
  // As when a repository is copied: HEAD may come long after its folder.
  await mkdir(join(root, 'project-3/.git'));
  await writeFile(join(root, 'project-2-marker'), '');
  await addCopy(join(root, 'project-4'));
  await untilNames('project', 'project-2', 'project-3', 'project-4');
  await writeFile(join(root, 'project-3/.git/HEAD'), 'ref: refs/heads/late\n');
  await eventually(() => copy('project-3')?.branch === 'late');
});

test('what changes nothing publishes nothing', async () => {
  const { root, project } = await withRepository();
  const { untilNames, snapshots, copy } = startDirectories({ roots: [root] });
  await untilNames('project');
  await writeFile(join(project, 'sidings.json'), projectFile());
  await utimes(join(project, '.git/HEAD'), 1, 1);
  await write(join(project, 'src/main.js'), 'text');
  await writeFile(join(project, '.env'), 'A=1');
  await mkdir(join(root, 'folder'));
  await write(join(root, 'file'), 'text');
  await git(project, 'add', '.');
  await git(project, 'commit', '--quiet', '--message=second');
  // Seen after all of that, and by the same watches.
  await git(project, 'switch', '--quiet', '--create', 'other');
  await eventually(() => copy('project')?.branch === 'other');
  expect(snapshots).toHaveLength(2);
});

test('a folder that is removed while it is looked at changes nothing else', async () => {
  const root = await rootWith('project', 'project-2', 'project-3');
  const resolve = testResolver();
  let removed = false;
  const { untilNames, copy, snapshots } = startDirectories({
    roots: [root],
    resolve: async (directory) => {
      if (!removed) await rm(join(root, 'project-2'), { recursive: true });
      removed = true;
      return resolve(directory);
    },
  });
  await untilNames('project', 'project-3');
  for (const { copies } of snapshots) {
    expect(copies.filter(({ name }) => name !== 'project-2')).toEqual([copy('project'), copy('project-3')]);
  }
});

test('a copy whose resolver hangs holds up no other and comes when it is done', async () => {
  const root = await rootWith('project', 'project-2');
  const resolve = testResolver();
  let answer = () => {};
  const asked = new Promise<void>((settle) => {
    answer = settle;
  });
  const { untilNames } = startDirectories({
    roots: [root],
    resolve: async (directory) => {
      if (directory.endsWith('-2')) await asked;
      return resolve(directory);
    },
  });
  await untilNames('project');
  await addCopy(join(root, 'project-3'));
  await untilNames('project', 'project-3');
  answer();
  await untilNames('project', 'project-2', 'project-3');
});

test('looked at again under other roots, a copy is known as before until it is known anew', async () => {
  const [one, two] = [await rootWith('project', 'project-2'), await rootWith('project-3')];
  let isSlow = false;
  let goOn = (): void => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const quick = testResolver();
  const resolve: typeof quick = async (directory) => {
    if (isSlow) await gate;
    return quick(directory);
  };
  const { untilNames, refresh, snapshots } = startDirectories({ roots: [one], resolve });
  await untilNames('project', 'project-2');
  isSlow = true;
  const before = snapshots.length;
  // As long as a look has patience.
  await refresh([one, two]);
  expect(snapshots.slice(before).every(({ copies }) => copies.length >= 2)).toBe(true);
  goOn();
  await untilNames('project', 'project-2', 'project-3');
  await refresh([two]);
  await untilNames('project-3');
});

test('who waits for another look is let go when there is none any more', async () => {
  const root = await rootWith('project');
  const { untilNames, refresh, stop } = startDirectories({ roots: [root] });
  await untilNames('project');
  const waiting = refresh([root]);
  await Promise.all([stop(), waiting]);
  await refresh([root]);
});

test('the slow rescan sees what no watch told of', async () => {
  const root = await rootWith('project');
  const { untilNames, copy } = startDirectories({
    roots: [root],
    rescanMs: 50,
    watch: () => ({ follow: () => true, unfollow: () => {}, close: () => {} }),
  });
  await untilNames('project');
  await addCopy(join(root, 'project-2'));
  await untilNames('project', 'project-2');
  await writeFile(join(root, 'project-2/sidings.json'), projectFile(9000));
  await eventually(() => copy('project-2')?.services[0]?.upstream.port === 9002);
});

test('where the system allows no more watches, folders are looked at instead, and the log says so once', async () => {
  const root = await rootWith('project', 'project-2');
  const { untilNames, copy, messages } = startDirectories({
    roots: [root],
    watch: (log) =>
      folderWatches(log, () => {
        throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
      }),
  });
  await untilNames('project', 'project-2');
  await writeFile(join(root, 'project-2/sidings.json'), projectFile(9000));
  await addCopy(join(root, 'project-3'));
  await untilNames('project', 'project-2', 'project-3');
  expect(copy('project-2')?.services[0]?.upstream.port).toBe(9002);
  expect(messages).toEqual([expect.stringContaining('fs.inotify.max_user_watches')]);
});

const openWatches = () => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;

test('the signal ends it: before it began, while a resolver hangs, and with all its watches', async () => {
  const root = await rootWith('project', 'project-2');
  const before = openWatches();
  const running = startDirectories({ roots: [root] });
  await running.untilNames('project', 'project-2');
  expect(openWatches()).toBeGreaterThan(before);
  await running.stop();
  await eventually(() => openWatches() === before);

  let asked = false;
  const hanging = startDirectories({
    roots: [root],
    resolve: () => {
      asked = true;
      return new Promise(() => {});
    },
  });
  await eventually(() => asked);
  await hanging.stop();
  expect(hanging.snapshots).toEqual([]);

  const unborn = startDirectories({ roots: [root] });
  await unborn.stop();
  expect(unborn.snapshots).toEqual([]);
  await eventually(() => openWatches() === before);
});

test('copies that are gone are not watched any more', async () => {
  const root = await rootWith('project');
  const { untilNames } = startDirectories({ roots: [root] });
  await untilNames('project');
  const before = openWatches();
  for (const name of ['project-2', 'project-3', 'folder']) await addCopy(join(root, name, name));
  await cp(join(root, 'project'), join(root, 'project-4'), { recursive: true });
  await untilNames('project', 'project-4');
  expect(openWatches()).toBeGreaterThan(before);
  for (const name of ['project-2', 'project-3', 'project-4', 'folder']) await rm(join(root, name), { recursive: true });
  await untilNames('project');
  await eventually(() => openWatches() === before);
});
