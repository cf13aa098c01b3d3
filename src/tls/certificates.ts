import type { Log } from '../model/log.ts';
import type { Problem } from '../model/problem.ts';
import { type Authority, openAuthority, renewAuthority } from './authority.ts';
import { issueLeaf } from './leaf.ts';
import { readOwnCertificate } from './own-certificate.ts';
import { createSecureContexts, type Issue, type SecureContexts } from './secure-contexts.ts';

export interface CertificatesOptions {
  /** The certificate folder. */
  readonly folder: string;
  readonly suffixes: readonly string[];
  /** A certificate that somebody else made, used for every name instead of leaves of our root. */
  readonly own: { readonly cert: string; readonly key: string } | undefined;
  /** Whether a hostname is one of ours. */
  readonly allowed: (hostname: string) => boolean;
  readonly statusHostname: string;
  readonly log: Log;
}

/**
 * The certificates of a running daemon: leaves of our root, which is made where there is none and renewed before it ends, or the one that
 * somebody else made. Until the signal ends it.
 * Errors: those of `openAuthority` and `readOwnCertificate`.
 */
export const openCertificates = async (options: CertificatesOptions, signal: AbortSignal): Promise<SecureContexts> => {
  const { folder, suffixes, own, allowed, statusHostname, log } = options;
  const contexts = (issue: Issue): SecureContexts => createSecureContexts({ issue, allowed, statusHostname, log });
  if (own !== undefined) {
    const certificate = await readOwnCertificate(own);
    return contexts(async () => certificate);
  }
  const announce = (problems: readonly Problem[]): void => {
    for (const { message, hint } of problems) log.warn({ hint }, message);
  };
  const issuer =
    ({ root }: Authority): Issue =>
    (hostname) =>
      issueLeaf(root, hostname, Date.now());

  const authority = await openAuthority({ folder, suffixes });
  announce(authority.problems);
  const opened = contexts(issuer(authority));
  renewAuthority(
    { folder, suffixes },
    authority,
    (renewed) => {
      announce(renewed.problems);
      opened.use(issuer(renewed));
    },
    (error) => log.error({ error }, 'the root certificate could not be looked at'),
    signal,
  ).catch((error: unknown) => log.error({ error }, 'the root certificate is not looked at any more'));
  return opened;
};
