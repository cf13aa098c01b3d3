import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, runInTerminal, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { isRoot, ordinary, ordinaryHome, sudoEnvironment } from '../../support/users.ts';

/** No sidings that may run on this machine is asked. */
const alone = { SIDINGS_HTTP_PORT: '1' };

/** Copies of a project, and a hosts file of their own. */
const setUp = async (names: readonly string[] = ['project', 'project-2']) => {
  const folder = await temporaryFolder();
  const copies = await makeCopies(folder, names);
  const hosts = join(folder, 'hosts');
  const place = { cwd: join(folder, names[0] ?? ''), env: alone };
  const sidings = (...args: string[]) => runCommand('sidings', ['hosts', ...args, '--file', hosts], place);
  return { folder, copies, hosts, place, sidings };
};

const linesWith = (text: string, address: string): readonly string[] =>
  text.split(/\r?\n/).flatMap((line) => (line.startsWith(`${address} `) ? line.slice(address.length + 1) : []));

const namesOfTwo = ['project', 'project-2']
  .flatMap((copy) => [
    ...['api', 'web'].flatMap((service) => [`${copy}.${service}`, `${service}.${copy}`, `${copy}-${service}`]),
    copy,
  ])
  .concat('sidings')
  .map((name) => `${name}.localhost`)
  .sort();

test('all names of all copies, for both families, and everything else as it was, to the byte', async () => {
  const { hosts, sidings } = await setUp();
  const own = Buffer.concat([
    Buffer.from('10.0.0.1 mine # '),
    Buffer.from([0xff, 0xe4]),
    Buffer.from('\r\n\r\n# end\r\n'),
  ]);
  await writeFile(hosts, own);
  await chmod(hosts, 0o640);
  if (isRoot) await chown(hosts, 1234, 1235);

  expect(await sidings('sync')).toMatchObject({
    code: 0,
    stdout: `${hosts} written: 15 names of Sidings.\n`,
    stderr: '',
  });
  const written = await readFile(hosts);
  expect(written.subarray(0, own.length).equals(own)).toBe(true);
  expect(written.toString('latin1').replaceAll('\r\n', '')).not.toContain('\n');
  for (const address of ['127.0.0.1', '::1']) expect(linesWith(written.toString(), address)).toEqual(namesOfTwo);
  expect(await stat(hosts)).toMatchObject({ mode: 0o100640, ...(isRoot && { uid: 1234, gid: 1235 }) });

  const { mtimeMs, ino } = await stat(hosts);
  expect((await sidings('sync')).stdout).toBe(`${hosts} is up to date: 15 names of Sidings.\n`);
  expect(await stat(hosts)).toMatchObject({ mtimeMs, ino });

  expect(JSON.parse((await sidings('clean', '--json')).stdout)).toEqual({
    file: hosts,
    changed: true,
    names: [],
    problems: [],
  });
  expect((await readFile(hosts)).equals(own)).toBe(true);
  expect((await sidings('clean')).stdout).toBe(`${hosts} is up to date: no names of Sidings.\n`);
});

test('what a running sidings knows counts, also for somebody who stands elsewhere', async () => {
  const { folder, hosts, place } = await setUp(['project-2']);
  const { port } = await startSidings(['--suffix', 'test'], place);
  const args = ['hosts', 'sync', '--file', hosts, '--http-port', String(port), '--suffix', 'test', '--json'];
  const { stdout } = await runCommand('sidings', args, { cwd: '/', env: { HOME: folder } });
  expect((JSON.parse(stdout) as { names: string[] }).names).toContain('web.project-2.test');
  expect(linesWith(await readFile(hosts, 'utf8'), '::1')).toContain('project-2.test');
});

test('a dry run shows and does not write; a broken block is left alone', async () => {
  const { hosts, sidings } = await setUp();
  const shown = await sidings('sync', '--dry-run');
  expect(shown.stdout).toContain('  project-2.web.localhost\n');
  await expect(stat(hosts)).rejects.toThrow(/ENOENT/);
  const broken = '127.0.0.1 localhost\n# >>> sidings: generated, do not edit\n';
  await writeFile(hosts, broken);
  expect(await sidings('sync')).toMatchObject({ code: 2, stderr: expect.stringContaining(`${hosts}:2: `) });
  expect(await readFile(hosts, 'utf8')).toBe(broken);
  expect(await sidings('clean')).toMatchObject({ code: 2 });
});

