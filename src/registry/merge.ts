import { posix } from 'node:path';
import { type ProxyAddress, urlOf } from '../model/address.ts';
import { hostnames } from '../model/hostname.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { RouteTable } from '../model/route-table.ts';
import type { CopyClaim, Service, ServiceClaim, Snapshot, State, Workstream } from '../model/workstream.ts';
import { maskSecrets } from '../resolver/secrets.ts';
import type { Holder, PortOwner } from './port-owners.ts';
import { addressesOf, isLoopback, upstreamKey } from './reach.ts';

/** A service as the last provider knows it. */
export interface MergedService extends ServiceClaim {
  readonly provider: string;
  /** Under every suffix, the canonical one first; none for tcp. */
  readonly hostnames: readonly string[];
}

/** A copy as all providers together know it. */
export interface MergedCopy extends CopyClaim {
  readonly services: readonly MergedService[];
}

/** What was seen at an upstream: the address that answers first, and who owns the sockets that a connection may reach. */
export interface Sighting {
  readonly address: string;
  readonly owners: readonly PortOwner[];
}

/** By `upstreamKey`: undefined where nobody listens, no entry where nobody has looked. */
export type Sightings = ReadonlyMap<string, Sighting | undefined>;

/** Why services must not be reached. */
export type Refusals = ReadonlyMap<ServiceClaim, Problem>;

/**
 * Puts snapshots together. Copies are the same when their folders are, services of a copy when their names are. What a copy
 * is, the first provider says that knows it; where a service is reached, the last.
 */
export const mergeSnapshots = (snapshots: Iterable<Snapshot>, suffixes: readonly string[]): readonly MergedCopy[] => {
  const copies = new Map<string, MergedCopy>();
  for (const { provider, copies: claims } of snapshots) {
    for (const claim of claims) {
      const copy = copies.get(claim.directory) ?? { ...claim, services: [], problems: [] };
      const services = new Map(copy.services.map((service) => [service.name, service]));
      for (const service of claim.services) {
        services.set(service.name, mergeService(copy.name, services.get(service.name), service, provider, suffixes));
      }
      copies.set(claim.directory, {
        ...copy,
        branch: copy.branch ?? claim.branch,
        services: [...services.values()],
        problems: distinct([...copy.problems, ...claim.problems]),
      });
    }
  }
  return [...copies.values()];
};

const mergeService = (
  workstream: string,
  earlier: MergedService | undefined,
  claim: ServiceClaim,
  provider: string,
  suffixes: readonly string[],
): MergedService => {
  const isDefault = claim.isDefault || earlier?.isDefault === true;
  const names = { workstream, service: claim.name, isDefault };
  return {
    ...claim,
    isDefault,
    subdomains: claim.subdomains || earlier?.subdomains === true,
    health: claim.health ?? earlier?.health,
    provider,
    hostnames:
      claim.kind === 'tcp'
        ? []
        : [...new Set([...suffixes.flatMap((suffix) => hostnames(names, suffix)), ...(claim.aliases ?? [])])],
  };
};

/** The copy that a folder is in, the innermost one; undefined outside all of them. */
export const copyAround = (directory: string, copies: { has: (directory: string) => boolean }): string | undefined => {
  for (let folder = directory; ; folder = posix.dirname(folder)) {
    if (copies.has(folder)) return folder;
    if (folder === posix.dirname(folder)) return undefined;
  }
};

/** Why nothing of a copy may be reached: another one has its slot or its name, so that its ports may not be its own. */
export const conflict = ({ problems }: CopyClaim): Problem | undefined =>
  problems.find(({ severity }) => severity === 'error');

/** A service that is not ready yet gets no requests. */
export const notReady = ({ name }: CopyClaim, { name: service, state }: ServiceClaim): Problem | undefined =>
  state === 'starting' ? problem('upstream-starting', { service, name }) : undefined;

/** The services whose port is held by a process that works in another copy. */
export const foreignOwners = (copies: readonly MergedCopy[], sightings: Sightings): Refusals => {
  const byDirectory = new Map(copies.map((copy) => [copy.directory, copy]));
  const refusals = new Map<ServiceClaim, Problem>();
  for (const copy of copies) {
    for (const service of copy.services) {
      const { port } = service.upstream;
      for (const owner of sightings.get(upstreamKey(service.upstream))?.owners ?? []) {
        const inCopy = holderInCopy(owner, byDirectory);
        if (inCopy === undefined || inCopy.copy === copy) continue;
        const { pid, command, directory } = inCopy.holder;
        const about = { port, service: service.name, name: copy.name, pid, command, directory };
        refusals.set(service, problem('foreign-owner', { ...about, owner: inCopy.copy.name }));
        break;
      }
    }
  }
  return refusals;
};

