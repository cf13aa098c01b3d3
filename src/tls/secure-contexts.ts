import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { Log } from '../model/log.ts';
import type { Certificate } from './leaf.ts';
import { toServerName } from './server-name.ts';

/** Gives a certificate for one of our hostnames: `issueLeaf` with a root, or always the same one for certificates of one's own. */
export type Issue = (hostname: string) => Promise<Certificate>;

export interface SecureContextsOptions {
  readonly issue: Issue;
  /** Whether a hostname (lower case, no final dot) is one of ours. Others get no certificate, and the handshake fails. */
  readonly allowed: (hostname: string) => boolean;
  /** The name that clients get a certificate for when they ask for none. */
  readonly statusHostname: string;
  readonly log: Log;
  /** Names that are kept ready: about 30 KB each. */
  readonly max?: number;
  readonly now?: () => number;
  readonly checkMs?: number;
}

/** Options of a secure context. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** Empty: without it, Node would load the public roots, which are of no use to a server that asks for no client certificates. */
  readonly ca: string[];
}

export interface SecureContexts {
  /** `SNICallback` of a TLS server. Always answers by its callback: a throw in there would end the process (CVE-2026-21637). */
  readonly sni: (servername: string, done: (error: Error | null, context?: SecureContext) => void) => void;
  /** The context for a name, as `sni` gives it; rejects for a name that is not ours. */
  readonly contextFor: (servername: string) => Promise<SecureContext>;
  /**
   * Keeps a server's own certificate good, the one for clients that ask for no name (`server.setSecureContext`): `apply` is called
   * before this settles, when the certificate should be renewed, and after `use`. Until the signal ends it.
   */
  readonly keepDefault: (apply: (certificate: KeyPair) => void, signal: AbortSignal) => Promise<void>;
  /** Issues by other means from now on, such as a new root; what was issued before is forgotten. */
  readonly use: (issue: Issue) => void;
}

/** What is kept for a name. */
interface Issued extends Pick<Certificate, 'validFrom'> {
  readonly context: SecureContext;
}

const isEarly = ({ validFrom = 0 }: Pick<Certificate, 'validFrom'>, now: number): boolean => now < validFrom;

const isDue = (certificate: Pick<Certificate, 'renewAt' | 'validFrom'>, now: number): boolean =>
  isEarly(certificate, now) || now >= (certificate.renewAt ?? Number.POSITIVE_INFINITY);

const usualMax = 1000;
/** How often the end of the default certificate is looked at. */
const usualCheckMs = 60 * 60 * 1000;

/** Certificates by the name that a client asks for (SNI): issued at its first visit, once for any number of visits at a time. */
export const createSecureContexts = (options: SecureContextsOptions): SecureContexts => {
  const { allowed, statusHostname, log, max = usualMax, now = Date.now } = options;

  const cacheOf = (issuer: Issue): LRUCache<string, Issued> =>
    new LRUCache({
      max,
      // Certificates end by the calendar; the usual clock of the cache stands still while a laptop sleeps.
      perf: { now },
      ttlResolution: 0,
      // More names at a time than there is room for: those that are pushed out still get their certificate.
      ignoreFetchAbort: true,
      fetchMethod: async (hostname, _stale, { options: entry }) => {
        const certificate = await issuer(hostname);
        const { renewAt, validFrom } = certificate;
        if (renewAt !== undefined) entry.ttl = Math.max(1, Math.floor(renewAt - now()));
        return { context: createSecureContext(keyPair(certificate)), validFrom };
      },
    });
  let { issue } = options;
  let cache = cacheOf(issue);
  const renewals = new Set<() => Promise<void>>();

  const contextFor = async (servername: string): Promise<SecureContext> => {
    const hostname = toServerName(servername);
    if (hostname === undefined || !allowed(hostname)) throw new Error('The client asked for a name that is not ours.');
    const kept = cache.peek(hostname);
    // The clock was set back behind what it said when this one was issued.
    if (kept !== undefined && isEarly(kept, now())) cache.delete(hostname);
    const issued = await cache.fetch(hostname);
    if (issued === undefined) throw new Error(`No certificate was issued for ${hostname}.`);
    return issued.context;
  };

  return {
    contextFor,
    sni: (servername, done) => {
      contextFor(servername).then(
        (context) => done(null, context),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
    keepDefault: async (apply, signal) => {
      let current: Pick<Certificate, 'renewAt' | 'validFrom'> | undefined;
      const renew = async (): Promise<void> => {
        const issuer = issue;
        const certificate = await issuer(statusHostname);
        if (issuer !== issue) return renew();
        if (signal.aborted) return;
        current = certificate;
        apply(keyPair(certificate));
      };
      let busy = false;
      const again = async (): Promise<void> => {
        busy = true;
        await renew().catch((error: unknown) => {
          log.error({ error: String(error) }, 'the default certificate was not renewed');
        });
        busy = false;
      };
      const timer = setInterval(() => {
        if (!busy && current !== undefined && isDue(current, now())) void again();
      }, options.checkMs ?? usualCheckMs);
      timer.unref();
      renewals.add(again);
      signal.addEventListener(
        'abort',
        () => {
          clearInterval(timer);
          renewals.delete(again);
        },
        { once: true },
      );
      await renew();
    },
    // A cache of its own, so that what is being issued now cannot get into the next.
    use: (next) => {
      issue = next;
      cache = cacheOf(next);
      for (const renew of renewals) void renew();
    },
  };
};

const keyPair = ({ cert, key }: Certificate): KeyPair => ({ cert, key, ca: [] });
