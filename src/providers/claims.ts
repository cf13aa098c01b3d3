import { basename } from 'node:path';
import { toLabel } from '../model/hostname.ts';
import { type Problem, problem, warning } from '../model/problem.ts';
import type { CopyClaim, Resolution, ServiceClaim } from '../model/workstream.ts';
import { isMain } from '../resolver/slots.ts';

/** What was found in one folder, whatever other folders hold. */
export interface CopyReading {
  /** Real path. */
  readonly directory: string;
  readonly branch: string | undefined;
  /** The resolver's answer, or why there is none. */
  readonly outcome: Resolution | Unresolved;
  /** Set where the answer is the last good one: why there is no newer. */
  readonly stale?: Problem;
}

export interface Unresolved {
  /** Empty if that is not known either. */
  readonly project: string;
  readonly failure: Problem;
}

/**
 * The claims of all copies, in the order of their directories. Copies that claim one slot of a project, or that become one
 * hostname label, each carry a problem that names both. They keep their services: whoever routes refuses them with it.
 * `upstreamHost` is where their computed ports are reached.
 */
export const claimsOf = (readings: readonly CopyReading[], upstreamHost = 'localhost'): readonly CopyClaim[] => {
  const claims = readings
    .map((reading) => claimOf(reading, upstreamHost))
    .sort((one, other) => (one.directory < other.directory ? -1 : 1));
  const failed = new Set(readings.filter(({ outcome }) => 'failure' in outcome).map(({ directory }) => directory));
  // A copy without an answer claims nothing, so it is in nobody's way.
  const conflicts = conflictsOf(claims.filter(({ directory }) => !failed.has(directory)));
  return claims.map((claim) => ({
    ...claim,
    problems: [...claim.problems, ...(conflicts.get(claim.directory) ?? [])],
  }));
};

/** The problems of copies that claim the same, by directory. */
const conflictsOf = (claims: readonly CopyClaim[]): ReadonlyMap<string, readonly Problem[]> => {
  const conflicts = new Map<string, Problem[]>();
  const compare = (
    key: (claim: CopyClaim) => string,
    taken: (claim: CopyClaim, first: string, second: string) => Problem,
  ): void => {
    const groups = new Map<string, CopyClaim[]>();
    for (const claim of claims) {
      const group = groups.get(key(claim));
      if (group === undefined) groups.set(key(claim), [claim]);
      else group.push(claim);
    }
    for (const [first, second, ...others] of groups.values()) {
      if (first === undefined || second === undefined) continue;
      for (const claim of [first, second, ...others]) {
        // Each is told of one other: when that is mended, the next one shows.
        const found = taken(claim, first.directory, claim === first ? second.directory : claim.directory);
        conflicts.set(claim.directory, [...(conflicts.get(claim.directory) ?? []), found]);
      }
    }
  };
  compare(
    ({ project, slot }) => JSON.stringify([project, slot]),
    ({ project, slot }, first, second) => problem('slot-taken', { slot, project, first, second }),
  );
  compare(
    ({ name }) => toLabel(name),
    ({ name }, first, second) => problem('label-taken', { label: toLabel(name), first, second }),
  );
  return conflicts;
};

const claimOf = ({ directory, branch, outcome, stale }: CopyReading, upstreamHost: string): CopyClaim => {
  if ('failure' in outcome) {
    const { project, failure } = outcome;
    const name = basename(directory);
    const mode = isMain(name, project) ? 'main' : 'workstream';
    return { name, project, mode, slot: 0, directory, branch, services: [], problems: [failure] };
  }
  const { name, project, mode, slot, env } = outcome;
  const problems = stale === undefined ? outcome.problems : [...outcome.problems, ...staleness(name, stale)];
  const composeProject = env.COMPOSE_PROJECT_NAME;
  const services = servicesOf(outcome, upstreamHost);
  return { name, project, mode, slot, directory, branch, services, problems, composeProject };
};

/** Nothing is refused for it: the services are where they were. */
const staleness = (name: string, cause: Problem): readonly Problem[] => [
  { ...cause, severity: 'warning' },
  warning('copy-stale', { name }),
];

const servicesOf = ({ services }: Resolution, host: string): readonly ServiceClaim[] =>
  Object.entries(services).map(([name, service]) => {
    const upstream = { host, port: service.port };
    const { containerPort } = service;
    if (service.kind === 'tcp') {
      return { name, kind: 'tcp', upstream, isDefault: false, subdomains: false, health: undefined, containerPort };
    }
    const { default: isDefault = false, subdomains = false, protocol, health } = service;
    return { name, kind: 'http', upstream: { ...upstream, protocol }, isDefault, subdomains, health, containerPort };
  });
