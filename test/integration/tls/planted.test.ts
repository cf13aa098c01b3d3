import { spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveCopy } from '../../../src/resolver/resolve.ts';
import { openAuthority } from '../../../src/tls/authority.ts';
import { makeCopy, settingsIn } from '../../support/copies.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { isRoot, ordinary } from '../../support/users.ts';

/** What somebody has put into the folders of Sidings before it comes: nothing outside of them is changed, and nothing of it is trusted. */

const suffixes = ['localhost'];

/** A place with a copy, and a file beside it that nobody may touch. */
const place = async () => {
  const folder = await temporaryFolder();
  const certs = join(folder, 'certs');
  const state = join(folder, 'state');
  const victim = join(folder, 'victim');
  await mkdir(certs);
  await mkdir(state);
  await writeFile(victim, 'precious', { mode: 0o644 });
  await chmod(victim, 0o644);
  const copy = await makeCopy(join(folder, 'feature'));
  const open = () => openAuthority({ folder: certs, suffixes });
  const claim = () => resolveCopy(copy, settingsIn(folder));
  const expectUntouched = async () => {
    expect(await readFile(victim, 'utf8')).toBe('precious');
    const { mode, uid } = await stat(victim);
    expect([mode & 0o777, uid]).toEqual([0o644, process.getuid?.()]);
  };
  return { folder, certs, state, victim, copy, open, claim, expectUntouched };
};

describe('a link to a file of somebody', () => {
  test('in the place of the certificate for clients is replaced', async () => {
    const { certs, victim, open, expectUntouched } = await place();
    const { file } = await open();
    await rm(file);
    await symlink(victim, file);
    await open();
    expect((await lstat(file)).isSymbolicLink()).toBe(false);
    expect(await readFile(file, 'utf8')).toContain('BEGIN CERTIFICATE');
    await expectUntouched();
    expect((await readdir(certs)).sort()).toEqual(['root-1', 'root.pem']);
  });

  test('in the place of the first certificate means a root whose key is lost', async () => {
    const { certs, victim, open, expectUntouched } = await place();
    await symlink(victim, join(certs, 'root.pem'));
    await expect(open()).rejects.toMatchObject({ code: 'root-certificate-damaged' });
    await expectUntouched();
    expect(await readlink(join(certs, 'root.pem'))).toBe(victim);
  });

  test.each(['key.pem', 'certificate.pem'])('in the place of %s is no root', async (name) => {
    const { certs, victim, open, expectUntouched } = await place();
    await open();
    await rm(join(certs, 'root-1', name));
    await symlink(victim, join(certs, 'root-1', name));
    await expect(open()).rejects.toMatchObject({ code: 'root-certificate-damaged' });
    await expectUntouched();
  });

  test('in the place of a generation is no root, and no generation is made beside it', async () => {
    const { certs, folder, open } = await place();
    await symlink(join(folder, 'feature'), join(certs, 'root-1'));
    await expect(open()).rejects.toMatchObject({ code: 'root-certificate-damaged' });
    expect(await readdir(certs)).toEqual(['root-1']);
    expect(await readdir(join(folder, 'feature'))).toEqual(['sidings.json']);
  });

  test('with the name of what is being written is not written to', async () => {
    const { state, victim, claim, expectUntouched } = await place();
    for (const name of [`slots.json.${process.pid}.tmp`, 'slots.json.tmp', '.new-slots.json'])
      await symlink(victim, join(state, name));
    await claim();
    await expectUntouched();
    expect(JSON.parse(await readFile(join(state, 'slots.json'), 'utf8')).version).toBe(1);
  });

  test('in the place of the slots is told, and stays', async () => {
    const { state, victim, claim, expectUntouched } = await place();
    await symlink(victim, join(state, 'slots.json'));
    await expect(claim()).rejects.toMatchObject({ code: 'state-corrupt' });
    await expectUntouched();
  });

  test.each([
    ['a file', 'victim'],
    ['a folder', 'feature'],
  ])('in the place of the lock, to %s, is told or taken away, and what it leads to stays', async (_what, to) => {
    const { folder, state, claim, expectUntouched } = await place();
    const lock = join(state, 'slots.json.lock');
    await symlink(join(folder, to), lock);
    await utimes(join(folder, to), 1, 1);
    await expect(claim()).rejects.toMatchObject({ code: expect.stringMatching(/^state-(unwritable|locked)$/) });
    await expectUntouched();
    expect(await readdir(join(folder, 'feature'))).toEqual(['sidings.json']);
    await rm(lock);
    expect((await claim()).slot).toBeGreaterThan(0);
  });
});

