import { isHostOnlyForced, withoutDomain } from './cookies.ts';
import { nameFilter } from './name-filter.ts';
import { type RawHeaders, type RequestHead, tokens, valuesOf } from './request-head.ts';

/** Our name in `Via` (RFC 9110 §7.6.3). */
export const pseudonym = 'sidings';

/** A request that has been here more often than this goes round in a circle. One or two dev servers in a row are ordinary. */
export const maxPasses = 5;

/** Fields that end at the next hop (RFC 9110 §7.6.1, RFC 2616 §13.5.1), whatever `Connection` says. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

const mostlyWithoutBody = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

const mattersUpstream = nameFilter([
  ...hopByHop,
  ...['via', 'cookie', 'host', 'content-length', 'trailer', 'forwarded'],
]);
const mattersToClient = nameFilter([
  ...hopByHop,
  ...[
    'x-request-id',
    'x-workstream',
    'strict-transport-security',
    'alt-svc',
    'content-length',
    'trailer',
    'set-cookie',
  ],
]);
/** First letters of a name that may be a claim about forwarding. */
const isX = (name: string): boolean => (name.charCodeAt(0) | 32) === 0x78;

/** A name with `-` for every separator: some applications read `_` and `.` as `-`. */
const withDashes = (lower: string): string => lower.replace(/[^a-z0-9]/g, '-');

/** What only the proxy may say to an application. */
const isForwardingClaim = (lower: string): boolean => {
  const name = withDashes(lower);
  return name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip' || name === 'x-request-id';
};

/** The names that `Connection` lists, in lower case. */
const listed = (headers: RawHeaders): ReadonlySet<string> => {
  const lists = valuesOf(headers, 'connection');
  // What nearly every request says names no field.
  if (lists.length === 0 || (lists.length === 1 && /^(keep-alive|close)$/i.test(lists[0] as string))) return nothing;
  return new Set(lists.flatMap(tokens));
};

const nothing: ReadonlySet<string> = new Set();

/** How often the request went through a proxy of our name. */
export const passes = (headers: RawHeaders): number => {
  const via = valuesOf(headers, 'via');
  if (via.length === 0) return 0;
  return via
    .flatMap((value) => value.split(','))
    .filter((entry) => entry.trim().split(/\s+/)[1]?.toLowerCase() === pseudonym).length;
};

/** Who asked, and how the request reached the proxy. */
export interface Arrival {
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** The version of HTTP that it came by, for `Via`. */
  readonly version: '1.0' | '1.1' | '2.0';
  readonly requestId: string;
}

/**
 * The header fields for the upstream, built anew: `Host` as the client sent it, exactly one framing, fresh forwarding fields, nothing that
 * belongs to the connection of the client. What `Connection` lists goes away first, so that it cannot take one of ours.
 */
export const upstreamHeaders = (head: RequestHead, arrival: Arrival): string[] => {
  const { headers, framing } = head;
  const named = listed(headers);
  const fields = ['Host', head.host];
  const via: string[] = [];
  // Several of them, as HTTP/2 has them, are one for HTTP/1.1 (RFC 9113 §8.2.3).
  let cookieAt = -1;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (named.size === 0 && !mattersUpstream(name) && !isX(name)) {
      fields.push(name, value);
      continue;
    }
    const lower = name.toLowerCase();
    if (lower === 'via') via.push(value);
    else if (lower === 'cookie' && cookieAt !== -1) fields[cookieAt] += `; ${value}`;
    else if (lower === 'host' || lower === 'content-length') continue;
    else if (hopByHop.has(lower) || named.has(lower) || isForwardingClaim(lower)) continue;
    else if (lower === 'trailer' && framing.kind !== 'chunked') continue;
    else {
      fields.push(name, value);
      if (lower === 'cookie') cookieAt = fields.length - 1;
    }
  }
  if (framing.kind === 'length') fields.push('Content-Length', framing.length);
  else if (framing.kind === 'chunked') fields.push('Transfer-Encoding', 'chunked');
  // RFC 9110 §8.6: a method that could have a body says that there is none.
  else if (!mostlyWithoutBody.has(head.method)) fields.push('Content-Length', '0');
  // Trailers are passed on, so an upstream may be told that they are understood. Nothing else in TE is ours to promise.
  const trailers = valuesOf(headers, 'te').some((value) => tokens(value).includes('trailers'));
  if (trailers) fields.push('TE', 'trailers');
  if (head.websocket) fields.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
  else if (trailers) fields.push('Connection', 'TE');
  fields.push(
    'X-Forwarded-For',
    arrival.clientAddress,
    'X-Forwarded-Proto',
    arrival.scheme,
    'X-Forwarded-Host',
    head.host,
    'X-Forwarded-Port',
    String(arrival.port),
    'X-Request-Id',
    arrival.requestId,
    'Via',
    via.length === 0 ? `${arrival.version} ${pseudonym}` : `${via.join(', ')}, ${arrival.version} ${pseudonym}`,
  );
  return fields;
};

