import { resolve } from 'node:path';
import { hostnames, toLabel } from '../model/hostname.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import type { EnvFile } from './env-files.ts';
import type { KnownCopy } from './known-copies.ts';
import { maskSecrets } from './secrets.ts';

export interface GuardInput {
  readonly copy: Resolution;
  /** The other copies of this project. */
  readonly others: readonly KnownCopy[];
  /** Base port of each service. */
  readonly bases: Readonly<Record<string, number>>;
  readonly suffixes: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly envFiles: readonly EnvFile[];
  /** Owned variables of the environment are overridden on purpose; everything else is still looked at. */
  readonly replace: boolean;
  /** Findings in `.env` files reject as well. */
  readonly strict: boolean;
  /** How the person called it, for the command that mends. */
  readonly command?: string;
  /** Real path of an absolute path; where it is given, a symbolic link into another copy is found too. */
  readonly realPath?: (path: string) => string;
}

/**
 * Everything in the environment and the `.env` files that belongs to another copy, or that differs from what this copy owns. A problem
 * of severity `error` rejects. Takes time in proportion to the length of the values, whatever is in them.
 */
export const guard = (input: GuardInput): readonly Problem[] => {
  const { copy, environment, envFiles, replace, strict, command = 'stack-env' } = input;
  const foreign = openForeign(input);
  const problems: Problem[] = [];

  const look = (place: Place, variables: Variables, name: string, value: string, expands = false): void => {
    const expected = Object.hasOwn(copy.env, name) ? copy.env[name] : undefined;
    if (value === '' || value === expected) return;
    const owned = expected !== undefined && !(place.overridable && replace);
    if (expected !== undefined && !owned) return;
    const finding = foreign.find(name, value, variables) ?? foreign.findName(name, value, expected !== undefined);
    if (owned && !expands) {
      const found = shown(name, value, finding?.text);
      problems.push({
        ...problem('env-mismatch', {
          variable: name,
          source: place.source,
          found: finding === undefined ? found : `${found}, which belongs to ${finding.owner}`,
          name: copy.name,
          expected: shown(name, expected),
          mend: isCertificates(name) ? place.mendCertificates : place.mendOwned,
        }),
        severity: place.severity === 'error' && (!isCertificates(name) || finding !== undefined) ? 'error' : 'warning',
      });
      return;
    }
    if (finding === undefined) return;
    problems.push({
      ...finding.problem({
        variable: name,
        source: place.source,
        found: shown(name, value, finding.text),
        owner: finding.owner,
        mend: place.mendOther(name),
      }),
      severity: finding.harmless ? 'warning' : place.severity,
    });
  };

  const shell: Place = {
    source: 'shell',
    severity: 'error',
    overridable: true,
    mendOwned: `Run: eval "$(${command} --replace)"`,
    mendOther: (name) => `Run: unset ${name}`,
    mendCertificates: `It is left as it is. To use the one of Sidings, run: eval "$(${command} --replace)"`,
  };
  for (const [name, value] of Object.entries(environment)) {
    const skipped = isBookkeeping(name) && !Object.hasOwn(copy.env, name);
    if (value !== undefined && !skipped) look(shell, environment, name, value);
  }

  const severity = strict ? 'error' : 'warning';
  for (const { file, entries, unreadable } of envFiles) {
    if (unreadable !== undefined) {
      problems.push({ ...problem('env-file-unreadable', { file, reason: unreadable }), severity });
      continue;
    }
    // Readers let the last of several assignments win, which is what makes the block of `stack-env write` work.
    const last = new Map(entries.map((entry) => [entry.name, entry]));
    const variables = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
    for (const { name, value, line, expands } of last.values()) {
      const place: Place = {
        source: `${file}:${line}`,
        severity,
        overridable: false,
        mendOwned: `Change or remove line ${line} of ${file}, or run: ${command} write ${file}`,
        mendOther: () => `Change or remove line ${line} of ${file}.`,
        mendCertificates: `Change or remove line ${line} of ${file}.`,
      };
      look(place, variables, name, value, expands);
    }
  }
  return problems;
};

