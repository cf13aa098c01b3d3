import type { Field } from '../model/requests.ts';

/** Parameters and fields that carry what lets somebody in: OAuth codes, tokens, signed links, one-time passwords. */
const secret = /pass|pwd|secret|token|key|auth|sig|jwt|otp|cred|session|^sid$|^code$/i;

/** Fields that only sound like it, and that one looks for when something is refused. */
const harmless =
  /^(access-control-.*|www-authenticate|proxy-authenticate|sec-websocket-(key|accept|version)|content-security-policy.*)$/i;

/**
 * A path and query, or any address, with the values of parameters that are likely secrets as `***`, those of a fragment too. What is
 * kept is copied and shown to others; an address is often all that it takes to get in.
 */
export const maskQuery = (path: string): string => {
  const start = path.search(/[?#]/);
  const bare = start === -1 ? path : path.slice(0, start);
  const masked = bare.includes('@') ? bare.replace(/:\/\/[^/@]*@/g, '://***@') : bare;
  if (start === -1) return masked;
  // Split, and not one expression: what a stranger writes must not take longer than it is long.
  const parts = path.slice(start + 1).split(/([&#])/);
  return `${masked}${path[start]}${parts.map(maskPair).join('')}`;
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

/** `Bearer …`, `Basic …`: what follows the scheme (RFC 9110 §11.4); and JSON Web Tokens, wherever they are. */
const schemes = 'bearer|basic|digest|negotiate|ntlm|dpop|hawk|token|apikey|aws4-hmac-sha256';
const authorization = new RegExp(`^((?:${schemes})\\s+)?.*$`, 'is');
const credentials = new RegExp(`\\b(${schemes})(\\s+)\\S+`, 'gi');
const webToken = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)*/g;

/** The value of a header field as it may be shown: rather too much is hidden than too little. */
export const maskField = (name: string, value: string): string => {
  const lower = name.toLowerCase();
  if (lower === 'cookie') return value.split(';').map(maskCookie).join(';');
  if (lower === 'set-cookie') {
    const [pair = '', ...attributes] = value.split(';');
    return [maskCookie(pair), ...attributes].join(';');
  }
  if (harmless.test(lower)) return value;
  if (lower.endsWith('authorization')) return value.replace(authorization, '$1***');
  // Browsers can set no other field of a WebSocket, so tokens are put here.
  if (lower === 'sec-websocket-protocol') return value.replace(/[^\s,]{25,}/g, '***');
  if (secret.test(lower)) return value === '' ? '' : '***';
  return maskQuery(value).replace(credentials, '$1$2***').replace(webToken, '***');
};

const maskCookie = (pair: string): string => {
  const end = pair.indexOf('=');
  if (end !== -1) return `${pair.slice(0, end)}=***`;
  return pair.trim() === '' ? pair : '***';
};

/** Names and values in turn as pairs, masked. */
export const maskFields = (fields: readonly string[]): readonly Field[] => {
  const masked: Field[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] as string;
    masked.push([name, maskField(name, fields[index + 1] as string)]);
  }
  return masked;
};
