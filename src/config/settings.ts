import { isIP } from 'node:net';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { isSuffix } from '../model/hostname.ts';
import { fail } from '../model/problem.ts';
import type { SettingsFile } from './settings.generated.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const lanes = ['fast', 'full'] as const;

/** A certificate that somebody else made, and its key: PEM files. */
export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface SettingValues {
  readonly httpPort: number;
  /** The same as `httpPort` where one port is for both. */
  readonly httpsPort: number;
  /** Whether TLS is spoken at all; with an own certificate, that one instead of our root. */
  readonly tls: boolean | OwnCertificate;
  readonly certificateDirectory: string;
  readonly bind: readonly string[];
  /** Folders whose direct subfolders are looked at for copies; empty when nothing names one. */
  readonly roots: readonly string[];
  readonly suffixes: readonly string[];
  readonly stateDirectory: string;
  /** Whether containers are looked at, where there is a Docker Engine. */
  readonly docker: boolean;
  /** Where servers of this machine are reached: `localhost`, unless sidings is in a container. */
  readonly upstreamHost: string;
  /** Seconds without a byte before an upstream's answer begins. */
  readonly responseTimeout: number;
  /** How many requests are remembered; 0: none. */
  readonly history: number;
  /** `full`: without the fast lane. */
  readonly lanes: (typeof lanes)[number];
  readonly logLevel: (typeof logLevels)[number];
  readonly accessLog: boolean;
}

export type SettingName = keyof SettingValues;

/** Effective values, and for each where it came from: `--http-port`, `SIDINGS_HTTP_PORT`, a file, or `default`. */
export interface Settings extends SettingValues {
  readonly sources: Readonly<Record<SettingName, string>>;
  /**
   * Copies under these may run the resolver command of their `sidings.json`. Trust is given in the file only: a flag or a
   * variable that an agent sets must not make a folder's code run.
   */
  readonly trustedRoots: readonly string[];
  /** The configuration file in use, or the one that would be read if it existed. */
  readonly file: string;
}

/** Flags as commander gives them; absent ones are undefined. */
export interface SettingFlags {
  readonly httpPort?: string | undefined;
  readonly httpsPort?: string | undefined;
  readonly port?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly certsDir?: string | undefined;
  readonly bind?: readonly string[] | undefined;
  readonly root?: readonly string[] | undefined;
  readonly suffix?: readonly string[] | undefined;
  readonly stateDir?: string | undefined;
  readonly docker?: boolean | undefined;
  readonly upstreamHost?: string | undefined;
  readonly responseTimeout?: string | undefined;
  readonly history?: string | undefined;
  readonly lanes?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly accessLog?: boolean | undefined;
}

export interface SettingSources {
  readonly flags: SettingFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly path: string; readonly directory: string; readonly content: SettingsFile };
  /** The certificate folder of a checkout; undefined for an installed command, whose state folder holds it. */
  readonly checkoutCertificates?: string | undefined;
  readonly cwd: string;
  readonly home: string;
}

const invalid = (source: string, path: string, reason: string, suggestion: string) =>
  fail('config-invalid', { source, path, reason, suggestion });

const asPort = (text: string, source: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw invalid(source, text, 'is not a port', 'Use a number from 0 to 65535; 0 takes any free port.');
};

const asSeconds = (text: string, source: string): number => {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw invalid(source, text, 'is not a time', 'Use seconds, at most 86400.');
};

const asCount = (text: string, source: string): number => {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= 100_000) return count;
  throw invalid(source, text, 'is not a count', 'Use a number from 0 to 100000; 0 remembers nothing.');
};

const asLevel = (text: string, source: string): SettingValues['logLevel'] => {
  const level = logLevels.find((known) => known === text);
  if (level !== undefined) return level;
  throw invalid(source, text, 'is not a log level', `Use one of: ${logLevels.join(', ')}.`);
};

const asLanes = (text: string, source: string): SettingValues['lanes'] => {
  const found = lanes.find((known) => known === text);
  if (found !== undefined) return found;
  throw invalid(source, text, 'names no lanes', `Use one of: ${lanes.join(', ')}.`);
};

const asBoolean = (text: string, source: string): boolean => {
  if (['1', 'true', 'yes', 'on'].includes(text)) return true;
  if (['0', 'false', 'no', 'off', ''].includes(text)) return false;
  throw invalid(source, text, 'is neither true nor false', 'Use 1 or 0.');
};

const asAddresses = (values: readonly string[], source: string): readonly string[] => {
  const wrong = values.find((value) => isIP(value) === 0);
  if (wrong === undefined) return values;
  throw invalid(source, wrong, 'is not an IP address', 'Use an address such as 127.0.0.1 or ::1.');
};

