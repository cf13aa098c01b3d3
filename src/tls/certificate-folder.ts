import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, chown, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, type Problem, type SidingsError, warning } from '../model/problem.ts';
import { rootCertificateFile } from '../model/root-certificate.ts';
import { makeFolder } from '../resolver/make-folder.ts';
import { readRegularFile, reasonOf } from '../resolver/regular-file.ts';
import { type Owner, removeUnfinished, unfinished, writeWhole } from '../resolver/whole-file.ts';

/**
 * Where the root certificate lives:
 *
 *   root.pem                what clients are told to trust: a copy of the newest generation's certificate
 *   root-2/certificate.pem  the newest generation, in a folder for its owner alone
 *   root-2/key.pem          its key
 *   root-1/certificate.pem  an earlier one, without its key, kept so that it can be taken out of trust stores
 *
 * A generation appears whole or not at all: its folder is filled under another name and then renamed, which fails when the
 * generation is there already. So no certificate is ever without its key, and two processes never make the same generation.
 */
const generationName = /^root-([1-9][0-9]{0,5})$/;

const certificateFile = (folder: string, generation: number): string =>
  join(folder, `root-${generation}`, 'certificate.pem');

/** The key of a generation. */
export const keyFile = (folder: string, generation: number): string => join(folder, `root-${generation}`, 'key.pem');

const unwritable = (file: string, error: unknown): SidingsError =>
  fail('certificates-unwritable', { file, reason: reasonOf(error) });

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Makes the folder where there is none, for its owner alone, and keeps others from writing to one that exists. */
export const prepareFolder = async (folder: string, owner?: Owner): Promise<void> => {
  try {
    const made = await makeFolder(resolve(folder));
    if (made !== undefined && owner !== undefined) {
      for (let path = resolve(folder); path.length >= made.length; path = dirname(path))
        await chown(path, owner.uid, owner.gid);
    }
    const { mode } = await stat(folder);
    if ((mode & 0o022) !== 0) await chmod(folder, mode & 0o7755);
  } catch (error) {
    throw unwritable(folder, error);
  }
};

/** The generations that are there, oldest first. */
export const generationsIn = async (folder: string): Promise<readonly number[]> => {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw fail('root-certificate-unreadable', { file: folder, reason: reasonOf(error) });
  });
  return names
    .flatMap((name) => generationName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other);
};