/** Base port of each service of a copy. */
export const basesOf = ({ services, slot }: Pick<Resolution, 'services' | 'slot'>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(services).map(([name, { port }]) => [name, port - slot]));

/** The other copy that a value leads to, by a port, a hostname or a path in it. */
export const foreignOwner = (input: Omit<ForeignInput, 'bases'>, value: string): string | undefined =>
  openForeign({ ...input, bases: basesOf(input.copy) }).find('', value, {})?.owner;

/**
 * The owned variables as they are handed out. A certificate file that the user has set stays: it is usually a company's, Node reads only
 * one, and losing it breaks more than it mends. `--replace` takes ours.
 */
export const ownedVariables = (
  { env }: Resolution,
  environment: Readonly<Record<string, string | undefined>>,
  replace: boolean,
): Readonly<Record<string, string>> => {
  if (replace || !certificateVariables.some((name) => environment[name])) return env;
  const handedOut = Object.entries(env).filter(([name]) => !isCertificates(name) || !environment[name]);
  return Object.fromEntries(handedOut);
};

const certificateVariables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'];

const isCertificates = (variable: string): boolean => certificateVariables.includes(variable);

type Variables = Readonly<Record<string, string | undefined>>;

/** Where a variable was found, and what one does about it there. */
interface Place {
  readonly source: string;
  readonly severity: Problem['severity'];
  readonly overridable: boolean;
  readonly mendOwned: string;
  readonly mendOther: (name: string) => string;
  readonly mendCertificates: string;
}

/**
 * Variables that say where somebody was or what was started, and lead no program to anything. Every shell sets OLDPWD on `cd`, npm says
 * where it was called, an editor remembers the folder it was opened in; none of it may reject.
 */
const bookkeeping = new Set(
  [
    'PWD',
    'OLDPWD',
    '_',
    'HOME',
    'INIT_CWD',
    'PROJECT_CWD',
    'PNPM_SCRIPT_SRC_DIR',
    'SUDO_COMMAND',
    'PROMPT_COMMAND',
  ].concat(['HISTFILE', 'PYENV_DIR', 'RBENV_DIR', 'NODENV_DIR', 'MISE_ORIGINAL_CWD']),
);
const isBookkeeping = (name: string): boolean =>
  bookkeeping.has(name) || /^(?:npm_|VSCODE_|DIRENV_|__MISE_|BASH_FUNC_|SIDINGS_|PS[0-4]$)/.test(name);

interface Params {
  readonly variable: string;
  readonly source: string;
  readonly found: string;
  readonly owner: string;
  readonly mend: string;
}

/** Something of another copy in a value. */
interface Finding {
  readonly owner: string;
  /** The part of the value that gave it away. */
  readonly text: string;
  readonly harmless?: true;
  readonly problem: (params: Params) => Problem;
}

interface Foreign {
  readonly find: (name: string, value: string, variables: Variables) => Finding | undefined;
  /** Values that are the name of another copy: of owned variables, and of any STACK_*. */
  readonly findName: (name: string, value: string, owned: boolean) => Finding | undefined;
}

type ForeignInput = Pick<GuardInput, 'copy' | 'others' | 'bases' | 'suffixes' | 'realPath'>;