const asHost = (text: string, source: string): string => {
  if (isIP(text) !== 0 || /^(?=.{1,253}$)[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(text)) return text;
  throw invalid(source, text, 'is not a host', 'Use a name such as host.docker.internal, or an address.');
};

const asSuffixes = (values: readonly string[], source: string): readonly string[] => {
  const wrong = values.find((value) => !isSuffix(value));
  if (wrong === undefined) return [...new Set(values)];
  throw invalid(
    source,
    wrong,
    'is not a suffix',
    'Use DNS labels in lower case, such as localhost or dev.example.com.',
  );
};

const list = (text: string, separator: string): readonly string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A folder from an XDG variable; relative ones are to be ignored (XDG Base Directory Specification). */
export const xdgFolder = (value: string | undefined): string | undefined =>
  value !== undefined && isAbsolute(value) ? value : undefined;

/** The port for TLS beside one for clear text: 443 beside 80, so 8443 beside 8080, and any free one beside any free one. */
const besides = (httpPort: number): number => (httpPort === 0 || httpPort + 363 > 65535 ? 0 : httpPort + 363);

const ownCertificate = (
  { tlsCert, tlsKey }: SettingFlags,
  path: (text: string) => string,
): OwnCertificate | undefined => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: path(tlsCert), key: path(tlsKey) };
  const [there, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert'];
  throw invalid(there, missing, 'is missing', 'A certificate and its key go together.');
};

