import type { OutgoingHttpHeaders } from 'node:http2';
import { type Problem, problem } from '../model/problem.ts';
import { type RawHeaders, type ReceivedHead, type RequestHead, tokens, valuesOf } from './request-head.ts';

/** The head of a request as HTTP/2 gives it: names in lower case, what was the request line in fields that begin with a colon. */
export interface Http2Head {
  readonly headers: RawHeaders;
  /** Nothing follows the head (END_STREAM). */
  readonly isOver: boolean;
  /** A fresh key for a WebSocket handshake, which HTTP/2 does without. */
  readonly webSocketKey: () => string;
}

const invalid = (reason: string): Problem => problem('request-invalid', { reason });

/** What HTTP/2 says in other ways; a field of this name would be read by the next hop (RFC 9113 §8.2.2). */
const forbidden = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const pseudoNames = new Set([':method', ':scheme', ':authority', ':path', ':protocol']);

/**
 * The same head in the words of HTTP/1.1 (RFC 9113 §8.3.1, RFC 8441), so that it is judged by the same rules, or the problem for
 * what has no such words. An extended CONNECT for a WebSocket becomes the handshake that it stands for.
 */
export const receivedHead = ({ headers, isOver, webSocketKey }: Http2Head): ReceivedHead | Problem => {
  const pseudo = new Map<string, string>();
  const fields: string[] = [];
  const cookies: string[] = [];
  let host: string | undefined;
  let hasLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (name.startsWith(':')) {
      if (!pseudoNames.has(name) || pseudo.has(name)) return invalid(`the field ${name} is unknown or there twice`);
      pseudo.set(name, value);
    } else if (name === 'host') {
      if (host !== undefined) return problem('host-invalid', { reason: 'there are two' });
      host = value;
    } else if (name === 'cookie') cookies.push(value);
    else if (forbidden.has(name)) return invalid(`HTTP/2 has no field ${name}`);
    else if (name === 'te' && tokens(value).some((token) => token !== 'trailers'))
      return invalid('TE is not "trailers"');
    // A WebSocket over HTTP/2 has no key; the upstream gets ours.
    else if (name === 'sec-websocket-key' && pseudo.has(':protocol')) continue;
    else {
      hasLength ||= name === 'content-length';
      fields.push(name, value);
    }
  }
  const authority = pseudo.get(':authority') ?? host;
  if (authority === undefined) return problem('host-invalid', { reason: 'there is none' });
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase())
    return problem('host-invalid', { reason: 'Host and :authority differ' });
  // Browsers send cookies in crumbs, which compress better; they are one field (RFC 9113 §8.2.3).
  if (cookies.length > 0) fields.push('cookie', cookies.join('; '));

  const method = pseudo.get(':method') ?? '';
  const protocol = pseudo.get(':protocol');
  const head = { version: '1.1', headers: ['Host', authority, ...fields] };
  if (method === 'CONNECT' && protocol === undefined) return problem('method-unsupported', { method });
  const target = pseudo.get(':path') ?? '';
  if (!target.startsWith('/') && target !== '*') return invalid('the path does not begin with a slash');
  if (!/^https?$/i.test(pseudo.get(':scheme') ?? '')) return invalid('the scheme is neither http nor https');
  if (protocol !== undefined) {
    if (method !== 'CONNECT' || protocol !== 'websocket') return problem('method-unsupported', { method });
    const handshake = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Key', webSocketKey()];
    return { ...head, method: 'GET', target, headers: [...head.headers, ...handshake] };
  }
  // Its frames say where the body ends; HTTP/1.1 says it by a length or by chunks.
  if (!isOver && !hasLength) head.headers.push('Transfer-Encoding', 'chunked');
  return { ...head, method, target };
};

/** A head that has no one meaning, for the log and for the choice of a page. */
export const roughHead = (headers: RawHeaders): ReceivedHead => {
  const first = (name: string): string => valuesOf(headers, name)[0] ?? '';
  const host = first(':authority') || first('host');
  return {
    method: first(':method'),
    target: first(':path'),
    version: '1.1',
    headers: ['Host', host, ...plainFields(headers)],
  };
};

/** Bytes that the fields of a head take in HTTP/1.1. */
export const sizeOf = (headers: RawHeaders): number => headers.reduce((size, text) => size + text.length + 2, 0);

/** Fields without those that begin with a colon. */
export const plainFields = (headers: RawHeaders): string[] => {
  const fields: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!name.startsWith(':')) fields.push(name, headers[index + 1] as string);
  }
  return fields;
};

/**
 * Fields the way Node takes them for HTTP/2: one entry per name, in lower case. Repeated fields become a list, which means the same
 * (RFC 9110 §5.3); `Set-Cookie` is the exception. Node throws on some names that it finds twice.
 */
export const http2Fields = (fields: RawHeaders): OutgoingHttpHeaders => {
  const object: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] as string).toLowerCase();
    const value = fields[index + 1] as string;
    const before = object[name];
    if (name === 'set-cookie') object[name] = [...(before ?? []), value];
    else object[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return object;
};

/** The fields of a request to an upstream that speaks HTTP/2, from those in the words of HTTP/1.1. */
export const upstreamFields = ({ method, path, host }: RequestHead, fields: RawHeaders): OutgoingHttpHeaders => {
  const rest: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] as string).toLowerCase();
    if (name !== 'host' && !forbidden.has(name)) rest.push(name, fields[index + 1] as string);
  }
  return { ':method': method, ':scheme': 'http', ':authority': host, ':path': path, ...http2Fields(rest) };
};