test('a link to the certificate folder is a way to it', async () => {
  const { folder, certs, open } = await place();
  const { root } = await open();
  await symlink(certs, join(folder, 'way'));
  const other = await openAuthority({ folder: join(folder, 'way'), suffixes });
  expect(other.root.certificate.fingerprint256).toBe(root.certificate.fingerprint256);
});

test('certificate and key of two roots, mixed, are no root, whichever was changed', async () => {
  for (const name of ['key.pem', 'certificate.pem']) {
    const [one, other] = [await place(), await place()];
    await one.open();
    await other.open();
    await cp(join(other.certs, 'root-1', name), join(one.certs, 'root-1', name));
    await expect(one.open()).rejects.toMatchObject({
      code: 'root-certificate-damaged',
      message: expect.stringContaining('does not belong'),
    });
  }
});

test('a root of which any part is missing is an error, and never half of one', async () => {
  const { certs, open } = await place();
  await open();
  for (const name of ['key.pem', 'certificate.pem']) {
    const file = join(certs, 'root-1', name);
    const text = await readFile(file, 'utf8');
    for (let length = 0; length < text.trimEnd().length - 1; length += 37) {
      await writeFile(file, text.slice(0, length));
      await expect(open()).rejects.toMatchObject({ code: 'root-certificate-damaged' });
    }
    await writeFile(file, text);
    expect((await open()).problems).toEqual([]);
  }
});

/** Opens the authority as an ordinary user does; gives the code of the error, or of what it tells. */
const openAsUser = async (folder: string): Promise<readonly string[]> => {
  const script = fileURLToPath(new URL('./open-as-user.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script, folder], { ...ordinary, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
};

test.skipIf(!isRoot)('a key that belongs to somebody else is known to them, and is not used', async () => {
  const { folder, certs, open } = await place();
  const stranger = 12345;
  await open();
  await chmod(folder, 0o755);
  const uid = ordinary.uid ?? 0;
  for (const name of ['', 'root.pem', 'root-1', 'root-1/key.pem', 'root-1/certificate.pem'])
    await chown(join(certs, name), uid, uid);
  expect(await openAsUser(certs)).toEqual([]);
  // Readable, as who planted it wants it to be.
  await chmod(join(certs, 'root-1/key.pem'), 0o644);
  await chown(join(certs, 'root-1/key.pem'), stranger, stranger);
  expect(await openAsUser(certs)).toEqual(['root-certificate-unreadable', 'it belongs to another user']);
  // And so where all of it is theirs.
  await chown(join(certs, 'root-1'), stranger, stranger);
  await chmod(join(certs, 'root-1'), 0o755);
  await chown(certs, stranger, stranger);
  await chmod(certs, 0o755);
  expect(await openAsUser(certs)).toEqual(['root-certificate-unreadable', 'it belongs to another user']);
  // A folder of a stranger that others may write to cannot be closed to them.
  await rm(join(certs, 'root-1'), { recursive: true });
  await rm(join(certs, 'root.pem'));
  await chmod(certs, 0o777);
  expect(await openAsUser(certs)).toEqual(['certificates-unwritable', 'permission denied']);
  expect(await readdir(certs)).toEqual([]);
});

test.each(['000', '077'])('umask %s: a first start works, and nobody else can read what is secret', async (umask) => {
  const folder = await temporaryFolder();
  await makeCopy(join(folder, 'feature'));
  const before = process.umask(Number.parseInt(umask, 8));
  onTestFinished(() => {
    process.umask(before);
  });
  const { file } = await openAuthority({ folder: join(folder, 'certs'), suffixes });
  const { slot } = await resolveCopy(join(folder, 'feature'), settingsIn(folder));
  process.umask(before);
  expect(slot).toBeGreaterThan(0);
  const others = 0o077;
  for (const path of ['certs', 'certs/root-1', 'certs/root-1/key.pem', 'state', 'state/slots.json'])
    expect([path, (await stat(join(folder, path))).mode & others]).toEqual([path, 0]);
  expect(await readFile(file, 'utf8')).toContain('BEGIN CERTIFICATE');
});