const openForeign = ({ copy, others, bases, suffixes, realPath = asItIs }: ForeignInput): Foreign => {
  const findPort = foreignPorts(copy, others, bases);
  const findHostname = foreignHostnames(copy, others, suffixes);
  const findPath = foreignPaths(copy, others, realPath);
  const byLabel = new Map(others.map((other) => [toLabel(other.name), other]));
  byLabel.delete(toLabel(copy.name));
  const bySlot = new Map(others.map((other) => [String(other.slot), other]));

  const portFinding = ({ port, text }: LocalPort): Finding | undefined => {
    const found = findPort(port);
    if (found === undefined) return undefined;
    const { service, owner } = found;
    return { owner, text, problem: (params) => problem('env-foreign-port', { ...params, port, service }) };
  };
  const hostnameFinding = (value: string): Finding | undefined => {
    const lower = value.toLowerCase();
    if (!suffixes.some((suffix) => lower.includes(`.${suffix}`))) return undefined;
    for (const { hostname } of authorities(value)) {
      const owner = findHostname(hostname);
      if (owner !== undefined)
        return { owner, text: hostname, problem: (params) => problem('env-foreign-host', { ...params, hostname }) };
    }
    return undefined;
  };
  const pathFinding = (name: string, value: string): Finding | undefined => {
    const found = findPath(value);
    if (found === undefined) return undefined;
    const finding: Finding = { ...found, problem: (params) => problem('env-foreign-path', params) };
    // A command found in another copy is a surprise, but PATH is long-lived and full of what was once added.
    return name === 'PATH' ? { ...finding, harmless: true } : finding;
  };

  return {
    find: (name, value, variables) => {
      const plain = value.includes('%') ? decodePercent(value) : value;
      for (const local of localPorts(name, plain, variables, copy)) {
        const finding = portFinding(local);
        if (finding !== undefined) return finding;
      }
      return hostnameFinding(plain) ?? pathFinding(name, plain);
    },
    findName: (name, value, owned) => {
      if (!owned && !name.startsWith('STACK_')) return undefined;
      const other =
        value.length > 255 ? undefined : name === 'STACK_SLOT' ? bySlot.get(value) : byLabel.get(toLabel(value));
      if (other === undefined) return undefined;
      return { owner: other.name, text: value, problem: (params) => problem('env-foreign-name', params) };
    },
  };
};

