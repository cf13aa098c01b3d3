import { hostnames, statusHostnames } from './hostname.ts';
import { type Problem, problem } from './problem.ts';
import type { CopyClaim, ServiceClaim, Upstream } from './workstream.ts';

/** Where one hostname leads. */
export interface Route {
  readonly hostname: string;
  readonly workstream: string;
  readonly service: string;
  readonly directory: string;
  readonly upstream: Upstream;
  /** Set when nothing may be forwarded: two claims to the hostname, or a port held by another copy. */
  readonly refusal: Problem | undefined;
}

/** What a hostname means: a route, the status page, no workstream (404), or a host that is not ours (421). */
export type Match =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'status' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'misdirected' };

/** Immutable; a new one replaces it whole. */
export interface RouteTable {
  readonly suffixes: readonly string[];
  /** Routes by canonical hostname first, for listing. */
  readonly routes: readonly Route[];
  /** Findings made while building: hostnames that two services claim. */
  readonly problems: readonly Problem[];
  readonly byHostname: ReadonlyMap<string, Match>;
  /** Routes that also answer every name below the key. */
  readonly bySubdomain: ReadonlyMap<string, Match>;
}

const status: Match = { kind: 'status' };
const unknown: Match = { kind: 'unknown' };
const misdirected: Match = { kind: 'misdirected' };

/** Why a service must not be reached, or undefined: the registry answers from its port owners. */
export type Refusal = (copy: CopyClaim, service: ServiceClaim) => Problem | undefined;

/**
 * Builds the table of all http services of all copies under each suffix. A hostname that two copies claim leads to neither:
 * its route carries the refusal that names both. The status hostnames can be claimed by nobody. Hostnames that follow from the
 * names of copies come first; what asks for one of them beside that goes without.
 */
export const buildRouteTable = (
  copies: readonly CopyClaim[],
  suffixes: readonly string[],
  refusal: Refusal = () => undefined,
): RouteTable => {
  const byHostname = new Map<string, Match>();
  const bySubdomain = new Map<string, Match>();
  const routes: Route[] = [];
  const problems: Problem[] = [];

  for (const suffix of suffixes) for (const hostname of statusHostnames(suffix)) byHostname.set(hostname, status);

  const taken = (hostname: string, earlier: Route | undefined, route: Route): Problem => {
    const found = problem('hostname-taken', {
      hostname,
      first: earlier === undefined ? 'the status page' : `${earlier.service} in ${earlier.directory}`,
      second: `${route.service} in ${route.directory}`,
    });
    problems.push(found);
    return found;
  };

  const claim = (hostname: string, route: Route, subdomains: boolean): void => {
    const earlier = byHostname.get(hostname);
    if (earlier === undefined) {
      const match: Match = { kind: 'route', route };
      byHostname.set(hostname, match);
      if (subdomains) bySubdomain.set(hostname, match);
      return;
    }
    const first = earlier.kind === 'route' ? earlier.route : undefined;
    const refusal = taken(hostname, first, route);
    if (first === undefined) return;
    const match: Match = { kind: 'route', route: { ...first, refusal } };
    byHostname.set(hostname, match);
    if (subdomains || bySubdomain.has(hostname)) bySubdomain.set(hostname, match);
  };

  /** What is asked for beside the names of copies; claimed when all of those are known. */
  const asked: [hostname: string, route: Route, subdomains: boolean][] = [];
  for (const copy of copies) {
    for (const service of copy.services) {
      if (service.kind !== 'http') continue;
      const refused = refusal(copy, service);
      const routeFor = (hostname: string): Route => ({
        hostname,
        workstream: copy.name,
        service: service.name,
        directory: copy.directory,
        upstream: service.upstream,
        refusal: refused,
      });
      const parts = { workstream: copy.name, service: service.name, isDefault: service.isDefault };
      for (const suffix of suffixes) {
        const names = hostnames(parts, suffix);
        for (const hostname of new Set(names)) {
          const route = routeFor(hostname);
          if (hostname === names[0]) routes.push(route);
          if (copy.outside) asked.push([hostname, route, service.subdomains]);
          else claim(hostname, route, service.subdomains);
        }
      }
      for (const hostname of new Set(service.aliases)) asked.push([hostname, routeFor(hostname), service.subdomains]);
    }
  }

  const named = { suffixes, byHostname: new Map(byHostname), bySubdomain: new Map(bySubdomain) };
  for (const [hostname, route, subdomains] of asked) {
    const match = lookup(named, hostname);
    const owner = match.kind === 'route' ? match.route : undefined;
    const now = byHostname.get(hostname);
    const isOwn = (one: Route | undefined): boolean =>
      one?.directory === route.directory && one.service === route.service;
    if (isOwn(owner) || (now?.kind === 'route' && isOwn(now.route))) continue;
    if (owner !== undefined || match.kind === 'status') taken(hostname, owner, route);
    else if (match.kind === 'unknown') claim(hostname, route, subdomains);
  }
  return { suffixes, routes, problems, byHostname, bySubdomain };
};

/** The table before the first snapshot. */
export const emptyRouteTable = (suffixes: readonly string[]): RouteTable => buildRouteTable([], suffixes);

/** What a hostname (lower case, no port, no final dot) means. One map read for every hostname that is claimed. */
export const lookup = (table: Pick<RouteTable, 'suffixes' | 'byHostname' | 'bySubdomain'>, hostname: string): Match => {
  const exact = table.byHostname.get(hostname);
  if (exact !== undefined) return exact;
  if (table.bySubdomain.size > 0) {
    for (let dot = hostname.indexOf('.'); dot !== -1; dot = hostname.indexOf('.', dot + 1)) {
      const below = table.bySubdomain.get(hostname.slice(dot + 1));
      if (below !== undefined) return below;
    }
  }
  return table.suffixes.some((suffix) => hostname.endsWith(`.${suffix}`)) ? unknown : misdirected;
};