/** What the rules for an answer depend on. */
export interface AnswerContext {
  readonly hostname: string;
  readonly workstream: string;
  readonly requestId: string;
  /** Whether every hostname that a cookie with this `Domain` reaches belongs to the copy that answers. */
  readonly ownsDomain: (domain: string) => boolean;
  readonly status: number;
  /** Whether trailers can follow: only a chunked body has them. */
  readonly trailers: boolean;
}

/**
 * The header fields for the client, built anew from those of the upstream: without what belongs to the connection, with ours.
 * `X-Sidings-Note` says when something was changed that a developer would look for.
 */
export const clientHeaders = (headers: RawHeaders, context: AnswerContext): string[] => {
  const named = listed(headers);
  const fields: string[] = [];
  const local = context.hostname === 'localhost' || context.hostname.endsWith('.localhost');
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (named.size === 0 && !mattersToClient(name)) {
      fields.push(name, value);
      continue;
    }
    const lower = name.toLowerCase();
    // The length stays, whatever Connection says: without it nobody knows where the body ends.
    if (hopByHop.has(lower) || (named.has(lower) && lower !== 'content-length')) continue;
    if (lower === 'x-request-id' || lower === 'x-workstream') continue;
    // A browser that has seen it once would refuse plain http for the name, for a year, in every copy that comes after.
    if (lower === 'strict-transport-security' && local) continue;
    // It would lead the client past the proxy, to a port of the upstream.
    if (lower === 'alt-svc') continue;
    // RFC 9110 §8.6: no length where there can be no body. Over HTTP/2 it ends the stream with an error.
    if (lower === 'content-length' && isNeverWithBody(context.status)) continue;
    if (lower === 'trailer' && !(context.trailers && canHaveTrailers(headers, context.status))) continue;
    if (lower === 'set-cookie' && isHostOnlyForced(value, context.ownsDomain)) {
      fields.push(
        name,
        withoutDomain(value),
        'X-Sidings-Note',
        'Set-Cookie: Domain taken off, it would reach other copies',
      );
      continue;
    }
    fields.push(name, value);
  }
  fields.push('X-Request-Id', context.requestId, 'X-Workstream', headerText(context.workstream));
  return fields;
};

/** Interim answers, the 101 of a tunnel, and 204 (RFC 9110 §6.4.1). */
const isNeverWithBody = (status: number): boolean => status < 200 || status === 204;

/** Only a body of which the length is not known has trailers (RFC 9112 §7.1.2). */
const canHaveTrailers = (headers: RawHeaders, status: number): boolean =>
  !isNeverWithBody(status) && status !== 304 && valuesOf(headers, 'content-length').length === 0;

/**
 * Trailer fields that may be passed on: those that a receiver may not act on are dropped (RFC 9110 §6.5.1), and so are those that only the
 * proxy may say.
 */
export const safeTrailers = (trailers: RawHeaders): string[] => {
  const fields: string[] = [];
  for (let index = 0; index < trailers.length; index += 2) {
    const name = trailers[index] as string;
    const lower = name.toLowerCase();
    if (forbiddenInTrailers.has(withDashes(lower)) || isForwardingClaim(lower)) continue;
    fields.push(name, trailers[index + 1] as string);
  }
  return fields;
};

/** Fields as pairs of name and value, the way Node takes them in some places. */
export const pairs = (fields: RawHeaders): [string, string][] => {
  const all: [string, string][] = [];
  for (let index = 0; index < fields.length; index += 2)
    all.push([fields[index] as string, fields[index + 1] as string]);
  return all;
};

const forbiddenInTrailers = new Set([
  ...hopByHop,
  'host',
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'trailer',
  'authorization',
  'cookie',
  'set-cookie',
  'www-authenticate',
  'cache-control',
  'expect',
  'max-forwards',
  'age',
  'date',
  'expires',
  'location',
  'retry-after',
  'vary',
  'warning',
  'via',
  'x-workstream',
]);

/** A folder's name as a field value: what is not printable ASCII is percent-encoded. */
const headerText = (text: string): string =>
  /^[ -$&-~]*$/.test(text)
    ? text
    : text.replace(/[^ -$&-~]/gu, (char) => encodeURIComponent(Buffer.from(char).toString()));

/** Whether an answer is a stream of server-sent events, which never ends by itself. */
export const isEventStream = (headers: RawHeaders): boolean =>
  valuesOf(headers, 'content-type').some((value) => /^text\/event-stream\b/i.test(value));
