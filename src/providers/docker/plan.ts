import { innermost } from '../../model/folder.ts';
import { hostnames, statusHostnames, toLabel } from '../../model/hostname.ts';
import { type Problem, warning } from '../../model/problem.ts';
import type { CopyClaim, ServiceClaim, Upstream } from '../../model/workstream.ts';
import { tcpPorts } from '../../resolver/tcp-ports.ts';
import { isContainerAddress, loopbackOf } from './addresses.ts';
import type { ContainerData } from './container.ts';
import { shown, type Wishes, wishesOf } from './wishes.ts';

/** What containers mean, before anybody has looked where they answer. */
export interface Plan {
  readonly copies: readonly PlannedCopy[];
  /** Findings about containers outside of every copy. */
  readonly problems: readonly Problem[];
}

export interface PlannedCopy {
  readonly claim: Omit<CopyClaim, 'services'>;
  readonly services: readonly PlannedService[];
}

export interface PlannedService {
  /** Of its container. */
  readonly id: string;
  readonly claim: Omit<ServiceClaim, 'upstream' | 'state'>;
  /** Its container has a health check that has not passed yet. */
  readonly starting: boolean;
  /** Where it may be reached: its own addresses and its own ports on loopback, the preferred one first. Never empty. */
  readonly upstreams: readonly [Upstream, ...Upstream[]];
}

export interface PlanInput {
  readonly containers: readonly ContainerData[];
  /** All that are known; a container is in one of them or outside. */
  readonly copies: readonly CopyClaim[];
  readonly suffixes: readonly string[];
  /** Where ports that are published on loopback are reached, if not there. */
  readonly upstreamHost?: string | undefined;
}

const composeLabel = ({ labels }: ContainerData, name: string): string | undefined => {
  const label = `com.docker.compose.${name}`;
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
};

/** The service that a container is one of, by its own word, else by compose's, else by its name. */
const serviceOf = (container: ContainerData, { service }: Wishes): string =>
  service ?? shown(composeLabel(container, 'service') ?? container.name, 63);

const numberOf = (container: ContainerData): number => {
  const text = composeLabel(container, 'container-number') ?? '';
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : 1;
};

/** `compose run` starts containers beside the service that they are named after; they are not the service. */
const isOneOff = (container: ContainerData): boolean => composeLabel(container, 'oneoff')?.toLowerCase() === 'true';

interface Member {
  readonly container: ContainerData;
  readonly wishes: Wishes;
  readonly service: string;
}

/** A copy, or something outside that is treated like one, with the containers that belong to it. */
interface Group {
  readonly claim: Omit<CopyClaim, 'services' | 'problems'>;
  /** The services of the copy as its own file has them. */
  readonly known: readonly ServiceClaim[];
  readonly members: Member[];
  readonly problems: Problem[];
}

/** Says which containers are services of which copies, and what is wrong with the others. */
export const planOf = ({ containers, copies, suffixes, upstreamHost }: PlanInput): Plan => {
  const owners = hostnameOwners(copies, suffixes);
  const groups = new Map<string, Group>();
  const problems: Problem[] = [];

  const groupOf = (claim: Group['claim'], known: Group['known']): Group => {
    const group = groups.get(claim.directory) ?? { claim, known, members: [], problems: [] };
    groups.set(claim.directory, group);
    return group;
  };

  for (const container of containers) {
    if (container.state !== 'running' || isOneOff(container)) continue;
    const wishes = wishesOf(container, suffixes);
    if (wishes.enabled === false) continue;
    const member = { container, wishes, service: serviceOf(container, wishes) };
    const copy = container.directory === undefined ? undefined : innermost(copies, container.directory);
    if (copy === undefined) {
      problems.push(...faultsOf(member, ({ label }) => label.startsWith('sidings.')));
      if (!asks(container, wishes)) continue;
      const claim = outsideClaim(container);
      const foreign = foreignName(claim.name, member.service, owners, suffixes);
      if (foreign === undefined) groupOf(claim, []).members.push(member);
      else problems.push(foreignProblem(container, foreign));
      continue;
    }
    const { services: known, problems: _, ...claim } = copy;
    const group = groupOf(claim, known);
    group.problems.push(...faultsOf(member));
    const mismatch = projectMismatch(container, copy);
    if (mismatch === undefined) group.members.push(member);
    else group.problems.push(mismatch);
  }

  return {
    copies: [...groups.values()].map((group) => planGroup(group, owners, { suffixes, upstreamHost })),
    problems,
  };
};

/** Whether a container outside of every copy says by a label or variable that it wants to be routed. */
const asks = ({ labels }: ContainerData, { enabled, hosts, service }: Wishes): boolean =>
  enabled === true || hosts.length > 0 || service !== undefined || Object.hasOwn(labels, 'sidings.port');