/**
 * The holder that says whose a socket is: the oldest that works in a copy, which made it. Older ones outside (systemd) handed
 * it down; younger ones (whatever was started by a server that did not close it) took it along.
 */
const holderInCopy = (owner: PortOwner, byDirectory: ReadonlyMap<string, MergedCopy>) => {
  for (const holder of [owner, ...owner.heirs] satisfies Holder[]) {
    const copy = byDirectory.get(copyAround(holder.directory, byDirectory) ?? '');
    if (copy !== undefined) return { holder, copy };
  }
  return undefined;
};

export interface StateInput {
  readonly copies: readonly MergedCopy[];
  /** Findings of the snapshots that belong to no copy. */
  readonly problems: readonly Problem[];
  readonly sightings: Sightings;
  readonly refusals: Refusals;
  /** For the hostnames that are claimed twice. */
  readonly table: RouteTable;
  readonly address: ProxyAddress;
  /** Where this machine is reached from a container. */
  readonly upstreamHost?: string | undefined;
}

/** All that is known, as the status API gives it; the version is for the caller to count. */
export const stateOf = ({ copies, problems, table, ...seen }: StateInput): Omit<State, 'version'> => {
  // The message begins with the hostname, whoever claims it.
  const taken = new Map(table.problems.map((found) => [found.message.slice(0, found.message.indexOf(' ')), found]));
  const reported = new Set<Problem>();
  const workstreams = copies.map((copy): Workstream => {
    const found = [...copy.problems];
    const services = copy.services.map((service): Service => {
      const refusal = seen.refusals.get(service);
      if (refusal !== undefined) found.push(refusal);
      // One hostname stands for the others: a service that shares one mostly shares all of them.
      const clash = taken.size > 0 && service.hostnames.find((hostname) => taken.has(hostname));
      const claimedTwice = clash ? taken.get(clash) : undefined;
      if (claimedTwice !== undefined) {
        found.push(claimedTwice);
        reported.add(claimedTwice);
      }
      return serviceOf(service, seen);
    });
    const { name, project, mode, slot, directory, branch } = copy;
    const live = services.some(({ state }) => state === 'up');
    const about = { name, project, mode, slot, directory, ...(branch !== undefined && { branch }) };
    return { ...about, live, problems: distinct(found), services };
  });
  return { problems: distinct([...problems, ...reported]), workstreams };
};

const serviceOf = (
  service: MergedService,
  {
    sightings,
    refusals,
    address,
    upstreamHost,
  }: Pick<StateInput, 'sightings' | 'refusals' | 'address' | 'upstreamHost'>,
): Service => {
  const { name, kind, provider, upstream, isDefault, container } = service;
  const key = upstreamKey(upstream);
  const sighting = sightings.get(key);
  const state = service.state ?? (sighting !== undefined ? 'up' : sightings.has(key) ? 'down' : 'unknown');
  const host = sighting?.address ?? addressesOf(upstream.host)[0];
  const urls = service.hostnames.map((hostname) => urlOf(hostname, address));
  const owner = sighting?.owners[0];
  const isLocal = isLoopback(upstream.host) || upstream.host === upstreamHost;
  return {
    name,
    kind,
    port: upstream.port,
    state: refusals.has(service) ? 'foreign' : state,
    provider,
    upstream: `${host.includes(':') ? `[${host}]` : host}:${upstream.port}`,
    ...(urls[0] !== undefined && { url: urls[0] }),
    ...(kind === 'http' && isLocal && { localUrl: `http://localhost:${upstream.port}` }),
    urls,
    ...(isDefault && { default: true }),
    ...(container !== undefined && { container }),
    ...(owner !== undefined && { owner: { pid: owner.pid, command: maskSecrets('', owner.command) } }),
  };
};

/** Providers that look at the same thing find the same. */
const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((found) => [`${found.code} ${found.severity} ${found.message}`, found])).values(),
];
