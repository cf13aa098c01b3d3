import type { OutgoingHttpHeaders } from 'node:http2';
import { type Problem, problem } from '../model/problem.ts';
import { nameFilter } from './name-filter.ts';
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
/** Whether a field says what HTTP/2 says in other ways, so that it has none of this name. */
export const isForbidden = (name: string): boolean => forbidden.has(name.toLowerCase());

const matters = nameFilter([...forbidden, 'host', 'cookie', 'te', 'sec-websocket-key', 'content-length']);

/** What was the request line. */
interface Pseudo {
  ':method': string | undefined;
  ':scheme': string | undefined;
  ':authority': string | undefined;
  ':path': string | undefined;
  ':protocol': string | undefined;
}

/**
 * The same head in the words of HTTP/1.1 (RFC 9113 §8.3.1, RFC 8441), so that it is judged by the same rules, or the problem for
 * what has no such words. An extended CONNECT for a WebSocket becomes the handshake that it stands for.
 */
export const receivedHead = ({ headers, isOver, webSocketKey }: Http2Head): ReceivedHead | Problem => {
  const pseudo: Pseudo = {
    ':method': undefined,
    ':scheme': undefined,
    ':authority': undefined,
    ':path': undefined,
    ':protocol': undefined,
  };
  const fields: string[] = ['Host', ''];
  let cookie: string | undefined;
  let host: string | undefined;
  let hasLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (name.charCodeAt(0) === colon) {
      if (!isPseudo(name) || pseudo[name] !== undefined) return invalid(`the field ${name} is unknown or there twice`);
      pseudo[name] = value;
    } else if (!matters(name)) fields.push(name, value);
    else if (name === 'host') {
      if (host !== undefined) return problem('host-invalid', { reason: 'there are two' });
      host = value;
    } else if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else if (forbidden.has(name)) return invalid(`HTTP/2 has no field ${name}`);
    else if (name === 'te' && tokens(value).some((token) => token !== 'trailers'))
      return invalid('TE is not "trailers"');
    // A WebSocket over HTTP/2 has no key; the upstream gets ours.
    else if (name === 'sec-websocket-key' && pseudo[':protocol'] !== undefined) continue;
    else {
      hasLength ||= name === 'content-length';
      fields.push(name, value);
    }
  }
  const authority = pseudo[':authority'] ?? host;
  if (authority === undefined) return problem('host-invalid', { reason: 'there is none' });
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase())
    return problem('host-invalid', { reason: 'Host and :authority differ' });
  fields[1] = authority;
  // Browsers send cookies in crumbs, which compress better; they are one field (RFC 9113 §8.2.3).
  if (cookie !== undefined) fields.push('cookie', cookie);

  const { ':method': method = '', ':scheme': scheme = '', ':path': target = '', ':protocol': protocol } = pseudo;
  if (method === 'CONNECT' && protocol === undefined) return problem('method-unsupported', { method });
  if (!target.startsWith('/') && target !== '*') return invalid('the path does not begin with a slash');
  if (!/^https?$/i.test(scheme)) return invalid('the scheme is neither http nor https');
  if (protocol !== undefined) {
    if (method !== 'CONNECT' || protocol !== 'websocket') return problem('method-unsupported', { method });
    fields.push('Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Key', webSocketKey());
    return { method: 'GET', target, version: '1.1', headers: fields };
  }
  // Its frames say where the body ends; HTTP/1.1 says it by a length or by chunks.
  if (!isOver && !hasLength) fields.push('Transfer-Encoding', 'chunked');
  return { method, target, version: '1.1', headers: fields };
};

const colon = 58;

const isPseudo = (name: string): name is keyof Pseudo =>
  name === ':method' || name === ':scheme' || name === ':authority' || name === ':path' || name === ':protocol';

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
export const sizeOf = (headers: RawHeaders): number => {
  let size = 0;
  for (const text of headers) size += text.length + 2;
  return size;
};

/** Fields without those that begin with a colon. */
export const plainFields = (headers: RawHeaders): string[] => {
  const fields: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!name.startsWith(':')) fields.push(name, headers[index + 1] as string);
  }
  return fields;
};

/** An object that inherits nothing. To fill and to read it costs less than what `Object.create(null)` gives. */
const FieldObject = function FieldObject() {} as unknown as new () => Record<string, string | string[]>;
FieldObject.prototype = Object.create(null);

/**
 * Fields the way Node takes them for HTTP/2: one entry per name, in lower case. Repeated fields become a list, which means the same
 * (RFC 9110 §5.3); `Set-Cookie` is the exception. Node throws on some names that it finds twice.
 */
export const http2Fields = (fields: RawHeaders): OutgoingHttpHeaders => addFields(new FieldObject(), fields);

/** The head of an answer in this form. */
export const answerFields = (status: number, fields: RawHeaders): OutgoingHttpHeaders => {
  const object = new FieldObject();
  object[':status'] = String(status);
  addFields(object, fields);
  // Node ends the stream behind this head (RFC 9110 §15.3.6); a length that says otherwise makes it an error.
  if (status === 205) delete object['content-length'];
  return object;
};

const addFields = (object: Record<string, string | string[]>, fields: RawHeaders): OutgoingHttpHeaders => {
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
