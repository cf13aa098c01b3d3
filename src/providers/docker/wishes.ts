import { isHostname } from '../../model/hostname.ts';
import { printable } from '../../model/text.ts';
import type { ContainerData } from './container.ts';

/** How a container wants to be reached, as far as its labels and variables say. */
export interface Wishes {
  /** Whether it wants to be routed at all; undefined where it does not say. */
  readonly enabled: boolean | undefined;
  /** Hostnames beside those that follow from its names; in lower case, well-formed, under one of the suffixes. */
  readonly hosts: readonly string[];
  /** What is said of the port; `invalid` where something is said that is no port. */
  readonly port: number | 'invalid' | undefined;
  /** Another name for the service. */
  readonly service: string | undefined;
  /** What is said and cannot be meant. */
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly label: string;
  readonly value: string;
  readonly reason: string;
}

/** More hostnames than anybody wants for one container. */
const maxHosts = 32;
/** A rule or list that is longer is not read at all. */
const maxLength = 4096;

const said = (from: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(from, name) ? String(from[name]).trim() : undefined;

/** Text of a container, short enough for a message and without what acts on a terminal. */
export const shown = (text: string, length = 80): string => {
  const safe = printable(text.slice(0, length + 1));
  return safe.length > length ? `${safe.slice(0, length)}…` : safe;
};

/**
 * Reads the labels `sidings.*`, those of Traefik and the variables of nginx-proxy, in this order: where two of them say something
 * about the same thing, the first one counts.
 */
export const wishesOf = (
  { labels, env }: Pick<ContainerData, 'labels' | 'env'>,
  suffixes: readonly string[],
): Wishes => {
  const faults: Fault[] = [];
  const blame = (label: string, value: string, reason: string): void => {
    faults.push({ label: shown(label, 100), value: value === '' ? 'empty' : `"${shown(value)}"`, reason });
  };

  const switchOf = (label: string, value: string | undefined): boolean | undefined => {
    if (value === undefined) return undefined;
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    if (/^(false|0|no|off)$/i.test(value)) return false;
    blame(label, value, 'which is neither true nor false');
    return undefined;
  };

  const portOf = (label: string, value: string | undefined): Wishes['port'] => {
    if (value === undefined) return undefined;
    if (/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return Number(value);
    blame(label, value, 'which is no port');
    return 'invalid';
  };

  const hosts = new Set<string>();
  const addHost = (label: string, text: string): void => {
    const host = text.trim().toLowerCase();
    const reason = whyNoHost(host, suffixes);
    if (reason !== undefined) blame(label, text, reason);
    else if (hosts.size < maxHosts) hosts.add(host);
    else blame(label, text, `which is one hostname more than the ${maxHosts} that a container may have`);
  };
  const addHosts = (label: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (value.length > maxLength) blame(label, value, 'which is too long');
    else for (const host of value.split(',')) addHost(label, host);
  };

  addHosts('sidings.host', said(labels, 'sidings.host'));
  const own = {
    enabled: switchOf('sidings.enable', said(labels, 'sidings.enable')),
    port: portOf('sidings.port', said(labels, 'sidings.port')),
    service: serviceName(said(labels, 'sidings.service'), blame),
  };

  const traefik = traefikLabels(labels);
  const traefikEnabled = switchOf('traefik.enable', traefik.enable);
  if (traefikEnabled !== false) {
    for (const [label, rule] of traefik.rules) {
      const named = rule.length > maxLength ? undefined : hostsOfRule(rule);
      if (named === undefined) blame(label, rule, 'which is more than one or several Host(…) joined by ||');
      else for (const host of named) addHost(label, host);
    }
  }
  const traefikPort = (): Wishes['port'] => {
    const ports = new Map(traefik.ports.map(([label, value]) => [value, label]));
    const [first, second] = ports;
    if (first === undefined) return undefined;
    if (second === undefined) return portOf(first[1], first[0]);
    blame(second[1], second[0], `while ${first[1]} is "${shown(first[0])}"`);
    return 'invalid';
  };
  addHosts('VIRTUAL_HOST', said(env, 'VIRTUAL_HOST'));

  return {
    enabled: own.enabled ?? traefikEnabled,
    hosts: [...hosts],
    port: own.port ?? traefikPort() ?? portOf('VIRTUAL_PORT', said(env, 'VIRTUAL_PORT')),
    service: own.service,
    faults,
  };
};

/** Why a text is no hostname that a container may ask for; undefined where it is one. */
const whyNoHost = (host: string, suffixes: readonly string[]): string | undefined => {
  if (host === '') return 'which is no hostname';
  if (host.includes('*')) return 'and only exact hostnames are routed';
  if (!isHostname(host)) return 'which is no hostname';
  if (suffixes.some((suffix) => host.endsWith(`.${suffix}`))) return undefined;
  return `which does not end in .${suffixes.join(' or .')}`;
};

const serviceName = (
  name: string | undefined,
  blame: (label: string, value: string, reason: string) => void,
): string | undefined => {
  if (name === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  blame('sidings.service', name, 'which is no name for a service');
  return undefined;
};

interface TraefikLabels {
  readonly enable: string | undefined;
  readonly rules: readonly (readonly [label: string, value: string])[];
  readonly ports: readonly (readonly [label: string, value: string])[];
}

/** Traefik does not care about the case of its labels. */
const traefikLabels = (labels: Readonly<Record<string, string>>): TraefikLabels => {
  let enable: string | undefined;
  const rules: [string, string][] = [];
  const ports: [string, string][] = [];
  for (const [label, raw] of Object.entries(labels)) {
    const value = String(raw).trim();
    const name = label.toLowerCase();
    if (name === 'traefik.enable') enable = value;
    else if (/^traefik\.http\.routers\.[^.]+\.rule$/.test(name)) rules.push([label, value]);
    else if (/^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$/.test(name)) ports.push([label, value]);
  }
  return { enable, rules, ports };
};

const ruleToken = /\s*(?:(\|\|)|(\()|(\))|Host\(\s*((?:`[^`]*`|"[^"]*")(?:\s*,\s*(?:`[^`]*`|"[^"]*"))*)\s*\))/iy;

/**
 * The hostnames of a Traefik rule that consists of nothing but `Host(…)`, `||` and parentheses. Anything narrower, such as a path,
 * would lead requests to the container that its rule keeps from it: undefined.
 */
export const hostsOfRule = (rule: string): readonly string[] | undefined => {
  const hosts: string[] = [];
  let depth = 0;
  let wantsHost = true;
  ruleToken.lastIndex = 0;
  const text = rule.trim();
  while (ruleToken.lastIndex < text.length) {
    const [, or, opened, closed, names] = ruleToken.exec(text) ?? [];
    if (opened !== undefined && wantsHost) depth += 1;
    else if (closed !== undefined && !wantsHost && depth > 0) depth -= 1;
    else if (or !== undefined && !wantsHost) wantsHost = true;
    else if (names !== undefined && wantsHost) {
      for (const [name] of names.matchAll(/`[^`]*`|"[^"]*"/g)) hosts.push(name.slice(1, -1));
      wantsHost = false;
    } else return undefined;
  }
  return wantsHost || depth > 0 ? undefined : hosts;
};
