import { type Authority, parseAuthority } from '../model/hostname.ts';
import { type Problem, problem } from '../model/problem.ts';
import { nameFilter } from './name-filter.ts';

/** Names and values in turn, as they came: `['Host', 'a.localhost', 'Accept', 'text/html']`. Repeated names are kept apart. */
export type RawHeaders = readonly string[];

/** A request head as a parser gave it; nothing of it is trusted yet. */
export interface ReceivedHead {
  readonly method: string;
  readonly target: string;
  /** `1.1` or `1.0`; anything else is refused. */
  readonly version: string;
  readonly headers: RawHeaders;
  /** A strict parser of ours has read it: its fields hold no character that they must not hold. */
  readonly isClean?: boolean;
  /** The fields as they came, each with CR LF, where a parser of ours has read them. */
  readonly lines?: string;
}

/** How the end of the body is known (RFC 9112 §6.3). */
export type Framing = { readonly kind: 'none' } | { readonly kind: 'length'; readonly length: string } | Chunked;
interface Chunked {
  readonly kind: 'chunked';
}

/** A head that has one meaning only. */
export interface RequestHead {
  readonly method: string;
  /** Origin form or `*`, byte for byte as received; the path of an absolute target. */
  readonly path: string;
  /** The authority as text, to be passed on as `Host`. */
  readonly host: string;
  readonly authority: Authority;
  readonly framing: Framing;
  readonly headers: RawHeaders;
  /** Whether the client asks for a WebSocket (RFC 6455 §4.1) and may have one. */
  readonly websocket: boolean;
}

/** A token (RFC 9110 §5.6.2): what a field name or a method is made of. */
export const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces, tabs and the upper half of Latin-1 (RFC 9110 §5.5). */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const visible = /^[!-~]+$/;
/** 16 bytes in base64 (RFC 6455 §4.2.1). */
const webSocketKey = /^[A-Za-z0-9+/]{22}==$/;

/** Names that must not appear in a disguise: some applications read `Content_Length` as `Content-Length` (CGI, WSGI). */
const framingNames = new Set(['content-length', 'transfer-encoding']);

const decides = nameFilter([
  'host',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'connection',
  'sec-websocket-key',
  'expect',
]);

const invalid = (reason: string): Problem => problem('request-invalid', { reason });

/**
 * Judges a head as a whole. Gives the head in its one meaning, or the problem (`request-invalid`, `host-invalid`,
 * `method-unsupported`, `expectation-unknown`): two programs could read it differently, so it must not be forwarded. Rules of RFC 9112 §3, §5 and §6,
 * stricter wherever they leave a choice.
 */
export const judgeHead = ({ method, target, version, headers, isClean }: ReceivedHead): RequestHead | Problem => {
  if (version !== '1.1' && version !== '1.0') return invalid('the version is not HTTP/1.1');
  if (!fieldName.test(method)) return invalid('the method is not a token');
  if (method === 'CONNECT' || method === 'TRACE') return problem('method-unsupported', { method });
  if (!visible.test(target)) return invalid('the target holds a character that it must not hold');
  if (target.includes('#')) return invalid('the target holds a fragment');

  let host: string | undefined;
  let length: string | undefined;
  let transferEncoding: string | undefined;
  let upgrade = '';
  let connection = '';
  let keys = 0;
  let isKey = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (isClean !== true && !fieldName.test(name))
      return invalid('a field name holds a character that it must not hold');
    if (isClean !== true && !fieldValue.test(value))
      return invalid('a field value holds a character that it must not hold');
    if (!decides(name)) continue;
    const lower = name.toLowerCase();
    switch (lower) {
      case 'host':
        if (host !== undefined) return problem('host-invalid', { reason: 'there are two' });
        host = value;
        break;
      case 'content-length':
        if (length !== undefined) return invalid('there are two lengths');
        if (!/^[0-9]{1,15}$/.test(value)) return invalid('the length is not a plain number');
        length = value;
        break;
      case 'transfer-encoding':
        if (transferEncoding !== undefined) return invalid('there are two transfer encodings');
        if (value.toLowerCase() !== 'chunked') return invalid('the transfer encoding is not exactly "chunked"');
        transferEncoding = value;
        break;
      case 'upgrade':
        upgrade = upgrade === '' ? value : `${upgrade},${value}`;
        break;
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`;
        break;
      case 'sec-websocket-key':
        keys += 1;
        isKey = webSocketKey.test(value);
        break;
      case 'expect':
        // RFC 9110 §10.1.1: nothing else is defined, and HTTP/1.0 has no expectations at all.
        if (version === '1.1' && tokens(value).some((expectation) => expectation !== '100-continue'))
          return problem('expectation-unknown');
        break;
      default:
        if (isDisguise(lower)) return invalid(`the field ${name} resembles one that decides where a request ends`);
    }
  }

  if (host === undefined) return problem('host-invalid', { reason: 'there is none' });
  if (length !== undefined && transferEncoding !== undefined) return invalid('there are two lengths');
  if (transferEncoding !== undefined && version === '1.0') return invalid('HTTP/1.0 has no transfer encodings');
  const place = placeOf(method, target, host);
  if ('code' in place) return place;

  const framing: Framing =
    transferEncoding !== undefined
      ? { kind: 'chunked' }
      : length !== undefined
        ? { kind: 'length', length }
        : { kind: 'none' };
  const websocket =
    method === 'GET' &&
    version === '1.1' &&
    upgrade.toLowerCase() === 'websocket' &&
    tokens(connection).includes('upgrade') &&
    keys === 1 &&
    isKey &&
    (framing.kind === 'none' || (framing.kind === 'length' && Number(framing.length) === 0));
  return { method, ...place, framing, headers, websocket };
};

/** Whether a name (lower case) is read as a framing name by programs that take `_` or `.` for `-`. */
const isDisguise = (lower: string): boolean => /[_.]/.test(lower) && framingNames.has(lower.replace(/[_.]/g, '-'));

/** The tokens of a list such as `Connection`, in lower case. */
export const tokens = (list: string): readonly string[] =>
  list
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** All values of a field. `name` is in lower case. */
export const valuesOf = (headers: RawHeaders, name: string): readonly string[] => {
  let values: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const found = headers[index] as string;
    if (found.length !== name.length || found.toLowerCase() !== name) continue;
    values ??= [];
    values.push(headers[index + 1] as string);
  }
  return values ?? none;
};

const none: readonly string[] = [];

type Place = Pick<RequestHead, 'path' | 'host' | 'authority'>;

/** The forms of a target: origin, absolute, asterisk (RFC 9112 §3.2). The authority of an absolute target wins over Host. */
const placeOf = (method: string, target: string, host: string): Place | Problem => {
  const authority = parseAuthority(host);
  if (authority === undefined) return problem('host-invalid', { reason: 'it is not a hostname with an optional port' });
  if (target.startsWith('/')) return { path: target, host, authority };
  if (target === '*') {
    return method === 'OPTIONS' ? { path: '*', host, authority } : invalid('only OPTIONS may ask for "*"');
  }
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute === null) return invalid('the target is neither a path nor an http address');
  const [, name = '', rest = ''] = absolute;
  const own = parseAuthority(name);
  if (own === undefined) return problem('host-invalid', { reason: 'the target names no usable host' });
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { path: method === 'OPTIONS' && rest === '' ? '*' : path, host: name, authority: own };
};