export interface RootPair {
  /** PEM */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

/** Adds a generation whole; gives false when another process was first. */
export const addGeneration = async (
  folder: string,
  generation: number,
  { certificate, key }: RootPair,
  owner?: Owner,
): Promise<boolean> => {
  let filling: string | undefined;
  try {
    await removeUnfinished(folder);
    filling = await mkdtemp(join(folder, unfinished));
    const files = { certificate: join(filling, 'certificate.pem'), key: join(filling, 'key.pem') };
    await writeFile(files.certificate, certificate, { mode: 0o644, flush: true });
    await writeFile(files.key, key, { mode: 0o600, flush: true });
    if (owner !== undefined) {
      for (const path of [files.certificate, files.key, filling]) await chown(path, owner.uid, owner.gid);
    }
    await rename(filling, join(folder, `root-${generation}`));
    return true;
  } catch (error) {
    if (filling !== undefined) await rm(filling, { recursive: true, force: true });
    if ((await generationsIn(folder)).includes(generation)) return false;
    throw unwritable(folder, error);
  }
};

/** Reads one file of the root; `undefined` where there is none. */
const readPart = async (file: string): Promise<string | undefined> => {
  try {
    return await readRegularFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fail('root-certificate-unreadable', { file, reason: reasonOf(error) });
  }
};

const damaged = (folder: string, file: string, reason: string): SidingsError =>
  fail('root-certificate-damaged', { folder, file, reason });

/** Reads a file that must be there and makes of it what it should hold. */
const parsePart = async <Parsed>(
  folder: string,
  file: string,
  parse: (text: string) => Parsed,
  otherwise: string,
): Promise<Parsed> => {
  const text = await readPart(file);
  if (text === undefined) throw damaged(folder, file, 'it is missing');
  try {
    return parse(text);
  } catch {
    throw damaged(folder, file, otherwise);
  }
};

const readCertificate = (folder: string, generation: number): Promise<X509Certificate> =>
  parsePart(
    folder,
    certificateFile(folder, generation),
    (text) => new X509Certificate(text),
    'it is not a certificate',
  );

/** Whoever owns the key knows it, and what it signs would be trusted here. Root can be anybody, and what belongs to root was meant to be. */
const refuseForeignKey = async (file: string): Promise<void> => {
  const own = process.geteuid?.() ?? 0;
  const uid = await stat(file).then(
    ({ uid }) => uid,
    () => own,
  );
  if (own !== 0 && uid !== 0 && uid !== own)
    throw fail('root-certificate-unreadable', { file, reason: 'it belongs to another user' });
};

/** A generation with its key. Errors: `root-certificate-unreadable`, `root-certificate-damaged`. */
export const readGeneration = async (
  folder: string,
  generation: number,
): Promise<{ readonly certificate: X509Certificate; readonly key: KeyObject }> => {
  const certificate = await readCertificate(folder, generation);
  const file = keyFile(folder, generation);
  await refuseForeignKey(file);
  const key = await parsePart(folder, file, (text) => createPrivateKey(text), 'it is not a private key');
  return { certificate, key };
};

/** A certificate that was made for a trust store. */
export interface RootCertificate {
  readonly file: string;
  readonly certificate: X509Certificate;
}

/** The certificates of the newest generation and of earlier ones; no key is read. Errors as of `readGeneration`. */
export const readRoots = async (
  folder: string,
): Promise<{ readonly current: RootCertificate | undefined; readonly retired: readonly RootCertificate[] }> => {
  const roots: RootCertificate[] = [];
  for (const generation of await generationsIn(folder)) {
    roots.push({
      file: certificateFile(folder, generation),
      certificate: await readCertificate(folder, generation),
    });
  }
  return { current: roots.at(-1), retired: roots.slice(0, -1) };
};

/** A certificate in the place of `root.pem` without a generation means that its key was lost. Errors: `root-certificate-damaged`. */
export const refuseOrphan = async (folder: string): Promise<void> => {
  if ((await readPart(rootCertificateFile(folder))) !== undefined)
    throw damaged(folder, rootCertificateFile(folder), 'its key is missing');
};

/** Replaces a file in one step, when its text is another. */
export const replaceFile = async (file: string, text: string, owner?: Owner): Promise<void> => {
  if ((await readRegularFile(file).catch(() => undefined)) === text) return;
  try {
    await writeWhole(file, text, 0o644, owner);
  } catch (error) {
    throw unwritable(file, error);
  }
};

/** Takes the keys of earlier generations away: what they signed may still be trusted. */
export const removeEarlierKeys = async (folder: string, generation: number): Promise<void> => {
  for (const earlier of await generationsIn(folder)) {
    if (earlier >= generation) continue;
    const file = keyFile(folder, earlier);
    await rm(file, { force: true }).catch((error: unknown) => {
      throw unwritable(file, error);
    });
  }
};

/** Takes others the right to read a key, and says so when they had it. */
export const protectKey = async (folder: string, generation: number): Promise<readonly Problem[]> => {
  const file = keyFile(folder, generation);
  // Windows has no such modes; its user folders are private by inheritance.
  if (process.platform === 'win32') return [];
  const exposed = async (): Promise<boolean> => ((await stat(file)).mode & 0o077) !== 0;
  if (!(await exposed())) return [];
  await chmod(file, 0o600).catch(() => undefined);
  return [warning('key-exposed', { file, folder, could: (await exposed()) ? 'can read' : 'could until now read' })];
};