/** Pure: flags win over `SIDINGS_*` variables, these over the configuration file, this over the defaults. */
export const mergeSettings = (given: SettingSources): Settings => {
  const { flags, environment, file, cwd, home } = given;
  const { content } = file;
  const sources: Partial<Record<SettingName, string>> = {};

  const path = (base: string) => (text: string) =>
    text === '~' || text.startsWith('~/') ? join(home, text.slice(1)) : resolve(base, text);
  const directories = (base: string, texts: readonly string[]) => [...new Set(texts.map(path(base)))];
  const fileRoots = content.roots?.map((root) => (typeof root === 'string' ? { directory: root } : root));

  interface Setting<Value> {
    readonly flag: string;
    readonly given: Value | undefined;
    readonly variable: string;
    readonly parse: (text: string, source: string) => Value;
    readonly inFile: Value | undefined;
    readonly fallback: Value;
    readonly check?: (value: Value, source: string) => Value;
  }

  const pick = <Value>(name: SettingName, setting: Setting<Value>): Value => {
    const text = environment[setting.variable];
    const [value, source] =
      setting.given !== undefined
        ? [setting.given, setting.flag]
        : text !== undefined && text !== ''
          ? [setting.parse(text, setting.variable), setting.variable]
          : setting.inFile !== undefined
            ? [setting.inFile, file.path]
            : [setting.fallback, 'default'];
    sources[name] = source;
    // The first check of an address costs several milliseconds; the defaults are right.
    return setting.check === undefined || source === 'default' ? value : setting.check(value, source);
  };

  const stateDirectory = pick('stateDirectory', {
    flag: '--state-dir',
    given: flags.stateDir === undefined ? undefined : path(cwd)(flags.stateDir),
    variable: 'SIDINGS_STATE_DIR',
    parse: path(cwd),
    inFile: content.stateDirectory === undefined ? undefined : path(file.directory)(content.stateDirectory),
    fallback: join(xdgFolder(environment.XDG_STATE_HOME) ?? join(home, '.local/state'), 'sidings'),
  });

  /** A port of its own, else the one that is for both, else the usual one. */
  const pickPort = (name: 'httpPort' | 'httpsPort', flag: string, variable: string, usual: number): number => {
    const parse = (text: string | undefined, source: string) => (text === undefined ? undefined : asPort(text, source));
    const forBoth = [
      [parse(flags.port, '--port'), '--port'],
      [parse(environment.SIDINGS_PORT || undefined, 'SIDINGS_PORT'), 'SIDINGS_PORT'],
      [content.port, file.path],
    ] as const;
    const [both, source] = forBoth.find(([port]) => port !== undefined) ?? [undefined, 'default'];
    const port = pick(name, {
      flag,
      given: parse(flags[name], flag),
      variable,
      parse: asPort,
      inFile: content[name],
      fallback: both ?? usual,
    });
    if (sources[name] === 'default') sources[name] = source;
    return port;
  };

  const httpPort = pickPort('httpPort', '--http-port', 'SIDINGS_HTTP_PORT', 80);
  const values: SettingValues = {
    httpPort,
    httpsPort: pickPort('httpsPort', '--https-port', 'SIDINGS_HTTPS_PORT', besides(httpPort)),
    tls: pick<boolean | OwnCertificate>('tls', {
      flag: flags.tls === false ? '--no-tls' : '--tls-cert',
      given: flags.tls === false ? false : ownCertificate(flags, path(cwd)),
      variable: 'SIDINGS_TLS',
      parse: asBoolean,
      inFile:
        typeof content.tls === 'object'
          ? { cert: path(file.directory)(content.tls.cert), key: path(file.directory)(content.tls.key) }
          : content.tls,
      fallback: true,
    }),
    certificateDirectory: pick('certificateDirectory', {
      flag: '--certs-dir',
      given: flags.certsDir === undefined ? undefined : path(cwd)(flags.certsDir),
      variable: 'SIDINGS_CERTS_DIR',
      parse: path(cwd),
      inFile:
        content.certificateDirectory === undefined ? undefined : path(file.directory)(content.certificateDirectory),
      fallback: given.checkoutCertificates ?? join(stateDirectory, 'certs'),
    }),
    bind: pick('bind', {
      flag: '--bind',
      given: flags.bind,
      variable: 'SIDINGS_BIND',
      parse: (text) => list(text, ','),
      inFile: content.bind,
      fallback: ['127.0.0.1', '::1'],
      check: asAddresses,
    }),
    roots: pick('roots', {
      flag: '--root',
      given: flags.root === undefined ? undefined : directories(cwd, flags.root),
      variable: 'SIDINGS_ROOT',
      parse: (text) => directories(cwd, list(text, delimiter)),
      inFile:
        fileRoots &&
        directories(
          file.directory,
          fileRoots.map(({ directory }) => directory),
        ),
      fallback: [],
    }),
    suffixes: pick('suffixes', {
      flag: '--suffix',
      given: flags.suffix,
      variable: 'SIDINGS_SUFFIX',
      parse: (text) => list(text, ','),
      inFile: content.suffixes,
      fallback: ['localhost'],
      check: asSuffixes,
    }),
    stateDirectory,
    docker: pick('docker', {
      flag: '--no-docker',
      // Commander says true where the flag is absent.
      given: flags.docker === false ? false : undefined,
      variable: 'SIDINGS_DOCKER',
      parse: asBoolean,
      inFile: content.docker,
      fallback: true,
    }),
    upstreamHost: pick('upstreamHost', {
      flag: '--upstream-host',
      given: flags.upstreamHost,
      variable: 'SIDINGS_UPSTREAM_HOST',
      parse: (text) => text,
      inFile: content.upstreamHost,
      fallback: 'localhost',
      check: asHost,
    }),
    responseTimeout: pick('responseTimeout', {
      flag: '--response-timeout',
      given: flags.responseTimeout === undefined ? undefined : asSeconds(flags.responseTimeout, '--response-timeout'),
      variable: 'SIDINGS_RESPONSE_TIMEOUT',
      parse: asSeconds,
      inFile: content.proxy?.responseTimeout,
      // Long enough for an API that stands in a debugger for a while.
      fallback: 300,
    }),
    history: pick('history', {
      flag: '--history',
      given: flags.history === undefined ? undefined : asCount(flags.history, '--history'),
      variable: 'SIDINGS_HISTORY',
      parse: asCount,
      inFile: content.history,
      fallback: 2000,
    }),
    lanes: pick('lanes', {
      flag: '--lanes',
      given: flags.lanes === undefined ? undefined : asLanes(flags.lanes, '--lanes'),
      variable: 'SIDINGS_LANES',
      parse: asLanes,
      inFile: content.proxy?.lanes,
      fallback: 'fast',
    }),
    logLevel: pick('logLevel', {
      flag: '--log-level',
      given: flags.logLevel === undefined ? undefined : asLevel(flags.logLevel, '--log-level'),
      variable: 'SIDINGS_LOG_LEVEL',
      parse: asLevel,
      inFile: content.log?.level,
      fallback: 'info',
    }),
    accessLog: pick('accessLog', {
      flag: '--access-log',
      given: flags.accessLog,
      variable: 'SIDINGS_ACCESS_LOG',
      parse: asBoolean,
      inFile: content.log?.access,
      fallback: false,
    }),
  };
  return {
    ...values,
    sources: sources as Record<SettingName, string>,
    trustedRoots: directories(
      file.directory,
      (fileRoots ?? []).filter(({ trusted }) => trusted).map(({ directory }) => directory),
    ),
    file: file.path,
  };
};
