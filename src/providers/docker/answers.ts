import type { ContainerData, PublishedPort } from './container.ts';
import { field } from './field.ts';

// What an engine answers is read as if it could be anything. Docker and Podman, old and new, differ in what they leave out.

/** One container as the list of containers has it. */
export interface Listed extends Omit<ContainerData, 'env' | 'exposed' | 'directory'> {
  /** As compose wrote it, not as a real path. */
  readonly workingDirectory: string | undefined;
}

/** What never changes of a container, and is not in the list. */
export type Inspected = Pick<ContainerData, 'env' | 'exposed'>;

/** Longer texts of containers are cut, however they got that long. */
const maxText = 8192;
/** More labels, ports or networks than that are left out. */
const maxEntries = 500;

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, maxText) : '');
const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, maxEntries) : []);
const entries = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value).slice(0, maxEntries) : [];
const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;

/** Rejects what is no list of containers; leaves out what is no container. */
export const readList = (answer: unknown): readonly Listed[] => {
  if (!Array.isArray(answer)) throw new Error('the engine gives no list of containers');
  return answer.map(readListed).filter((container) => container !== undefined);
};

const readListed = (value: unknown): Listed | undefined => {
  const id = text(field(value, 'Id'));
  if (!/^[0-9a-f]{12,128}$/.test(id)) return undefined;
  const labels = Object.fromEntries(entries(field(value, 'Labels')).map(([name, label]) => [name, text(label)]));
  const status = text(field(value, 'Status'));
  const created = field(value, 'Created');
  const ports = array(field(value, 'Ports'));
  return {
    id,
    name: text(array(field(value, 'Names'))[0]).replace(/^\//, '') || id.slice(0, 12),
    state: text(field(value, 'State')),
    health: healthOf(status),
    status,
    created: typeof created === 'number' ? created : 0,
    labels,
    published: ports.map(readPublished).filter((port) => port !== undefined),
    addresses: entries(field(field(value, 'NetworkSettings'), 'Networks'))
      .flatMap(([, network]) => [text(field(network, 'IPAddress')), text(field(network, 'GlobalIPv6Address'))])
      .filter((address) => address !== ''),
    workingDirectory: Object.hasOwn(labels, workingDirLabel) ? labels[workingDirLabel] : undefined,
  };
};

const workingDirLabel = 'com.docker.compose.project.working_dir';

const healthOf = (status: string): ContainerData['health'] => {
  if (/\(health: starting\)|\(starting\)/.test(status)) return 'starting';
  if (status.includes('(healthy)')) return 'healthy';
  return status.includes('(unhealthy)') ? 'unhealthy' : undefined;
};

const readPublished = (value: unknown): PublishedPort | undefined => {
  const [port, hostPort, type] = ['PrivatePort', 'PublicPort', 'Type'].map((name) => field(value, name));
  if (type !== 'tcp' || !isPort(port) || !isPort(hostPort)) return undefined;
  return { port, address: text(field(value, 'IP')), hostPort };
};

/** The variables that say how a container wants to be reached; no other leaves this file. */
const wanted = ['VIRTUAL_HOST', 'VIRTUAL_PORT'];

/** Rejects what is no description of a container. */
export const readInspected = (answer: unknown): Inspected => {
  const config = field(answer, 'Config');
  if (config === undefined) throw new Error('the engine gives no description of the container');
  const env: Record<string, string> = {};
  for (const line of Array.isArray(field(config, 'Env')) ? (field(config, 'Env') as unknown[]) : []) {
    const [name = '', value = ''] = text(line).split(/=(.*)/s);
    if (wanted.includes(name)) env[name] = value;
  }
  const exposed = entries(field(config, 'ExposedPorts'))
    .map(([port]) => Number(/^([0-9]{1,5})(?:\/tcp)?$/.exec(port)?.[1]))
    .filter(isPort);
  return { env, exposed: exposed.sort((one, other) => one - other) };
};

/** Something that happened to a container or a network. */
export interface News {
  readonly action: string;
  /** Of the container or the network. */
  readonly id: string;
}

/** What an event tells; undefined where that is nothing new about how a container is reached. Rejects what is no event. */
export const newsOf = (line: string): News | undefined => {
  const event: unknown = JSON.parse(line);
  const action = text(field(event, 'Action') ?? field(event, 'status'));
  // Each run of a health check is three of these.
  if (/^(?:exec_|top$|resize$|attach$|archive-path$|extract-to-dir$|export$|commit$|prune$)/.test(action))
    return undefined;
  return { action, id: text(field(field(event, 'Actor'), 'ID') ?? field(event, 'id')) };
};
