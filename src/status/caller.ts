import type { IncomingHttpHeaders } from 'node:http';
import { type Authority, parseAuthority } from '../model/hostname.ts';
import { type Problem, problem } from '../model/problem.ts';

/** What is known about who sends a request, before anything is answered. */
export interface Call {
  readonly method: string;
  /** Path and query as received. */
  readonly path: string;
  readonly scheme: 'http' | 'https';
  readonly headers: IncomingHttpHeaders;
}

const usualPorts = { http: 80, https: 443 };

/**
 * Whether a request may be answered: undefined, or why not. It must be meant for one of our hostnames, which a page that
 * rebound its own name to this machine cannot say (421), and it must not come from a page of another origin (403): not from another
 * port either. A program sends neither `Origin` nor `Sec-Fetch-Site`, and may ask. Nothing is said of the port in `Host`: programs leave it
 * out, and a tunnel or a container shows another one than ours.
 */
export const judgeCaller = (call: Call, hostnames: ReadonlySet<string>): Problem | undefined => {
  const { method, path, scheme, headers } = call;
  const portOf = (authority: Authority, of: keyof typeof usualPorts): number => authority.port ?? usualPorts[of];

  const host = parseAuthority(headers.host ?? '');
  if (host === undefined || !hostnames.has(host.hostname)) return problem('host-misdirected');

  if (headers.origin !== undefined) {
    const origin = parseOrigin(headers.origin);
    const same =
      origin?.scheme === scheme &&
      origin.authority.hostname === host.hostname &&
      portOf(origin.authority, scheme) === portOf(host, scheme);
    if (!same) return problem('origin-refused');
  }

  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // A link to the page from anywhere is a link. It shows the page, and what it was opened from cannot look into it.
  const isLink =
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    /^\/(\?|$)/.test(path);
  return isLink ? undefined : problem('origin-refused');
};

/** Reads an `Origin` (RFC 6454 §7). `null` and anything that is not http are no origin of ours. */
const parseOrigin = (value: string): { scheme: 'http' | 'https'; authority: Authority } | undefined => {
  const match = /^(https?):\/\/(.+)$/.exec(value);
  const authority = parseAuthority(match?.[2] ?? '');
  return match === null || authority === undefined ? undefined : { scheme: match[1] as 'http' | 'https', authority };
};
