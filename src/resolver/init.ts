import { toLabel } from '../model/hostname.ts';
import { type Problem, warning } from '../model/problem.ts';
import { printable } from '../model/text.ts';
import type { ServiceKind } from '../model/workstream.ts';
import { isBlockedPort } from './blocked-ports.ts';
import { otherPublications, type PublishedPort, publishedAt, publishedPorts } from './compose-ports.ts';
import { devServers } from './dev-servers.ts';
import type { EnvFile } from './env-files.ts';
import { databaseName } from './environment.ts';
import { maskSecrets } from './secrets.ts';
import { slotRange } from './slots.ts';
import { tcpPorts } from './tcp-ports.ts';

/** What a project says about itself without a `sidings.json`. */
export interface InitSources {
  /** Name for the project: the folder of its main checkout. */
  readonly project: string;
  /** Compose files, parsed. */
  readonly compose: readonly { readonly file: string; readonly content: unknown }[];
  /** `.env` files; a later one wins. Those that are committed hold nothing that must be hidden. */
  readonly envFiles: readonly (EnvFile & { readonly committed: boolean })[];
  readonly packages: readonly PackageSource[];
}

export interface PackageSource {
  /** Folder below the project; `''` for its own. */
  readonly folder: string;
  readonly scripts: Readonly<Record<string, unknown>>;
  /** The port that the configuration of its dev server names. */
  readonly configuredPort?: number | undefined;
}

export interface ProposedService {
  readonly name: string;
  readonly port: number;
  readonly kind: ServiceKind;
  /** Variables that are set to the port. */
  readonly env: readonly string[];
  readonly isDefault: boolean;
  /** What is to be done or known, one line each. */
  readonly notes: readonly string[];
}

export interface Proposal {
  readonly project: string;
  readonly services: readonly ProposedService[];
  /** Services that would leave too few slots: written as a comment. */
  readonly leftOut: readonly ProposedService[];
  readonly env: readonly (readonly [variable: string, template: string])[];
  /** Variables that hold a password nobody has committed yet: written as a comment, with the password hidden. */
  readonly secretEnv: readonly (readonly [variable: string, template: string])[];
}

/** Fewer copies than this are not worth a service that stands in the way. */
const wantedSlots = 20;

const webNames = ['web', 'frontend', 'ui', 'app', 'client', 'site', 'www'];

interface Draft {
  readonly name: string;
  readonly port: number;
  readonly kind: ServiceKind;
  readonly env: string[];
  readonly notes: string[];
}

/**
 * What `sidings.json` should say: services from published ports, dev servers and `…_PORT` variables; variables that lead to one of
 * these services, as templates. Undefined where nothing names a port.
 */
