import { shortHash } from './text.ts';

/** Longest DNS label (RFC 1035 §2.3.4). */
const maxLabel = 63;

/**
 * A name as one DNS label: lower case, every other character `-`, no `-` at the ends, at most 63 characters. A name that
 * had to be cut, or of which nothing is left, ends in a hash of the whole name, so that it stays distinct.
 */
export const toLabel = (name: string): string => {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-')
    .replace(/^-+|-+$/g, '');
  if (label === '') return `copy-${shortHash(name)}`;
  if (label.length <= maxLabel) return label;
  return `${label.slice(0, maxLabel - 9).replace(/-+$/, '')}-${shortHash(name)}`;
};

export interface HostnameParts {
  /** Name of the workstream: its folder's name. */
  readonly workstream: string;
  readonly service: string;
  /** Whether the bare name of the workstream leads to this service too. */
  readonly isDefault: boolean;
}

/**
 * All hostnames of one service under one suffix (`localhost`, `test`, …). The first is canonical and is what is printed.
 */
export const hostnames = ({ workstream, service, isDefault }: HostnameParts, suffix: string): readonly string[] => {
  const name = toLabel(workstream);
  const label = toLabel(service);
  const all = [`${name}.${label}.${suffix}`, `${label}.${name}.${suffix}`, `${toLabel(`${name}-${label}`)}.${suffix}`];
  return isDefault ? [...all, `${name}.${suffix}`] : all;
};

/** Hostnames of the status page under one suffix; `localhost` itself is one as well. */
export const statusHostnames = (suffix: string): readonly string[] =>
  suffix === 'localhost' ? ['localhost', 'sidings.localhost'] : [`sidings.${suffix}`];

/** Whether a text is a suffix that hostnames can be built on: DNS labels joined by dots, in lower case. */
export const isSuffix = (text: string): boolean => text.length <= 128 && isHostname(text);

/** Whether a text is a hostname: DNS labels joined by dots, in lower case. */
export const isHostname = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(text);

export interface Authority {
  /** Lower case, without port and without a final dot. */
  readonly hostname: string;
  readonly port: number | undefined;
}

/**
 * Reads a `Host` or `:authority` value (RFC 9112 §3.2, RFC 3986 §3.2.2): a hostname or an address, and a port.
 * Gives undefined for anything else: user information, spaces, two ports, characters that no hostname has. One final dot is
 * taken off, since browsers send it when a person types it.
 */
export const parseAuthority = (value: string): Authority | undefined => {
  const match = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?\.?)(?::([0-9]{1,5}))?$/i.exec(value);
  if (match?.[1] === undefined) return undefined;
  const hostname = match[1].toLowerCase().replace(/\.$/, '');
  if (hostname.includes('..')) return undefined;
  if (match[2] === undefined) return { hostname, port: undefined };
  const port = Number(match[2]);
  return port >= 1 && port <= 65535 ? { hostname, port } : undefined;
};
