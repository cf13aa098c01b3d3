import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openAuthority, renewAuthority } from '../../../src/tls/authority.ts';
import { readRoots } from '../../../src/tls/certificate-folder.ts';
import { dayMs } from '../../../src/tls/root.ts';
import { eventually } from '../../support/raw.ts';
import { temporaryFolder } from './support.ts';

const suffixes = ['localhost'];
const codes = (authority: { readonly problems: readonly { readonly code: string }[] }) =>
  authority.problems.map(({ code }) => code);
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const fresh = async () => join(await temporaryFolder(), 'certs');

test('the first root is made, announced, and private', async () => {
  const folder = await fresh();
  const authority = await openAuthority({ folder, suffixes });
  expect(codes(authority)).toEqual(['root-certificate-created']);
  expect(authority.file).toBe(join(folder, 'root.pem'));
  expect(await readFile(authority.file, 'utf8')).toBe(authority.root.certificate.toString());
  expect(await modeOf(folder)).toBe(0o700);
  expect(await modeOf(join(folder, 'root-1'))).toBe(0o700);
  expect(await modeOf(join(folder, 'root-1/key.pem'))).toBe(0o600);
  expect((await readdir(folder)).sort()).toEqual(['root-1', 'root.pem']);
});

test('whatever the umask, the certificate can be read and the key cannot', async () => {
  const before = process.umask(0);
  onTestFinished(() => {
    process.umask(before);
  });
  const folder = await fresh();
  const { file } = await openAuthority({ folder, suffixes });
  expect(await modeOf(folder)).toBe(0o700);
  expect(await modeOf(file)).toBe(0o644);
  expect(await modeOf(join(folder, 'root-1/key.pem'))).toBe(0o600);
});

test('the same root is opened again, in silence', async () => {
  const folder = await fresh();
  const one = await openAuthority({ folder, suffixes });
  const other = await openAuthority({ folder, suffixes });
  expect(other.root.certificate.fingerprint256).toBe(one.root.certificate.fingerprint256);
  expect(other.problems).toEqual([]);
});

test('the certificate for clients comes back when it is gone or another', async () => {
  const folder = await fresh();
  const { file } = await openAuthority({ folder, suffixes });
  const text = await readFile(file, 'utf8');
  await rm(file);
  await openAuthority({ folder, suffixes });
  expect(await readFile(file, 'utf8')).toBe(text);
  await writeFile(file, 'something else');
  await openAuthority({ folder, suffixes });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a folder that others may write to is closed to them; what else is in it stays', async () => {
  const folder = await fresh();
  await mkdir(folder);
  await chmod(folder, 0o777);
  await writeFile(join(folder, 'README.md'), 'hello');
  await openAuthority({ folder, suffixes });
  expect(await modeOf(folder)).toBe(0o755);
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe('hello');
});

test('a key that others could read is closed to them, and that is said', async () => {
  const folder = await fresh();
  await openAuthority({ folder, suffixes });
  await chmod(join(folder, 'root-1/key.pem'), 0o644);
  expect(codes(await openAuthority({ folder, suffixes }))).toEqual(['key-exposed']);
  expect(await modeOf(join(folder, 'root-1/key.pem'))).toBe(0o600);
  expect(codes(await openAuthority({ folder, suffixes }))).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)('files are given to the user that root works for', async () => {
  const folder = join(await temporaryFolder(), 'one/certs');
  await openAuthority({ folder, suffixes, owner: { uid: 12345, gid: 12346 } });
  for (const path of ['..', '.', 'root.pem', 'root-1', 'root-1/key.pem', 'root-1/certificate.pem']) {
    expect(await stat(join(folder, path))).toMatchObject({ uid: 12345, gid: 12346 });
  }
  expect((await stat(join(folder, '../..'))).uid).toBe(0);
});

test('what a killed process left half-made is removed; what is being made now is not', async () => {
  const folder = await fresh();
  for (const name of ['.new-old', '.new-now']) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'key.pem'), 'half');
  }
  await utimes(join(folder, '.new-old'), 0, 0);
  await openAuthority({ folder, suffixes });
  expect((await readdir(folder)).sort()).toEqual(['.new-now', 'root-1', 'root.pem']);
});

