import { urlOf } from '../model/address.ts';
import type { Decision } from './dispatch.ts';
import type { Arrival } from './headers.ts';
import type { Page } from './problem-page.ts';
import { valuesOf } from './request-head.ts';

/**
 * Where a page load that came in clear text belongs, or undefined for what is answered as it is.
 *
 * A browser that loads a page by http says `Upgrade-Insecure-Requests: 1` (W3C): it can do https and would rather. Programs, test
 * runners and WebSockets do not say so, and ask for http on purpose: they are never redirected. Nor is a form that is sent, a head
 * that was refused, or a host that is not ours.
 */
export const securedAddress = (
  decision: Decision,
  { scheme }: Pick<Arrival, 'scheme'>,
  port: number | undefined,
): string | undefined => {
  const { head } = decision;
  if (port === undefined || scheme === 'https' || head === undefined || head.websocket) return undefined;
  if (head.method !== 'GET' && head.method !== 'HEAD') return undefined;
  if (valuesOf(head.headers, 'upgrade-insecure-requests')[0]?.trim() !== '1') return undefined;
  return `${urlOf(head.authority.hostname, { scheme: 'https', port })}${head.path}`;
};

/** Sends there. Not to be remembered: the next daemon may run without TLS. */
export const redirectPage = (location: string, requestId: string): Page => ({
  status: 308,
  headers: [
    ...['Location', location, 'Vary', 'Upgrade-Insecure-Requests', 'Cache-Control', 'no-store'],
    ...['Content-Length', '0', 'X-Request-Id', requestId],
  ],
  body: '',
});
