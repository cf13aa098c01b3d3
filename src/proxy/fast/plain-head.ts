import { nameFilter } from '../name-filter.ts';
import type { ReceivedHead } from '../request-head.ts';
import { expectText, incomplete, isInTarget, readFields } from './fields.ts';

/** The head of a request that is plain beyond doubt. */
export interface PlainHead extends ReceivedHead {
  /** How many bytes it takes, with the empty line. */
  readonly size: number;
  /** Whether the client wants to go on with the connection. */
  readonly keepsAlive: boolean;
}

/** Others are known as well, but a method that is rare is nothing to be quick about. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const longestMethod = 7;

/**
 * Reads a request head from text that is Latin-1. Gives it if it is plain beyond doubt: HTTP/1.1, a path as target, one Host, clean fields,
 * at most one length or exactly `Transfer-Encoding: chunked`, and nothing that changes the protocol or waits for the upstream's consent.
 * Gives `incomplete` where the text may be the beginning of such a head, and `other` for everything else, which another parser
 * is to look at from its first byte on. What it gives is not judged yet.
 */
export const readPlainHead = (text: string): PlainHead | 'incomplete' | 'other' => {
  const space = text.indexOf(' ');
  if (space === -1) return methods.some((known) => known.startsWith(text)) ? 'incomplete' : 'other';
  if (space > longestMethod) return 'other';
  const method = text.substring(0, space);
  if (!methods.includes(method)) return 'other';

  const targetAt = space + 1;
  const end = text.length;
  if (targetAt === end) return 'incomplete';
  if (text.charCodeAt(targetAt) !== slash) return 'other';
  let at = targetAt + 1;
  while (at < end && isInTarget(text.charCodeAt(at))) at += 1;
  const fieldsAt = expectText(text, at, ' HTTP/1.1\r\n');
  if (fieldsAt < 0) return fieldsAt === incomplete ? 'incomplete' : 'other';
  const target = text.substring(targetAt, at);

  const headers: string[] = [];
  const size = readFields(text, fieldsAt, headers);
  if (size < 0 && size !== incomplete) return 'other';
  // What is there is looked at even if more is to come: what is not plain should not wait.
  let hosts = 0;
  let framings = 0;
  let connections = 0;
  let keepsAlive = true;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string;
    switch (keyOf(headers[index] as string)) {
      case undefined:
        break;
      case 'host':
        hosts += 1;
        break;
      case 'connection':
        connections += 1;
        keepsAlive = value.toLowerCase() !== 'close';
        if (keepsAlive && value.toLowerCase() !== 'keep-alive') return 'other';
        break;
      case 'content-length':
        framings += 1;
        if (!/^[0-9]{1,15}$/.test(value)) return 'other';
        break;
      case 'transfer-encoding':
        framings += 1;
        if (value !== 'chunked') return 'other';
        break;
      default:
        return 'other';
    }
  }
  if (hosts > 1 || framings > 1 || connections > 1) return 'other';
  if (size === incomplete) return 'incomplete';
  if (hosts !== 1) return 'other';
  const lines = text.substring(fieldsAt, size - 2);
  // Around a length some take it for space and some do not.
  if (framings > 0 && lines.includes('\t')) return 'other';
  return { method, target, version: '1.1', headers, isClean: true, lines, size, keepsAlive };
};

const slash = 47;

const deciding = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'http2-settings',
  // Some parsers take it for Connection.
  'proxy-connection',
]);
const mayDecide = nameFilter(deciding);

/** The name in lower case where it decides about the lane. */
const keyOf = (name: string): string | undefined => {
  if (!mayDecide(name)) return undefined;
  const lower = name.toLowerCase();
  return deciding.has(lower) ? lower : undefined;
};
