import type { ServiceKind } from '../model/workstream.ts';
import { isBlockedPort } from './blocked-ports.ts';
import type { ProjectFile } from './project-file.generated.ts';

/** What a project's own resolver command says; it goes before what Sidings computes. */
export interface OwnAnswer {
  readonly slot: number | undefined;
  /** By service, also services that the project's file does not have. */
  readonly ports: ReadonlyMap<string, OwnPort>;
  readonly env: Readonly<Record<string, string>>;
}

export interface OwnPort {
  readonly port: number;
  readonly kind: ServiceKind;
}

/** These are computed whatever the command says. */
const computed = /^STACK_(?:NAME|MODE|SLOT|DIRECTORY)$/;
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const servicePattern = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/**
 * Reads the output of a resolver command: JSON in the shape of `stack-env --json`, any part of which may be left out, or
 * lines KEY=VALUE. A variable that a service declares gives its port. Throws an error that says what is wrong with it.
 */
export const parseOwnAnswer = (output: string, name: string, project: ProjectFile): OwnAnswer => {
  const text = output.trim();
  const said = text.startsWith('{') ? fromJson(text) : fromLines(text);
  const saidName = said.name ?? said.env.get('STACK_NAME');
  if (saidName !== undefined && saidName !== name) throw new Error(`its answer is about ${saidName}`);

  const ports = new Map(said.ports);
  for (const [service, { kind = 'http', env: variables = [] }] of Object.entries(project.services)) {
    const own = ports.get(service);
    if (own !== undefined) ports.set(service, { port: own.port, kind });
    for (const variable of variables) {
      const value = said.env.get(variable);
      if (value === undefined) continue;
      const port = asPort(value, variable);
      const other = ports.get(service)?.port;
      if (other !== undefined && other !== port) throw new Error(`it gives ${service} two ports, ${other} and ${port}`);
      ports.set(service, { port, kind });
    }
  }
  const compose = said.env.get('COMPOSE_PROJECT_NAME');
  if (compose !== undefined && !/^[a-z0-9][a-z0-9_-]*$/.test(compose)) {
    throw new Error('its COMPOSE_PROJECT_NAME is not a name that compose takes');
  }
  return {
    slot: said.slot,
    ports,
    env: Object.fromEntries([...said.env].filter(([variable]) => !computed.test(variable))),
  };
};

/** Why a copy cannot run with the ports it was given, or undefined. */
export const whyUnusable = (services: Readonly<Record<string, OwnPort>>): string | undefined => {
  const owners = new Map<number, string>();
  for (const [service, { port, kind }] of Object.entries(services)) {
    const other = owners.get(port);
    if (other !== undefined) return `${other} and ${service} would both have port ${port}`;
    if (port > 65535) return `${service} would have port ${port}`;
    if (kind === 'http' && isBlockedPort(port))
      return `browsers refuse to open port ${port}, which ${service} would have`;
    owners.set(port, service);
  }
  return undefined;
};

interface Said {
  readonly name: string | undefined;
  readonly slot: number | undefined;
  readonly ports: ReadonlyMap<string, OwnPort>;
  readonly env: ReadonlyMap<string, string>;
}

const fromJson = (text: string): Said => {
  const { name, slot, services, env } = record(JSON.parse(text), 'its answer');
  if (slot === undefined && services === undefined && env === undefined) {
    throw new Error('it gives neither slot nor services nor env');
  }
  return {
    name: name === undefined ? undefined : String(name),
    slot: slot === undefined ? undefined : asSlot(slot),
    ports: new Map(
      Object.entries(record(services ?? {}, 'services')).map(([service, value]) => {
        if (!servicePattern.test(service)) throw new Error(`${service} is not a name for a service`);
        const { port, kind = 'http' } = record(value, `services.${service}`);
        if (kind !== 'http' && kind !== 'tcp') throw new Error(`the kind of ${service} is neither http nor tcp`);
        return [service, { port: asPort(port, `services.${service}.port`), kind }];
      }),
    ),
    env: new Map(
      Object.entries(record(env ?? {}, 'env')).map(([variable, value]) => {
        if (!['string', 'number', 'boolean'].includes(typeof value)) throw new Error(`env.${variable} is not text`);
        return [checked(variable), withoutNul(String(value), variable)];
      }),
    ),
  };
};

const fromLines = (text: string): Said => {
  const env = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([^\s=]+)=(.*)$/.exec(line);
    if (match === null) throw new Error(`it printed "${line.slice(0, 80)}", which is neither JSON nor KEY=VALUE`);
    const [, variable = '', value = ''] = match;
    env.set(checked(variable), withoutNul(unquoted(value.trim()), variable));
  }
  if (env.size === 0) throw new Error('it printed nothing');
  const slot = env.get('STACK_SLOT');
  return { name: undefined, slot: slot === undefined ? undefined : asSlot(slot), ports: new Map(), env };
};

/** What a shell would make of a value that is quoted as a whole. */
const unquoted = (value: string): string => {
  if (/^'.*'$/.test(value)) return value.slice(1, -1).replaceAll("'\\''", "'");
  if (/^".*"$/.test(value)) return value.slice(1, -1).replace(/\\(["\\$`])/g, '$1');
  return value;
};

const record = (value: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what} is not an object`);
};

const checked = (variable: string): string => {
  if (variablePattern.test(variable)) return variable;
  throw new Error(`${variable} is not a name for a variable`);
};

const withoutNul = (value: string, variable: string): string => {
  if (!value.includes('\0')) return value;
  throw new Error(`the value of ${variable} holds a NUL character`);
};

const asSlot = (value: unknown): number => number(value, 0, 'slot');
const asPort = (value: unknown, what: string): number => number(value, 1, what);

const number = (value: unknown, least: number, what: string): number => {
  const given = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
  if (Number.isInteger(given) && (given as number) >= least && (given as number) <= 65535) return given as number;
  throw new Error(`${what} is ${JSON.stringify(value)}, which is no number from ${least} to 65535`);
};