/** `http%3A%2F%2Flocalhost%3A8002`, as it stands in a query. */
const decodePercent = (value: string): string =>
  value.replace(/%([2-7][0-9a-f])/gi, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

// Ports

interface PortOwner {
  readonly service: string;
  readonly owner: string;
}

/** Ranges of services never touch, so a port is (service, slot) by arithmetic; a slot counts when somebody has it. */
const foreignPorts = (copy: Resolution, others: readonly KnownCopy[], bases: GuardInput['bases']) => {
  const bySlot = new Map(others.map(({ slot, name }) => [slot, name]));
  bySlot.delete(copy.slot);
  const own = new Set(Object.values(copy.services).map(({ port }) => port));
  return (port: number): PortOwner | undefined => {
    if (own.has(port)) return undefined;
    for (const [service, base] of Object.entries(bases)) {
      const owner = bySlot.get(port - base);
      if (owner !== undefined) return { service, owner };
    }
    return undefined;
  };
};

interface LocalPort {
  readonly port: number;
  readonly text: string;
}

/** Ports on this machine that a value leads to: in URLs, host lists, keyword DSNs, by the default of a scheme, or as a bare number. */
const localPorts = (name: string, value: string, variables: Variables, copy: Resolution): readonly LocalPort[] => [
  ...barePort(name, value, variables),
  // Hardly any value passes these tests; looking closely at all of them would take longer than the rest of the command.
  ...(/localhost|loopback|127\.|0\.0\.0\.0|\[|host\.(?:docker|containers)/i.test(value) ? addressPorts(value) : []),
  ...(/port/i.test(value) ? keywordPorts(value) : []),
  ...(/:\/\/|dbname/i.test(value) ? defaultPorts(value, variables, copy) : []),
];

/** `localhost:5434`, in whatever it stands. */
const addressPorts = (value: string): readonly LocalPort[] =>
  authorities(value).flatMap(({ hostname, port, text }) =>
    port !== undefined && isLocal(hostname) ? [{ port, text }] : [],
  );

interface Authority {
  readonly hostname: string;
  readonly port: number | undefined;
  readonly text: string;
}

/** Everything in a value that looks like a host, with its port where it has one (`localhost:5434`, SQL Server's `localhost,1433`). */
const authorities = (value: string): readonly Authority[] =>
  Array.from(
    value.matchAll(/(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]+)(?::(\d{1,5})(?!\w|\.\d)|,(\d{1,5})(?![\w.]))?/gi),
    ([text, host = '', port, portAfterComma]) => ({
      hostname: host.toLowerCase().replace(/\.$/, ''),
      port: port ?? portAfterComma,
      text,
    }),
  ).map(({ port, ...rest }) => ({ ...rest, port: port === undefined ? undefined : Number(port) }));

/** `localhost` as hosts files of Linux name it too, all addresses, and this machine as it is called in a container. */
const localNames = new Set([
  ...['localhost', 'localhost.localdomain', 'localhost6', 'ip6-localhost', 'ip6-loopback', '0.0.0.0', '::1'],
  ...['host.docker.internal', 'host.containers.internal'],
]);

const isLocal = (hostname: string): boolean =>
  localNames.has(hostname) ||
  hostname.endsWith('.localhost') ||
  // Three numbers at most may be left out, and URL parsers write the last form as two hexadecimal ones.
  /^127(?:\.\d{1,3}){1,3}$/.test(hostname) ||
  /^\[(?:::|::1|(?:0{1,4}:){7}0{0,3}[01]|::ffff:(?:127\.[\d.]+|7f[0-9a-f]{2}:[0-9a-f]{1,4}))\]$/.test(hostname);

/**
 * `PORT=8002`, `PGPORT=5434`, `LISTEN=:8002`: a server would take that port and a database client would go there, on this machine unless
 * a variable beside it names another host.
 */
const barePort = (name: string, value: string, variables: Variables): readonly LocalPort[] => {
  const [, colon, digits] = /^(:?)(\d{1,5})$/.exec(value) ?? [];
  if (digits === undefined) return [];
  const found = [{ port: Number(digits), text: value }];
  if (colon !== '') return found;
  if (!/(?:^|_)(?:PG|TCP_)?PORT$/.test(name)) return [];
  const stem = name.slice(0, -'PORT'.length);
  const host = ['HOST', 'HOSTNAME', 'HOSTADDR', 'ADDRESS', 'ADDR', 'SERVER']
    .map((word) => variables[stem + word])
    .find(Boolean);
  return host === undefined || isLocalHost(host) ? found : [];
};

/** A host as a DSN gives it: libpq takes a path for the folder of a socket. */
const isLocalHost = (host: string): boolean => host === '' || host.startsWith('/') || isLocal(host.toLowerCase());

const keywordPort = /(?<![\w-])port["']?\s{0,8}[=:]\s{0,8}["']?(\d{1,5}(?:,\d{1,5}){0,20})(?![\w.])/gi;
const keywordHost =
  /(?<![\w-])(?:host|hostaddr|hostname|server|address|addr)["']?\s{0,8}[=:]\s{0,8}["']?([^\s;&"'}]*)/gi;

/** `host=localhost port=5434`, `?host=/tmp&port=5434`, `Server=localhost;Port=5434`, `{"host": "localhost", "port": 5434}`. */
const keywordPorts = (value: string): readonly LocalPort[] => {
  const ports = Array.from(value.matchAll(keywordPort));
  if (ports.length === 0 || !leadsHere(value)) return [];
  return ports.flatMap(([text, list = '']) => list.split(',').map((port) => ({ port: Number(port), text })));
};