export const propose = ({ project, compose, envFiles, packages }: InitSources): Proposal | undefined => {
  const variables = variablesOf(envFiles);
  const drafts: Draft[] = [];
  const taken = new Set<string>();

  const add = (names: readonly string[], port: number, kind: ServiceKind): Draft => {
    const known = drafts.find((draft) => draft.port === port);
    if (known !== undefined) return known;
    const candidates = names.map(serviceName);
    const name = candidates.find((candidate) => !taken.has(toLabel(candidate))) ?? `${candidates[0]}-${port}`;
    taken.add(toLabel(name));
    // A browser would not open it, so it is no http service.
    const draft: Draft = { name, port, kind: isBlockedPort(port) ? 'tcp' : kind, env: [], notes: [] };
    drafts.push(draft);
    return draft;
  };
  const own = (draft: Draft, variable: string): void => {
    if (isUsable(variable) && !drafts.some(({ env }) => env.includes(variable))) draft.env.push(variable);
  };

  for (const { file, content } of compose) {
    for (const published of publishedPorts(content, (name) => variables.get(name))) {
      const kind = tcpPorts.has(published.container) ? 'tcp' : 'http';
      const draft = add(namesOf(published), published.port, kind);
      if (published.variable !== undefined) own(draft, published.variable);
      else {
        own(draft, portVariable(draft.name));
        const host = `\${${draft.env[0] ?? portVariable(draft.name)}:-${published.port}}`;
        const line = publishedAt(published.written, host);
        draft.notes.push(`${file} publishes ${published.port} in every copy. Write there: ${line}`);
      }
    }
  }
  for (const { folder, scripts, configuredPort } of packages) {
    for (const { tool, port: usual, flag } of devServers(scripts)) {
      const port = configuredPort ?? usual;
      const known = drafts.length;
      const draft = add([folder === '' ? 'web' : (folder.split('/').at(-1) ?? tool), tool], port, 'http');
      if (drafts.length === known) continue;
      own(draft, portVariable(draft.name));
      draft.notes.push(`${tool} takes its port with: ${flag} $${draft.env[0] ?? portVariable(draft.name)}`);
    }
  }
  for (const [name, value] of variables) {
    const port = portIn(name, value, variables);
    if (port === undefined || !isUsable(name)) continue;
    const known = drafts.find((draft) => draft.port === port);
    if (known === undefined && drafts.some(({ env }) => env.includes(name))) continue;
    own(known ?? add([stemOf(name) || 'app'], port, tcpPorts.has(port) ? 'tcp' : 'http'), name);
  }
  for (const [name, value] of variables) {
    const [, scheme = '', port = ''] =
      /^([a-z]+)[a-z+]*:\/\/(?:[^\s/@]*@)?(?:localhost|127\.0\.0\.1):(\d{4,5})(?:\/|$)/.exec(value) ?? [];
    if (!name.endsWith('_URL') || port === '' || Number(port) > 65535) continue;
    const names = scheme.startsWith('http') ? [stemOf(name)] : [scheme.replace(/^postgresql$/, 'postgres')];
    const draft = add(names, Number(port), scheme.startsWith('http') ? 'http' : 'tcp');
    if (draft.env.length === 0) own(draft, portVariable(draft.name));
  }
  if (drafts.length === 0) return undefined;

  const { kept, leftOut } = spread(drafts);
  const webs = kept.filter(({ kind }) => kind === 'http');
  const standard = webs.find(({ name }) => webNames.includes(name)) ?? webs[0];
  const finish = (draft: Draft): ProposedService => ({ ...draft, isDefault: draft === standard });

  const owned = new Set(kept.flatMap(({ env }) => env));
  const templates = [...variables]
    .filter(([name]) => !owned.has(name) && isUsable(name))
    .map(([name, value]) => [name, value, template(value, kept, project)] as const)
    .filter(([, value, written]) => written !== value.replace(/\{([\w.-]+)\}/g, '{{$1}}'));
  const committed = JSON.stringify([compose, envFiles.filter((file) => file.committed)]);
  const isSecret = (name: string, value: string): boolean => !isKnownSecret(name, value, project, committed);
  return {
    project,
    services: kept.map(finish),
    leftOut: leftOut.map(finish),
    env: templates.flatMap(([name, value, written]) => (isSecret(name, value) ? [] : [[name, written] as const])),
    secretEnv: templates.flatMap(([name, value, written]) =>
      isSecret(name, value) ? [[name, maskSecrets(name, written)] as const] : [],
    ),
  };
};

/** Published ports that no proposal has: somebody has to decide what to do about them. */
export const undecidedPorts = ({
  compose,
  envFiles,
}: Pick<InitSources, 'compose' | 'envFiles'>): readonly Problem[] => {
  const variables = variablesOf(envFiles);
  return compose.flatMap(({ file, content }) =>
    otherPublications(content, (name) => variables.get(name)).map(({ service, host, protocol }) => {
      const isRange = /^\d+-\d+$/.test(host);
      const unknown = isRange ? 'a service has one port, not a range' : 'nothing says which port that is';
      const reason = protocol === 'tcp' ? unknown : `it is ${protocol}`;
      return warning('init-port-undecided', { file, service, port: host, reason });
    }),
  );
};

const variablesOf = (envFiles: InitSources['envFiles']): ReadonlyMap<string, string> =>
  new Map(
    envFiles.flatMap(({ entries }) =>
      entries.filter(({ expands }) => !expands).map(({ name, value }) => [name, value]),
    ),
  );

