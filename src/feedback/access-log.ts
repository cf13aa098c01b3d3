import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';

/** One line for each exchange, at level info: a sentence for people, and under `exchange` the same for programs. */
export const accessLog =
  (log: Log) =>
  (exchange: Exchange): void => {
    const { method, host, status, bytesIn, bytesOut, workstream, service, error, id } = exchange;
    const path = maskQuery(exchange.path);
    const durationMs = Math.round(exchange.durationMs * 10) / 10;
    const words = [
      method,
      `${host}${path}`,
      status === 0 ? 'left' : status,
      `${durationMs} ms`,
      `${bytesIn}/${bytesOut} B`,
      service === undefined ? '-' : `${service} of ${workstream}`,
      ...(error === undefined ? [] : [error]),
      `#${id}`,
    ];
    log.info({ exchange: { ...exchange, path, durationMs } }, words.join(' '));
  };

/** Parameters that carry what lets somebody in: OAuth codes, tokens, signed links, one-time passwords. */
const secret = /pass|pwd|secret|token|key|auth|sig|jwt|otp|cred|session|^sid$|^code$/i;

/**
 * A path and query with the values of parameters that are likely secrets as `***`. A log is kept, copied and shown to others; an
 * address is often all that it takes to get in.
 */
export const maskQuery = (path: string): string => {
  const start = path.indexOf('?');
  if (start === -1) return path;
  const pairs = path.slice(start + 1).split('&');
  return `${path.slice(0, start)}?${pairs.map(maskPair).join('&')}`;
};

const maskPair = (pair: string): string => {
  const end = pair.indexOf('=');
  return end !== -1 && secret.test(decoded(pair.slice(0, end))) ? `${pair.slice(0, end)}=***` : pair;
};

const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};