/** Named after its compose project, else after itself. Its folder is none, so that no folder is ever found to be in it. */
const outsideClaim = (container: ContainerData): Group['claim'] => {
  const name = shown(composeLabel(container, 'project') ?? container.name, 63);
  const about = { name, project: name, mode: 'workstream', slot: 0, branch: undefined } as const;
  return { ...about, directory: `docker:${name}`, outside: true };
};

const projectMismatch = (container: ContainerData, copy: CopyClaim): Problem | undefined => {
  const project = composeLabel(container, 'project');
  const { name, directory, composeProject: expected } = copy;
  if (project === undefined || expected === undefined || project === expected) return undefined;
  const about = { container: shown(container.name), project: shown(project), directory, name, expected };
  return warning('container-project-mismatch', about);
};

const faultsOf = (
  { container, wishes }: Member,
  matters: (fault: Wishes['faults'][number]) => boolean = () => true,
): readonly Problem[] =>
  wishes.faults
    .filter(matters)
    .map((fault) => warning('container-label-invalid', { container: shown(container.name), ...fault }));

const planGroup = (
  group: Group,
  owners: HostnameOwners,
  { suffixes, upstreamHost }: Pick<PlanInput, 'suffixes' | 'upstreamHost'>,
): PlannedCopy => {
  const { claim, known, members } = group;
  const problems = [...group.problems];
  const byService = new Map<string, [Member, ...Member[]]>();
  for (const member of members) {
    const others = byService.get(member.service);
    if (others === undefined) byService.set(member.service, [member]);
    else others.push(member);
  }
  const taken = new Set([...known.map(({ name }) => name), ...byService.keys()]);
  const services: PlannedService[] = [];

  for (const [service, all] of byService) {
    // The newest of those with the same number: when compose recreates a container, the old one is on its way out.
    all.sort(
      (one, other) =>
        numberOf(one.container) - numberOf(other.container) || other.container.created - one.container.created,
    );
    const [first, ...others] = all;
    const declared = known.find(({ name }) => name === service);
    const add = (member: Member, name: string, isReplica: boolean): void => {
      const planned = planService({ member, name, declared, claim, isReplica, upstreamHost });
      if ('problem' in planned) problems.push(...planned.problem);
      else services.push(planned);
    };
    const aliases: string[] = [];
    for (const host of first.wishes.hosts) {
      const owner = foreignOwner(host, claim.directory, owners, suffixes);
      if (owner === undefined) aliases.push(host);
      else problems.push(foreignProblem(first.container, { hostname: host, owner }));
    }
    add({ ...first, wishes: { ...first.wishes, hosts: aliases } }, service, false);
    for (const other of others) {
      const name = `${service}-${numberOf(other.container)}`;
      if (taken.has(name) || numberOf(other.container) === numberOf(first.container)) continue;
      taken.add(name);
      add(other, name, true);
    }
  }
  return { claim: { ...claim, problems }, services };
};

interface ServiceInput {
  readonly member: Member;
  readonly name: string;
  /** The service as the project's file has it. */
  readonly declared: ServiceClaim | undefined;
  readonly claim: Group['claim'];
  /** One of several containers of a service, and not the one that stands for it. */
  readonly isReplica: boolean;
  readonly upstreamHost: string | undefined;
}

const planService = (input: ServiceInput): PlannedService | { readonly problem: readonly Problem[] } => {
  const { member, name, declared, claim, isReplica, upstreamHost } = input;
  const { container, wishes } = member;
  const about = { container: shown(container.name), service: name, name: claim.name };
  const { exposed } = container;
  const port = wishes.port ?? declared?.containerPort ?? (exposed.length === 1 ? exposed[0] : undefined);
  if (port === 'invalid') return { problem: [] }; // it was said why
  const isWanted = declared !== undefined || asks(container, wishes);
  if (port === undefined) {
    // Workers and jobs listen nowhere, and nobody expects them to.
    if (exposed.length === 0 && !isWanted) return { problem: [] };
    const ports = exposed.length === 0 ? 'no port' : `the ports ${exposed.slice(0, 20).join(', ')}`;
    return { problem: [warning('container-port-unknown', { ...about, ports })] };
  }
  const kind = declared?.kind ?? (tcpPorts.has(port) && !asks(container, wishes) ? 'tcp' : 'http');
  const protocol = declared?.upstream.protocol;
  const own = container.addresses.filter(isContainerAddress).map((host) => ({ host, port, protocol }));
  const onLoopback = container.published
    .filter((published) => published.port === port)
    .map((published) => ({ loopback: loopbackOf(published), port: published.hostPort }))
    .flatMap(({ loopback, port }) =>
      loopback === undefined ? [] : { host: upstreamHost ?? loopback, port, protocol },
    );
  // Clients of anything but http connect without the proxy, and to them a published port is the address.
  const [first, ...others] = kind === 'tcp' ? [...onLoopback, ...own] : [...own, ...onLoopback];
  if (first === undefined) {
    return { problem: isWanted ? [warning('container-unreachable', { ...about, port })] : [] };
  }
  return {
    id: container.id,
    claim: {
      name,
      kind,
      isDefault: !isReplica && (declared?.isDefault ?? standsAlone(claim, container)),
      subdomains: !isReplica && declared?.subdomains === true,
      health: declared?.health,
      ...(!isReplica && wishes.hosts.length > 0 && { aliases: wishes.hosts }),
      container: shown(container.name, 128),
    },
    starting: container.health === 'starting',
    upstreams: [first, ...others],
  };
};