/** Whether the hosts that a value names, if any, are this machine. */
const leadsHere = (value: string): boolean => {
  const named = Array.from(value.matchAll(keywordHost), ([, hosts = '']) => hosts.split(',')).flat();
  if (named.length > 0) return named.some(isLocalHost);
  const urls = Array.from(value.matchAll(/:\/\/([^\s/?#"']*)/g), ([, authority = '']) =>
    authority.slice(authority.lastIndexOf('@') + 1),
  );
  return (
    urls.length === 0 ||
    urls.some((authority) => authority === '' || authorities(authority).some(({ hostname }) => isLocal(hostname)))
  );
};

const schemePorts: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mysql2: 3306,
  mariadb: 3306,
  redis: 6379,
  rediss: 6379,
  mongodb: 27017,
  amqp: 5672,
};

/**
 * `redis://localhost`, `postgresql:///notes`, `dbname=notes` say no port and mean the usual one: main's, most of the time. For
 * PostgreSQL it is the one in PGPORT, where that is set; that variable is looked at for itself.
 */
const defaultPorts = (value: string, variables: Variables, copy: Resolution): readonly LocalPort[] => {
  const postgresPort = Object.hasOwn(copy.env, 'PGPORT') || variables.PGPORT ? undefined : schemePorts.postgresql;
  const found: LocalPort[] = [];
  const add = (usual: number | undefined, text: string): void => {
    const port = usual === schemePorts.postgresql ? postgresPort : usual;
    if (port !== undefined) found.push({ port, text });
  };
  const parts = value.split('://');
  parts.slice(1).forEach((part, index) => {
    const [, scheme = ''] =
      /(?:^|[^a-z0-9+])([a-z][a-z0-9]{2,9})(?:\+[a-z0-9]{1,20})?$/i.exec((parts[index] as string).slice(-32)) ?? [];
    const name = scheme.toLowerCase();
    if (!Object.hasOwn(schemePorts, name)) return;
    const [url = '', authority = ''] = /^([^\s/?#"']*)[^\s"']*/.exec(part) as RegExpExecArray;
    const hosts = authority.slice(authority.lastIndexOf('@') + 1);
    // A `$` is filled in by whoever reads it, and may well be the port.
    if (hosts.includes('$') || /[?&]port=/i.test(url)) return;
    const isHere =
      hosts === ''
        ? leadsHere(`://${url}`)
        : authorities(hosts).some(({ hostname, port }) => port === undefined && isLocal(hostname));
    if (isHere) add(schemePorts[name], `${scheme}://${url}`);
  });
  const [keyword] = /(?<![\w?&-])dbname\s{0,8}=[^\s]*/i.exec(value) ?? [];
  if (keyword !== undefined && parts.length === 1 && !/(?<![\w-])port\s{0,8}=/i.test(value) && leadsHere(value)) {
    add(schemePorts.postgresql, keyword);
  }
  return found;
};

// Hostnames

/** All hostname forms of the other copies, and every name below them. Built when a value first holds a name under a suffix. */
const foreignHostnames = (copy: Resolution, others: readonly KnownCopy[], suffixes: readonly string[]) => {
  const services = Object.entries(copy.services).flatMap(([service, { kind }]) => (kind === 'http' ? [service] : []));
  const namesOf = (workstream: string): readonly string[] =>
    suffixes.flatMap((suffix) => [
      `${toLabel(workstream)}.${suffix}`,
      ...services.flatMap((service) => hostnames({ workstream, service, isDefault: false }, suffix)),
    ]);
  let owners: Map<string, string | undefined> | undefined;
  const ownersByHostname = (): Map<string, string | undefined> => {
    owners ??= new Map([
      ...others.flatMap(({ name }) => namesOf(name).map((hostname) => [hostname, name] as const)),
      ...namesOf(copy.name).map((hostname) => [hostname, undefined] as const),
    ]);
    return owners;
  };
  return (hostname: string): string | undefined => {
    if (!suffixes.some((suffix) => hostname.endsWith(`.${suffix}`))) return undefined;
    // A name has at most 253 characters; without an end the loop would be quadratic.
    if (hostname.length > 253) return undefined;
    const known = ownersByHostname();
    for (let rest = hostname; rest.includes('.'); rest = rest.slice(rest.indexOf('.') + 1)) {
      if (known.has(rest)) return known.get(rest);
    }
    return undefined;
  };
};

// Paths

const asItIs = (path: string): string => path;

interface PathOwner {
  readonly owner: string;
  readonly text: string;
}

/** Which other copy a path is inside of; the deepest folder decides, since copies may lie inside main. */
export const ownerOfPath = (
  path: string,
  copy: Pick<Resolution, 'directory'>,
  others: readonly KnownCopy[],
): string | undefined => foreignPaths(copy, others, asItIs)(path)?.owner;

const foreignPaths = (
  copy: Pick<Resolution, 'directory'>,
  others: readonly KnownCopy[],
  realPath: (path: string) => string,
) => {
  const owners = new Map<string, string | undefined>(
    others.flatMap(({ directory, name }) => (directory === undefined ? [] : [[directory, name] as const])),
  );
  owners.set(copy.directory, undefined);
  const folders = [...owners.keys()];
  const start = commonStart(folders);
  const lengths = [...new Set(folders.map(({ length }) => length))].sort((a, b) => b - a);

  /** The deepest known folder that the path beginning at `from` is in. */
  const folderAt = (value: string, from: number): string | undefined => {
    // A value that begins with a path is one, or a list of them; only inside of other text anything may end it.
    const end = value.startsWith('/') ? /^[/:;,]?$/ : /^[^\p{L}\p{N}_.~+@-]?$/u;
    for (const length of lengths) {
      if (!end.test(value.charAt(from + length))) continue;
      const folder = value.slice(from, from + length);
      if (owners.has(folder)) return folder;
    }
    return undefined;
  };

  /** The first known folder in a value that is another copy's, and whether there was any. */
  const search = (value: string): { readonly known: boolean; readonly found: PathOwner | undefined } => {
    let known = false;
    for (let at = value.indexOf(start); at !== -1; at = value.indexOf(start, at + 1)) {
      const folder = isPathStart(value, at) ? folderAt(value, at) : undefined;
      if (folder === undefined) continue;
      known = true;
      const owner = owners.get(folder);
      // What is in `.git` is git's: the folder of a linked worktree lies in the main checkout, and hooks are given paths in it.
      const rest = value.slice(at + folder.length, at + folder.length + 6);
      if (owner !== undefined && !/^\/\.git(?![\w.-])/.test(rest)) return { known, found: { owner, text: folder } };
    }
    return { known, found: undefined };
  };

  if (folders.length === 1) return (): PathOwner | undefined => undefined;
  const isPath = (text: string): boolean => /^\.{0,2}\//.test(text);
  const absolute = (path: string): string => (isPath(path) ? resolve(copy.directory, path) : path);
  return (value: string): PathOwner | undefined => {
    const isList = isPath(value) && value.length <= 32_768;
    // `$PWD/../project-2` begins in one copy and ends in another.
    const climbed = isList && value.includes('/..') ? value.split(':').map(absolute).join(':') : value;
    const { found } = search(climbed);
    if (found !== undefined || !isList) return found;
    for (const entry of climbed.split(':')) {
      // A link that somebody put into this copy is meant to be there: shared packages, for example.
      if (!isPath(entry) || search(entry).known) continue;
      const { found: behind } = search(realPath(absolute(entry)));
      if (behind !== undefined) return { owner: behind.owner, text: entry };
    }
    return undefined;
  };
};

/** What all texts begin with; `/` at least, since they are absolute paths. */
const commonStart = ([first = '/', ...rest]: readonly string[]): string => {
  let { length } = first;
  for (const text of rest) while (!text.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
};

/** `file:///code`, `=/code`, `-I/code`, but not `/srv/code` or `../code` when the folder is `/code`. */
const isPathStart = (value: string, at: number): boolean =>
  /(?:^|[^\p{L}\p{N}_.~+@/-]|:\/{2,3}|(?:^|[\s:,"'=])-[A-Za-z])$/u.test(value.slice(Math.max(0, at - 4), at));

// What is shown

const longestShown = 160;

/** The value with its secrets masked; a long one is cut around what it is about. */
const shown = (name: string, value: string, about = ''): string => {
  const masked = maskSecrets(name, value);
  if (masked.length <= longestShown) return masked;
  const at = Math.max(0, masked.indexOf(about) - longestShown / 4);
  const part = masked.slice(at, at + longestShown);
  return `${at > 0 ? '…' : ''}${part}${at + longestShown < masked.length ? '…' : ''}`;
};
