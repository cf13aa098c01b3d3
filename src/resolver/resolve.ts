import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ProxyAddress, urlOf } from '../model/address.ts';
import { hostnames } from '../model/hostname.ts';
import { fail, type Problem, warning } from '../model/problem.ts';
import type { Mode, Resolution, ResolvedService } from '../model/workstream.ts';
import { isBlockedPort } from './blocked-ports.ts';
import { claimsFile, readClaims, validClaim } from './claims.ts';
import { composeDefault, composeName, environment } from './environment.ts';
import type { OwnAnswer } from './own-answer.ts';
import { basePorts, type ProjectFile, projectFileName, readProjectFile } from './project-file.ts';
import { isMain, planSlot, type SlotQuestion } from './slots.ts';

/** What the resolver needs to know of this machine. */
export interface ResolverSettings {
  /** Holds the claimed slots. */
  readonly stateDirectory: string;
  /** What canonical hostnames end in: `localhost`. */
  readonly suffix: string;
  /** Where the proxy answers; part of each canonical URL. */
  readonly proxy: ProxyAddress;
  /** Copies under these may run the resolver command of their project. */
  readonly trustedRoots: readonly string[];
  /** The machine configuration, which an error names as the place to give trust. */
  readonly configFile: string;
  /** Path of the root certificate; `NODE_EXTRA_CA_CERTS` is set where it exists. */
  readonly rootCertificate?: string | undefined;
  /** Ends the resolver commands that run. */
  readonly signal?: AbortSignal | undefined;
  /** Claim no slot and run no resolver command: a copy that needs one of the two is rejected with `copy-unresolved`. */
  readonly readOnly?: boolean | undefined;
}

/** Is told each file before it is read: what may change the answer. */
export type Uses = (file: string) => Promise<void>;

/**
 * Everything about one copy: slot, ports, hostnames, environment. Warnings are in its `problems`; what keeps the copy from
 * being resolved rejects with a SidingsError. A slot that has to be claimed is claimed.
 */
export const resolveCopy = async (
  directory: string,
  settings: ResolverSettings,
  uses: Uses = async () => undefined,
): Promise<Resolution> => {
  const real = await realpath(directory).catch(() => {
    throw fail('project-not-found', { directory });
  });
  const name = basename(real);
  const file = join(real, projectFileName);
  await uses(file);
  const project = await readProjectFile(real);
  const own = await ownAnswer(real, project, settings, uses);

  const bases = basePorts(project);
  const mode = isMain(name, project.project) ? 'main' : 'workstream';
  const place = await placeOf({ name, directory: real, project: project.project, bases, file }, own, settings, uses);
  const services = resolveServices({ name, project, own, slot: place.slot, settings, mode });
  const copy = { name, project: project.project, mode, slot: place.slot, directory: real, services } as const;
  if (own !== undefined) await refuseUnusable(project, copy);

  const { rootCertificate } = settings;
  if (rootCertificate !== undefined) await uses(rootCertificate);
  const computed = environment({
    copy,
    project,
    file,
    composeProject: place.composeProject,
    rootCertificate: rootCertificate !== undefined && existsSync(rootCertificate) ? rootCertificate : undefined,
  });
  return { ...copy, env: own === undefined ? computed : { ...computed, ...own.env }, problems: findings(copy) };
};

const ownAnswer = async (
  directory: string,
  project: ProjectFile,
  { trustedRoots, configFile, signal, readOnly }: ResolverSettings,
  uses: Uses,
): Promise<OwnAnswer | undefined> => {
  if (project.resolver === undefined) return undefined;
  if (readOnly) throw fail('copy-unresolved', { directory, need: 'its resolver command has to run' });
  const { command, timeout: timeoutSeconds = 10 } = project.resolver;
  // The program and the scripts among its arguments; a word that is no file here will hardly become one.
  for (const word of command) await uses(resolve(directory, word));
  const { askOwnResolver } = await import('./own-resolver.ts');
  return await askOwnResolver({ directory, project, command, timeoutSeconds, trustedRoots, configFile, signal });
};