/** A container outside of every copy and without compose is all there is under its name. */
const standsAlone = ({ outside }: Group['claim'], container: ContainerData): boolean =>
  outside === true && composeLabel(container, 'project') === undefined;

/** Which labels of hostnames are those of copies. */
interface HostnameOwners {
  /** Label → folder of the copy. */
  readonly labels: ReadonlyMap<string, string>;
  /** Folder → name. */
  readonly names: ReadonlyMap<string, string>;
  readonly status: ReadonlySet<string>;
}

const hostnameOwners = (copies: readonly CopyClaim[], suffixes: readonly string[]): HostnameOwners => {
  const labels = new Map<string, string>();
  for (const { name, directory, services } of copies) {
    labels.set(toLabel(name), directory);
    for (const service of services) labels.set(toLabel(`${toLabel(name)}-${toLabel(service.name)}`), directory);
  }
  return {
    labels,
    names: new Map(copies.map(({ name, directory }) => [directory, name])),
    status: new Set(suffixes.flatMap(statusHostnames)),
  };
};

/**
 * Whom a hostname belongs to, if not to the one that asks. Every name with a label of a copy in it is that copy's, whether it leads
 * somewhere now or not: browsers send cookies of a name to all that are below it.
 */
const foreignOwner = (
  hostname: string,
  asking: string,
  { labels, names, status }: HostnameOwners,
  suffixes: readonly string[],
): string | undefined => {
  if (status.has(hostname)) return 'the status page';
  for (const suffix of suffixes) {
    if (!hostname.endsWith(`.${suffix}`)) continue;
    for (const label of hostname.slice(0, -suffix.length - 1).split('.')) {
      const owner = labels.get(label);
      if (owner !== undefined && owner !== asking) return names.get(owner);
    }
  }
  return undefined;
};

interface Foreign {
  readonly hostname: string;
  readonly owner: string;
}

/** The first of the hostnames that follow from a name outside which belongs to a copy or to the status page. */
const foreignName = (
  workstream: string,
  service: string,
  owners: HostnameOwners,
  suffixes: readonly string[],
): Foreign | undefined => {
  for (const suffix of suffixes) {
    for (const hostname of hostnames({ workstream, service, isDefault: true }, suffix)) {
      const owner = foreignOwner(hostname, '', owners, suffixes);
      if (owner !== undefined) return { hostname, owner };
    }
  }
  return undefined;
};

const foreignProblem = (container: ContainerData, foreign: Foreign): Problem =>
  warning('container-hostname-foreign', { container: shown(container.name), ...foreign });

/** The containers of a service, whether they run or not; the newest first. */
const containersOf = (
  { containers, copies, suffixes }: PlanInput,
  directory: string,
  service: string,
): readonly ContainerData[] =>
  containers
    .filter((container) => {
      if (isOneOff(container)) return false;
      const copy = container.directory === undefined ? undefined : innermost(copies, container.directory);
      const folder = copy?.directory ?? outsideClaim(container).directory;
      return folder === directory && serviceOf(container, wishesOf(container, suffixes)) === service;
    })
    .sort((one, other) => other.created - one.created);

/** The container of a service that is looked at when something is wrong with it; undefined where it has none. */
export const containerOf = (input: PlanInput, directory: string, service: string): ContainerData | undefined =>
  containersOf(input, directory, service)[0];

/** State of the containers of a service, for people; undefined where it has none. */
export const containerStates = (input: PlanInput, directory: string, service: string): string | undefined =>
  containersOf(input, directory, service)
    .slice(0, 5)
    .map(({ name, state, status }) => `${shown(name)}: ${shown(status === '' ? state : status)}`)
    .join('; ') || undefined;