test('a root that ends soon is renewed and announced; the old certificate stays, its key does not', async () => {
  const folder = await fresh();
  const old = await openAuthority({ folder, suffixes, now: () => Date.now() - 3600 * dayMs });
  const next = await openAuthority({ folder, suffixes });
  expect(codes(next)).toEqual(['root-certificate-renewed']);
  expect(next.problems[0]?.message).toMatch(/because it ends on \d{4}-\d\d-\d\d\.$/);
  expect(next.root.certificate.fingerprint256).not.toBe(old.root.certificate.fingerprint256);
  expect(await readFile(next.file, 'utf8')).toBe(next.root.certificate.toString());
  expect(await readdir(join(folder, 'root-1'))).toEqual(['certificate.pem']);

  const { current, retired } = await readRoots(folder);
  expect(current?.certificate.fingerprint256).toBe(next.root.certificate.fingerprint256);
  expect(retired.map(({ certificate }) => certificate.fingerprint256)).toEqual([old.root.certificate.fingerprint256]);
});

test('a root that has ended, or is not good for a suffix, is renewed and announced', async () => {
  const folder = await fresh();
  await openAuthority({ folder, suffixes, now: () => Date.now() - 4000 * dayMs });
  const renewed = await openAuthority({ folder, suffixes });
  expect(renewed.problems[0]?.message).toMatch(/because it ended on/);
  const other = await openAuthority({ folder, suffixes: ['test'] });
  expect(other.problems[0]?.message).toMatch(/because it is not good for the suffix test/);
  expect(other.root.facts.permitted).toEqual(['localhost', 'test']);
  expect((await openAuthority({ folder, suffixes: ['localhost'] })).problems).toEqual([]);
});

/** Whatever is wrong with an old root, it may be trusted: nothing in its folder may change before a person has looked. */
const untouched = async (folder: string, action: () => Promise<unknown>): Promise<unknown> => {
  const look = async () => {
    const names = (await readdir(folder, { recursive: true })).sort();
    return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8').catch(() => '')]));
  };
  const before = await look();
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await look()).toEqual(before);
  return error;
};

test.each<[string, string, RegExp, (folder: string) => Promise<void>]>([
  [
    'a key that is gone',
    'root-certificate-damaged',
    /key\.pem: it is missing/,
    (folder) => rm(join(folder, 'root-1/key.pem')),
  ],
  [
    'a certificate that is gone',
    'root-certificate-damaged',
    /certificate\.pem: it is missing/,
    (folder) => rm(join(folder, 'root-1/certificate.pem')),
  ],
  [
    'a generation that is gone',
    'root-certificate-damaged',
    /root\.pem: its key is missing/,
    (folder) => rm(join(folder, 'root-1'), { recursive: true }),
  ],
  [
    'a certificate that is cut',
    'root-certificate-damaged',
    /certificate\.pem: it is not a certificate/,
    async (folder) => {
      const file = join(folder, 'root-1/certificate.pem');
      await writeFile(file, (await readFile(file, 'utf8')).slice(0, 300));
    },
  ],
  [
    'a key that is cut',
    'root-certificate-damaged',
    /key\.pem: it is not a private key/,
    async (folder) => {
      const file = join(folder, 'root-1/key.pem');
      await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100));
    },
  ],
  [
    'an empty key',
    'root-certificate-damaged',
    /not a private key/,
    (folder) => writeFile(join(folder, 'root-1/key.pem'), ''),
  ],
  [
    'bytes that are no text',
    'root-certificate-unreadable',
    /not UTF-8/,
    (folder) => writeFile(join(folder, 'root-1/key.pem'), Buffer.from([0xff, 0xfe, 0])),
  ],
  [
    'a folder in the place of the key',
    'root-certificate-unreadable',
    /it is a folder/,
    async (folder) => {
      await rm(join(folder, 'root-1/key.pem'));
      await mkdir(join(folder, 'root-1/key.pem'));
    },
  ],
  [
    'a file in the place of the newest generation',
    'root-certificate-unreadable',
    /not a folder/,
    (folder) => writeFile(join(folder, 'root-2'), ''),
  ],
  [
    'the key of another root',
    'root-certificate-damaged',
    /does not belong/,
    async (folder) => {
      const other = await fresh();
      await openAuthority({ folder: other, suffixes });
      await rename(join(other, 'root-1/key.pem'), join(folder, 'root-1/key.pem'));
    },
  ],
])('%s is an error, and nothing is changed', async (_what, code, message, damage) => {
  const folder = await fresh();
  await openAuthority({ folder, suffixes });
  await damage(folder);
  const error = await untouched(folder, () => openAuthority({ folder, suffixes }));
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a root from the future means that the clock is wrong', async () => {
  const folder = await fresh();
  await openAuthority({ folder, suffixes, now: () => Date.now() + 30 * dayMs });
  const error = await untouched(folder, () => openAuthority({ folder, suffixes }));
  expect(error).toMatchObject({ code: 'root-certificate-early', hint: expect.stringContaining('clock') });
});

