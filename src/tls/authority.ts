import { hostname, userInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fail, type Problem, warning } from '../model/problem.ts';
import { rootCertificateFile } from '../model/root-certificate.ts';
import { printable } from '../model/text.ts';
import type { Owner } from '../resolver/whole-file.ts';
import {
  addGeneration,
  generationsIn,
  keyFile,
  prepareFolder,
  protectKey,
  readGeneration,
  refuseOrphan,
  removeEarlierKeys,
  replaceFile,
} from './certificate-folder.ts';
import { createRoot, judgeRoot, type Root, toPem, type Verdict } from './root.ts';

export interface AuthorityOptions {
  /** The certificate folder. */
  readonly folder: string;
  readonly suffixes: readonly string[];
  /** Who the files are given to, when root works on behalf of a user. */
  readonly owner?: Owner | undefined;
  readonly now?: () => number;
}

/** The root certificate that this machine's leaves are signed with. */
export interface Authority {
  readonly root: Root;
  /** The certificate alone, for clients and trust stores. */
  readonly file: string;
  /** What a person should know: a root that was made or renewed just now, a key that others could read. */
  readonly problems: readonly Problem[];
}

/** Another process may add a generation between two of our steps; more often than this, and something else is wrong. */
const maxAttempts = 5;

/**
 * Opens the root certificate of a folder, and makes one where there is none. A root that has ended, ends soon or is not good for a
 * suffix is replaced, and that is announced in `problems`; one that cannot be used for another reason is left alone, since it may be
 * trusted. Processes that do this at the same moment share one root.
 * Errors: `root-certificate-unreadable`, `root-certificate-damaged`, `root-certificate-early`, `certificates-unwritable`.
 */
export const openAuthority = async (options: AuthorityOptions): Promise<Authority> => {
  const { folder, suffixes, owner, now = Date.now } = options;
  await prepareFolder(folder, owner);
  const latest = async (): Promise<number> => (await generationsIn(folder)).at(-1) ?? 0;
  let announcement: readonly Problem[] = [];
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const generation = await latest();
    try {
      const verdict = await judgeGeneration(options, generation);
      if (verdict.kind === 'good') {
        const { root } = verdict;
        await removeEarlierKeys(folder, generation);
        await replaceFile(rootCertificateFile(folder), toPem(root.certificate.raw), owner);
        const exposed = await protectKey(folder, generation);
        if ((await latest()) !== generation) continue;
        return { root, file: rootCertificateFile(folder), problems: [...announcement, ...exposed] };
      }
      const pair = createRoot({ owner: userAtHost(), suffixes, now: now() });
      if (await addGeneration(folder, generation + 1, pair, owner))
        announcement = [announce(rootCertificateFile(folder), verdict)];
    } catch (error) {
      // What looks broken may have been replaced by another process while it was read.
      if ((await latest()) === generation) throw error;
    }
  }
  throw fail('internal', { reason: `${folder} had no usable root certificate after ${maxAttempts} attempts` });
};

type Judged = { readonly kind: 'absent' } | Extract<Verdict, { readonly kind: 'good' | 'renew' }>;

const judgeGeneration = async (
  { folder, suffixes, now = Date.now }: AuthorityOptions,
  generation: number,
): Promise<Judged> => {
  if (generation === 0) {
    await refuseOrphan(folder);
    return { kind: 'absent' };
  }
  const { certificate, key } = await readGeneration(folder, generation);
  const verdict = judgeRoot(certificate, key, suffixes, now());
  switch (verdict.kind) {
    case 'damaged':
      throw fail('root-certificate-damaged', { folder, file: keyFile(folder, generation), reason: verdict.reason });
    case 'early':
      throw fail('root-certificate-early', {
        file: rootCertificateFile(folder),
        from: new Date(certificate.validFrom).toISOString(),
        now: new Date(now()).toISOString(),
      });
    default:
      return verdict;
  }
};

const announce = (file: string, verdict: Exclude<Judged, { readonly kind: 'good' }>): Problem =>
  verdict.kind === 'absent'
    ? warning('root-certificate-created', { file })
    : warning('root-certificate-renewed', { file, reason: verdict.reason });

const userAtHost = (): string => {
  try {
    return printable(`${userInfo().username}@${hostname()}`);
  } catch {
    // A container may run as a user that it does not know.
    return printable(hostname());
  }
};

/** How often the folder is looked at; a machine may run for years. */
const usualCheckMs = 12 * 60 * 60 * 1000;

/**
 * Keeps the root of a running daemon good: opens the folder again now and then, which renews a root before it ends, and passes on what
 * is new, also when another process made it. Settles when the signal has ended it.
 */
export const renewAuthority = async (
  options: AuthorityOptions & { readonly checkMs?: number },
  opened: Authority,
  renewed: (authority: Authority) => void,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> => {
  let current = opened.root.certificate.fingerprint256;
  const pause = () => setTimeout(options.checkMs ?? usualCheckMs, undefined, { signal, ref: false }).catch(() => {});
  for (await pause(); !signal.aborted; await pause()) {
    try {
      const authority = await openAuthority(options);
      const { fingerprint256 } = authority.root.certificate;
      if (fingerprint256 === current) continue;
      current = fingerprint256;
      renewed(authority);
    } catch (error) {
      failed(error);
    }
  }
};