/** The name of the compose service; for its further ports the variable says more (`MAIL_UI_PORT`), or else the port. */
const namesOf = ({ service, variable, container }: PublishedPort): readonly string[] => [
  service,
  ...(variable === undefined || stemOf(variable) === '' ? [] : [stemOf(variable)]),
  `${service}-${container}`,
];

/** Names that `sidings.json` takes, and not those that Sidings computes. */
const isUsable = (variable: string): boolean =>
  /^[A-Za-z_]\w*$/.test(variable) && !/^(?:STACK_|COMPOSE_PROJECT_NAME$|NODE_EXTRA_CA_CERTS$)/.test(variable);

const serviceName = (text: string): string => {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+|[-_]+$/g, '')
    .slice(0, 32);
  return name === '' ? 'app' : name;
};

const portVariable = (service: string): string => `${service.toUpperCase().replaceAll('-', '_')}_PORT`;

/** `VITE_API_URL` and `API_PORT` are about `api`. */
const stemOf = (variable: string): string =>
  variable
    .replace(/^(?:VITE|NEXT_PUBLIC|NUXT_PUBLIC|REACT_APP|PUBLIC|EXPO_PUBLIC)_/, '')
    .replace(/(?:^|_)(?:PORT|URL)$/, '')
    .replace(/_(?:HOST|BASE|HTTP|SERVER)$/, '')
    .toLowerCase()
    .replaceAll('_', '-');

/** The port on this machine that a variable is about: `API_PORT=8000`, unless a host beside it is elsewhere. */
const portIn = (name: string, value: string, variables: ReadonlyMap<string, string>): number | undefined => {
  if (!/(?:^|_|PG)PORT$/.test(name) || !/^\d{4,5}$/.test(value)) return undefined;
  const port = Number(value);
  if (port < 1024 || port > 65535) return undefined;
  const host = variables.get(`${name.slice(0, -'PORT'.length)}HOST`) || 'localhost';
  return /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1?|\[::1?\])$/i.test(host) ? port : undefined;
};

/** A value with the addresses of services as placeholders. Braces that are there already stand for themselves. */
const template = (value: string, drafts: readonly Draft[], project: string): string => {
  const byPort = new Map(drafts.map((draft) => [draft.port, draft]));
  const usual: Readonly<Record<string, number>> = {
    postgres: 5432,
    postgresql: 5432,
    mysql: 3306,
    redis: 6379,
    mongodb: 27017,
  };
  const database = databaseName(project);
  return value
    .replace(/\{([\w.-]+)\}/g, '{{$1}}')
    .replace(
      /\b(postgres|postgresql|mysql|redis|mongodb):\/\/([^\s/@]{0,256}@)?(localhost|127\.0\.0\.1)(?=\/|$)/g,
      (whole, scheme: string) => {
        const draft = byPort.get(usual[scheme] ?? 0);
        return draft === undefined ? whole : `${whole}:${draft.port}`;
      },
    )
    .replace(
      /(http:\/\/)?\b(localhost|127\.0\.0\.1):(\d{1,5})(?!\d)/g,
      (whole, http: string | undefined, host: string, port: string) => {
        const draft = byPort.get(Number(port));
        if (draft === undefined) return whole;
        return http !== undefined && draft.kind === 'http'
          ? `{${draft.name}.url}`
          : `${http ?? ''}${host}:{${draft.name}.port}`;
      },
    )
    .replace(/(\.port\}\/)([a-z_][a-z0-9_]*)(?=$|\?)/, (whole, start: string, name: string) =>
      name === database ? `${start}{database}` : whole,
    );
};

/** Passwords that are none. */
const placeholders = [
  'postgres',
  'password',
  'pass',
  'root',
  'admin',
  'test',
  'dev',
  'development',
  'secret',
  'example',
  'changeme',
  'guest',
  'mysql',
  'redis',
];