test('a folder that cannot be made is an error', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(openAuthority({ folder: join(file, 'certs'), suffixes })).rejects.toMatchObject({
    code: 'certificates-unwritable',
  });
});

test('eight processes that start at once share one root, and one of them announces it', {
  timeout: 60_000,
}, async () => {
  const folder = await fresh();
  const script = new URL('./open-authority.mjs', import.meta.url);
  const open = async (more: readonly string[]) => {
    const children = Array.from({ length: 8 }, () => fork(script, [folder, ...more]));
    onTestFinished(() => {
      for (const child of children) child.kill();
    });
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map((child) => once(child, 'message'));
    for (const child of children) child.send('go');
    return (await Promise.all(answers)).map(
      ([answer]) => answer as { fingerprint: string; codes: string[]; error?: string },
    );
  };

  const first = await open(['localhost']);
  expect(new Set(first.map(({ fingerprint, error }) => error ?? fingerprint)).size).toBe(1);
  expect(first.flatMap((answer) => answer.codes)).toEqual(['root-certificate-created']);

  const second = await open(['localhost', 'test']);
  expect(new Set(second.map(({ fingerprint, error }) => error ?? fingerprint)).size).toBe(1);
  expect(second.flatMap((answer) => answer.codes)).toEqual(['root-certificate-renewed']);
  expect(second[0]?.fingerprint).not.toBe(first[0]?.fingerprint);
  expect((await readdir(folder)).sort()).toEqual(['root-1', 'root-2', 'root.pem']);
});

test('a running daemon renews its root before it ends, and takes over one that another process made', async () => {
  const folder = await fresh();
  let time = Date.now();
  const options = { folder, suffixes, now: () => time, checkMs: 5 };
  const opened = await openAuthority(options);
  const ended = new AbortController();
  const renewed = vi.fn();
  const failed = vi.fn();
  const running = renewAuthority(options, opened, renewed, failed, ended.signal);
  onTestFinished(() => {
    ended.abort();
    return running;
  });
  time += 3600 * dayMs;
  await eventually(() => renewed.mock.calls.length === 1);
  expect(codes(renewed.mock.calls[0]?.[0])).toEqual(['root-certificate-renewed']);

  const other = await openAuthority({ ...options, suffixes: ['localhost', 'test'] });
  await eventually(() => renewed.mock.calls.length === 2);
  expect(renewed.mock.calls[1]?.[0].root.certificate.fingerprint256).toBe(other.root.certificate.fingerprint256);
  expect(failed).not.toHaveBeenCalled();

  await writeFile(join(folder, 'root-3/key.pem'), '');
  await eventually(() => failed.mock.calls.length > 0);
  ended.abort();
  await running;
  expect(renewed).toHaveBeenCalledTimes(2);
});
