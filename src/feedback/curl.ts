import type { Field } from '../model/requests.ts';

export interface Asked {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** The target as it was received, masked. */
  readonly path: string;
  readonly protocol: string;
  readonly headers: readonly Field[];
  /** Bytes of its body, which nobody kept. */
  readonly bytesIn: number;
}

/** What curl says by itself, and what belongs to one connection. */
const own = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'accept-encoding',
  'te',
]);
const ofWebSocket = new Set(['upgrade', 'sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions']);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * A request as a command line of curl. Masked values stay masked, and a body is to be put into a file `body`: neither was kept.
 * Nothing in it is more than an argument, whatever the request was made of.
 */
export const curlOf = ({ method, scheme, host, path, protocol, headers, bytesIn }: Asked): string => {
  const isWebSocket = protocol === 'websocket';
  const isOrigin = path.startsWith('/');
  const args = ['curl'];
  if (isWebSocket) args.push('--include', '--no-buffer', '--http1.1');
  // Braces and brackets are patterns for it, and dots are resolved.
  if (/[[\]{}]/.test(path)) args.push('--globoff');
  if (/\/\.{1,2}(\/|$|\?)/.test(path)) args.push('--path-as-is');
  if (method === 'HEAD') args.push('--head');
  else if (method !== 'GET' || bytesIn > 0) args.push('--request', quote(method));
  if (!isOrigin) args.push('--request-target', quote(path));
  args.push(quote(`${scheme}://${host}${isOrigin ? path : '/'}`));
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'accept-encoding') args.push('--compressed');
    if (!token.test(name) || (own.has(lower) && !(isWebSocket && lower === 'connection'))) continue;
    if (!isWebSocket && ofWebSocket.has(lower)) continue;
    // With a colon and nothing behind it curl leaves a field out.
    args.push('--header', quote(value === '' ? `${name};` : `${name}: ${value}`));
  }
  if (bytesIn > 0 && !isWebSocket) args.push('--data-binary', '@body');
  return args.join(' ');
};

/** One argument for a POSIX shell. What is not printable ASCII is written as its bytes, the way that bash, zsh and ksh read. */
export const quote = (text: string): string => {
  if (/^[\w./:@%+=,-]+$/.test(text)) return text;
  if (/^[ -~]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/[^ -~]|['\\]/gu, (char) => (/['\\]/.test(char) ? `\\${char}` : bytesOf(char)));
  return `$'${escaped}'`;
};

/** Header fields and targets come as Latin-1: a character is a byte. */
const bytesOf = (char: string): string => {
  const bytes = char.charCodeAt(0) <= 0xff ? [char.charCodeAt(0)] : [...new TextEncoder().encode(char)];
  // Always three digits: a digit that follows is none of them.
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
};
