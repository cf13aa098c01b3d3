import { toLabel } from '../model/hostname.ts';
import { lookup, type Route, type RouteTable } from '../model/route-table.ts';

const domainAttribute = /;\s*domain\s*=([^;]*)/gi;

/** The domain that a browser would use: of several attributes the last one counts (RFC 6265 §5.2, §5.3). */
const domainOf = (cookie: string): string | undefined => {
  const last = [...cookie.matchAll(domainAttribute)].at(-1)?.[1];
  return last?.trim().replace(/^\./, '').toLowerCase() || undefined;
};

/** Whether a `Set-Cookie` value has a `Domain` that must go. */
export const isHostOnlyForced = (cookie: string, ownsDomain: (domain: string) => boolean): boolean => {
  const domain = domainOf(cookie);
  return domain !== undefined && !ownsDomain(domain);
};

/** The cookie without any `Domain`: it then belongs to exactly the host that set it. */
export const withoutDomain = (cookie: string): string => cookie.replace(domainAttribute, '');

/**
 * Whether every hostname that a cookie with this domain could reach belongs to the copy of the route. Copies that do not exist yet
 * count as well: so the domain must be a hostname of the copy, or lie below one, and no other copy may lie below it.
 */
export const ownsDomain = (table: RouteTable, route: Route, domain: string): boolean => {
  const label = toLabel(route.workstream);
  const isOwn = (name: string): boolean => {
    const match = lookup(table, name);
    return (match.kind === 'route' && match.route.directory === route.directory) || isBareName(table, label, name);
  };
  const parents = [domain];
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1))
    parents.push(domain.slice(dot + 1));
  if (!parents.some(isOwn)) return false;
  for (const [hostname, match] of table.byHostname) {
    if (hostname !== domain && !hostname.endsWith(`.${domain}`)) continue;
    if (match.kind !== 'route' || match.route.directory !== route.directory) return false;
  }
  return true;
};

/** `project-3.localhost`: the bare name of the workstream, which all its service-first hostnames lie below. */
const isBareName = (table: RouteTable, label: string, name: string): boolean =>
  table.suffixes.some((suffix) => name === `${label}.${suffix}`);