test('a link stays a link; what is no file is an error; a command is needed', async () => {
  const { folder, hosts, sidings, place } = await setUp();
  await writeFile(join(folder, 'real'), '');
  await symlink('real', hosts);
  expect((await sidings('sync')).code).toBe(0);
  expect((await lstat(hosts)).isSymbolicLink()).toBe(true);
  expect(await readFile(join(folder, 'real'), 'utf8')).toContain('project-2.web.localhost');
  const folderAsFile = await runCommand('sidings', ['hosts', 'clean', '--file', folder], place);
  expect(folderAsFile).toMatchObject({ code: 1, stderr: expect.stringContaining('it is a folder') });
  expect(await runCommand('sidings', ['hosts'], place)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a command is missing'),
  });
});

describe('without the rights of root', () => {
  /** A hosts file in a folder that is closed to the user, as that of the system is. */
  const closed = async (mode: number) => {
    const { folder, home, tools } = await ordinaryHome();
    const etc = join(folder, 'etc');
    await mkdir(etc);
    const hosts = join(etc, 'hosts');
    await writeFile(hosts, '127.0.0.1 localhost\n'.repeat(50));
    await chmod(hosts, mode);
    await chmod(etc, 0o555);
    await writeFile(join(tools, 'sudo'), `#!/bin/sh\nshift\n/bin/echo "$@" > '${join(home, 'asked')}'\nexit 5\n`);
    await chmod(join(tools, 'sudo'), 0o755);
    const root = join(home, 'code');
    await makeCopies(root, ['project-2']);
    const env = { ...alone, PATH: tools, SIDINGS_ROOT: root };
    return { etc, home, hosts, place: { cwd: home, env, ...ordinary } };
  };

  test('a file that may be written is, where it stands: a mounted one cannot be replaced', async () => {
    const { etc, hosts, place } = await closed(0o666);
    const { ino } = await stat(hosts);
    expect(await runCommand('sidings', ['hosts', 'sync', '--file', hosts], place)).toMatchObject({ code: 0 });
    expect(linesWith(await readFile(hosts, 'utf8'), '::1')).toContain('project-2.web.localhost');
    expect(await runCommand('sidings', ['hosts', 'clean', '--file', hosts], place)).toMatchObject({ code: 0 });
    expect(await readFile(hosts, 'utf8')).toBe('127.0.0.1 localhost\n'.repeat(50));
    expect((await stat(hosts)).ino).toBe(ino);
    expect(await readdir(etc)).toEqual(['hosts']);
  });

  test('without a terminal, the command is told that does it', async () => {
    const { home, hosts, place } = await closed(0o644);
    const ended = await runCommand('sidings', ['hosts', 'sync', '--yes', '--file', hosts], place);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      new RegExp(
        `: sudo env .*SIDINGS_ROOT=${home}/code .*node /\\S+/sidings.js hosts sync --yes --file ${hosts}$`,
        'm',
      ),
    );
    expect(await readFile(hosts, 'utf8')).not.toContain('project');
    expect(await readdir(home)).not.toContain('asked');
  });

  test.skipIf(process.platform !== 'linux')('in a terminal, sudo runs it when the person agrees', async () => {
    const { home, hosts, place } = await closed(0o644);
    const question = 'Run this? [Y/n]';
    const args = ['hosts', 'sync', '--file', hosts];
    const refused = await runInTerminal(args, { ...place, question, answer: 'no\n' });
    expect(refused.code).toBe(1);
    expect(await readdir(home)).not.toContain('asked');
    const agreed = await runInTerminal(args, { ...place, question, answer: 'y\n' });
    expect(agreed.code).toBe(5);
    expect(await readFile(join(home, 'asked'), 'utf8')).toMatch(/^env .*SIDINGS_ROOT=.* hosts sync --file \S+\n$/);
  });

  // Another user is needed to act for.
  test.skipIf(!isRoot)('behind sudo, the file is written as root, and the rest done as the user', async () => {
    const { home, hosts, place } = await closed(0o644);
    const { uid: _, gid: __, ...asRoot } = place as typeof place & { uid: number; gid: number };
    const copy = await makeCopies(join(home, 'code'), ['feature-login']);
    const env = { ...asRoot.env, ...sudoEnvironment };
    const ended = await runCommand('sidings', ['hosts', 'sync', '--file', hosts], { ...asRoot, env });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(hosts, 'utf8')).toContain(`${copy[0]?.name}.web.localhost`);
    expect(await stat(hosts)).toMatchObject({ uid: 0, mode: 0o100644 });
    // The slot of a copy with a name is claimed in the user's state folder.
    expect((await stat(join(home, '.state/slots.json'))).uid).toBe(65534);
  });
});