/** Whether a value may go into a committed file: it has no password, a usual one, or one that is committed already. */
const isKnownSecret = (name: string, value: string, project: string, committed: string): boolean => {
  if (maskSecrets(name, value) === value) return true;
  const [, user = '', password = ''] = /^[a-z+]+:\/\/([^\s:/@]*):([^\s/@]+)@[^\s@]*$/.exec(value) ?? [];
  if (password === '' || maskSecrets(name, value.replace(`:${password}@`, '@')) !== value.replace(`:${password}@`, '@'))
    return false;
  return (
    [...placeholders, user, project].includes(password) || committed.includes(JSON.stringify(password).slice(1, -1))
  );
};

/**
 * Ports of copies are counted up from the base port, so the nearest two services decide how many copies there can be. Of a pair that is
 * too close the one found later is left out.
 */
const spread = (drafts: readonly Draft[]): { readonly kept: readonly Draft[]; readonly leftOut: readonly Draft[] } => {
  const kept: Draft[] = [];
  const leftOut: Draft[] = [];
  for (const draft of drafts) {
    const others = kept.map(({ name, kind, port }) => ({ service: name, kind, port }));
    const { max, second } = slotRange([...others, { service: draft.name, kind: draft.kind, port: draft.port }]);
    if (max >= wantedSlots) {
      kept.push(draft);
      continue;
    }
    const near = kept.find(({ port }) => Math.abs(port - draft.port) <= wantedSlots);
    const reason =
      second === undefined || near === undefined
        ? 'too near to the last port there is'
        : `too near to ${near.name} (${near.port})`;
    draft.notes.push(
      `Left out: ${draft.port} is ${reason} for more than ${Math.max(0, max)} copies. Give it another base port.`,
    );
    leftOut.push(draft);
  }
  return { kept, leftOut };
};

/** `sidings.json` with its comments. */
export const formatProposal = ({ project, services, leftOut, env, secretEnv }: Proposal): string => {
  // JSON allows characters that act on a terminal; written as escapes they are the same text.
  const text = (value: unknown): string =>
    JSON.stringify(value).replace(
      /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  const comment = (line: string): string => `// ${printable(line)}`;
  const service = ({ name, port, kind, env: variables, isDefault }: ProposedService): string => {
    const parts = [
      `"port": ${port}`,
      ...(kind === 'tcp' ? ['"kind": "tcp"'] : []),
      ...(variables.length === 0 ? [] : [`"env": ${text(variables).replaceAll('","', '", "')}`]),
      ...(isDefault ? ['"default": true'] : []),
    ];
    return `${text(name)}: { ${parts.join(', ')} }`;
  };
  const list = (lines: readonly string[]): string => {
    const last = lines.findLastIndex((line) => !line.startsWith('//'));
    return lines.map((line, index) => `    ${line}${line.startsWith('//') || index === last ? '' : ','}\n`).join('');
  };
  const serviceLines = [
    ...services.flatMap((one) => [...one.notes.map(comment), service(one)]),
    ...leftOut.flatMap((one) => [...one.notes.map(comment), comment(service(one))]),
  ];
  const envLines = [
    ...env.map(([name, value]) => `${text(name)}: ${text(value)}`),
    ...(secretEnv.length === 0
      ? []
      : [comment('These hold a password that is in no committed file; this file is committed.')]),
    ...secretEnv.map(([name, value]) => comment(`${text(name)}: ${text(value)}`)),
  ];
  return [
    '// How the copies of this project share a machine. The port of a copy is the base port here plus its slot:\n',
    `// ${printable(project)}-3 has slot 3. Written by \`stack-env init\`; yours to change, and to commit.\n`,
    '{\n',
    `  "project": ${text(project)}, // the folder of the main checkout, and what the names of its copies begin with\n`,
    '  "services": {\n',
    list(serviceLines),
    `  }${envLines.length === 0 ? '' : ','}\n`,
    ...(envLines.length === 0
      ? []
      : [
          '  // Also: {service.localUrl}, {workstream}, {project}, {slot}, {directory}.\n',
          '  "env": {\n',
          list(envLines),
          '  }\n',
        ]),
    '}\n',
  ].join('');
};