interface Place {
  readonly slot: number;
  readonly composeProject: string;
}

/** The slot: from the own resolver, from the name, or claimed. Only the last one reads the state folder. */
const placeOf = async (
  question: SlotQuestion & { readonly directory: string },
  own: OwnAnswer | undefined,
  { stateDirectory, readOnly }: ResolverSettings,
  uses: Uses,
): Promise<Place> => {
  const { name, project, directory, bases } = question;
  if (isMain(name, project)) return { slot: own?.slot ?? 0, composeProject: composeDefault(name) };
  if (own?.slot !== undefined) return { slot: own.slot, composeProject: composeName(name, project) };
  const plan = planSlot(question);
  if (plan.kind === 'computed') return { slot: plan.slot, composeProject: composeName(name, project) };
  await uses(claimsFile(stateDirectory));
  const held = validClaim(await readClaims(stateDirectory), { directory, project, plan, bases });
  if (held !== undefined) return held;
  if (readOnly) throw fail('copy-unresolved', { directory, need: 'it has to claim a slot' });
  const { claimSlot } = await import('./claim-slot.ts');
  return await claimSlot(stateDirectory, { directory, project, plan, bases });
};

/** An own resolver may give any port, so nothing has made sure yet that they go together. */
const refuseUnusable = async (
  { resolver }: ProjectFile,
  { directory, services }: Pick<Resolution, 'directory' | 'services'>,
): Promise<void> => {
  const { whyUnusable } = await import('./own-answer.ts');
  const reason = whyUnusable(services);
  if (reason === undefined) return;
  throw fail('resolver-failed', { command: resolver?.command.join(' ') ?? '', directory, reason });
};

interface ServicesInput {
  readonly name: string;
  readonly project: ProjectFile;
  readonly own: OwnAnswer | undefined;
  readonly slot: number;
  readonly mode: Mode;
  readonly settings: ResolverSettings;
}

const resolveServices = (input: ServicesInput): Readonly<Record<string, ResolvedService>> => {
  const { name, project, own, slot, mode, settings } = input;
  const services = new Map<string, DeclaredService>(Object.entries(project.services));
  for (const [service, { port, kind }] of own?.ports ?? []) {
    services.set(service, { ...services.get(service), kind, port: port - slot });
  }
  const resolved = [...services].map(([service, details]): [string, ResolvedService] => {
    const { kind = 'http', default: isDefault = false, subdomains = false, protocol, health, containerPort } = details;
    const inContainer = containerPort !== undefined && { containerPort };
    const port = details.port + slot;
    if (kind === 'tcp') return [service, { kind, port, ...inContainer }];
    const hostname = hostnames({ workstream: name, service, isDefault }, settings.suffix)[0] as string;
    const localUrl = `${protocol === 'https' ? 'https' : 'http'}://localhost:${port}`;
    return [
      service,
      {
        kind,
        port,
        hostname,
        url: mode === 'main' ? localUrl : urlOf(hostname, settings.proxy),
        localUrl,
        ...(isDefault && { default: true }),
        ...(subdomains && { subdomains: true }),
        ...(protocol !== undefined && { protocol }),
        ...(health !== undefined && { health }),
        ...inContainer,
      },
    ];
  });
  return Object.fromEntries(resolved);
};

type DeclaredService = ProjectFile['services'][string];

/** Main keeps the ports it has, even one that browsers refuse. */
const findings = ({ name, slot, services }: Pick<Resolution, 'name' | 'slot' | 'services'>): readonly Problem[] =>
  Object.entries(services)
    .filter(([, { kind, port }]) => kind === 'http' && isBlockedPort(port))
    .map(([service, { port }]) => warning('port-blocked', { slot, name, service, port }));
