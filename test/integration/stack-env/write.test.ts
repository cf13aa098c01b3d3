import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { openCopies } from '../../support/stack-env.ts';

const exec = promisify(execFile);

test('writes .env.local of the copy, from any folder in it, and then leaves it alone', async () => {
  const copies = await openCopies(['project-3']);
  await mkdir(copies.path('project-3/web'));
  const first = await copies.stackEnv('project-3/web', ['write']);
  expect(first).toMatchObject({ code: 0, stdout: '../.env.local written.\n', stderr: '' });
  const file = copies.path('project-3/.env.local');
  expect(parse(await readFile(file))).toMatchObject({ STACK_NAME: 'project-3', API_PORT: '8003' });
  const { mtimeMs, ino } = await stat(file);
  expect((await copies.stackEnv('project-3', ['write'])).stdout).toBe('.env.local is up to date.\n');
  expect(await stat(file)).toMatchObject({ mtimeMs, ino });
  expect((await readdir(copies.path('project-3'))).sort()).toEqual(['.env.local', 'sidings.json', 'web']);
});

test('everything else stays, to the byte; mode and owner too; the block wins over stale lines above it', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const rest = Buffer.concat([
    Buffer.from('# mine\nAPI_PORT=8000\r\nX="ä'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"\n\tend  '),
  ]);
  const file = copies.path('project-3/.env');
  await writeFile(file, rest);
  await chmod(file, 0o640);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(file, 1234, 1235);
  expect((await copies.stackEnv('project-3', ['write', '.env', '--json'])).stdout).toContain('"changed": true');
  const written = await readFile(file);
  expect(written.subarray(0, rest.length).equals(rest)).toBe(true);
  expect(await stat(file)).toMatchObject({ mode: 0o100640, ...(isRoot && { uid: 1234, gid: 1235 }) });
  expect(parse(written).API_PORT).toBe('8003');

  await writeFile(file, Buffer.concat([written, Buffer.from('AFTER=1')]));
  const copied = copies.path('project-2/.env');
  await writeFile(copied, await readFile(file));
  expect((await copies.stackEnv('project-2', ['write', '.env'])).code).toBe(0);
  const moved = await readFile(copied);
  expect(moved.subarray(0, rest.length).equals(rest)).toBe(true);
  expect(moved.subarray(-7).toString()).toBe('AFTER=1');
  expect(parse(moved)).toMatchObject({ API_PORT: '8002', STACK_NAME: 'project-2', AFTER: '1' });
});

test('what it writes passes the guards', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  await copies.write('project-3/.env', 'API_PORT=8002\n');
  expect((await copies.stackEnv('project-3', ['check', '--strict'])).code).toBe(3);
  await copies.stackEnv('project-3', ['write', '.env']);
  expect(await copies.stackEnv('project-3', ['check', '--strict'])).toMatchObject({ code: 0, stderr: '' });
});

test('sh reads the file back', async () => {
  const copies = await openCopies(['project-3'], {
    project: 'project',
    services: {},
    env: { SPACES: ' two  words ', DOLLAR: '$HOME "x"', LINES: 'a\nb' },
  });
  await copies.stackEnv('project-3', ['write', 'x.env']);
  const { stdout } = await exec('sh', ['-c', 'set -a; . ./x.env; printf "%s|" "$SPACES" "$DOLLAR" "$LINES"'], {
    cwd: copies.path('project-3'),
  });
  expect(stdout).toBe(' two  words |$HOME "x"|a\nb|');
});

test('a link is followed and stays a link; one into another copy is refused, also before the file exists', async () => {
  const copies = await openCopies(['project', 'project-3']);
  await copies.write('shared/real.env', 'X=1\n');
  await symlink('../shared/real.env', copies.path('project-3/.env.local'));
  expect((await copies.stackEnv('project-3', ['write'])).code).toBe(0);
  expect((await lstat(copies.path('project-3/.env.local'))).isSymbolicLink()).toBe(true);
  expect(parse(await readFile(copies.path('shared/real.env')))).toMatchObject({ X: '1', API_PORT: '8003' });

  await symlink('../project/.env', copies.path('project-3/.env'));
  for (const file of ['.env', '../project/.env', copies.path('project/deep.env')]) {
    const { code, stderr } = await copies.stackEnv('project-3', ['write', file]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^stack-env: .* belongs to project, another copy of this project\.\n/);
  }
  await copies.write('project/.env', 'X=1\n');
  expect((await copies.stackEnv('project-3', ['write', '.env'])).code).toBe(3);
  expect(await readFile(copies.path('project/.env'), 'utf8')).toBe('X=1\n');
});

test('a dangling link leads to a new file; one that goes round does not', async () => {
  const copies = await openCopies(['project-3']);
  await symlink('new.env', copies.path('project-3/.env.local'));
  expect((await copies.stackEnv('project-3', ['write'])).code).toBe(0);
  expect(await readFile(copies.path('project-3/new.env'), 'utf8')).toContain('API_PORT=8003');
  await symlink('round.env', copies.path('project-3/round.env'));
  const { code, stderr } = await copies.stackEnv('project-3', ['write', 'round.env']);
  expect(code).toBe(1);
  expect(stderr).toContain('its symbolic links go round in a circle');
});

test('what is no file that can be written is an error in words, and nothing is left behind', async () => {
  const copies = await openCopies(['project-3']);
  await exec('mkfifo', [copies.path('project-3/fifo')]);
  await mkdir(copies.path('project-3/folder'));
  await copies.write('project-3/large', 'x'.repeat(1024 * 1024 + 1));
  for (const [file, reason] of [
    ['fifo', 'it is not a regular file'],
    ['folder', 'it is a folder'],
    ['large', 'it is larger than 1 MB'],
    ['absent/x.env', 'no such file or folder'],
  ] as const) {
    const { code, stderr } = await copies.stackEnv('project-3', ['write', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} cannot be written: ${reason}.`);
  }
  await copies.write('project-3/half.env', 'X=1\n# <<< stack-env\n');
  const broken = await copies.stackEnv('project-3', ['write', 'half.env']);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain('half.env:2: the generated block has an end without a start.');
  expect((await readdir(copies.path('project-3'))).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('with --dir the file is that of the copy there', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const { code } = await copies.stackEnv('project-3', ['write', 'x.env', '--dir', '../project-2']);
  expect(code).toBe(0);
  expect(await readFile(copies.path('project-2/x.env'), 'utf8')).toContain('STACK_NAME=project-2');
});
