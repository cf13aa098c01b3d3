import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { field } from './field.ts';

/** A place where a Docker Engine may be. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: EndpointTls | undefined }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port: number | undefined;
      readonly user: string | undefined;
    };

export interface EndpointTls {
  /** Folder that holds ca.pem, cert.pem and key.pem, or some of them. */
  readonly folder: string;
  readonly verify: boolean;
}

export interface EndpointInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
  /** The text of a file; undefined where there is none that can be read. */
  readonly read: (file: string) => Promise<string | undefined>;
}

/**
 * Where to look for an engine, in order. What a variable names is the only one; without one it is the current context of the Docker
 * command and then the sockets of all programs that are known to bring an engine.
 */
export const endpointsOf = async (input: EndpointInput): Promise<readonly Endpoint[]> => {
  const { environment, home } = input;
  const configFolder = environment.DOCKER_CONFIG || join(home, '.docker');
  const { DOCKER_HOST: host, DOCKER_CONTEXT: named, DOCKER_CERT_PATH: certificates } = environment;
  if (host) {
    const verify = Boolean(environment.DOCKER_TLS_VERIFY);
    const tls = verify || certificates ? { folder: certificates || configFolder, verify } : undefined;
    return present(parseHost(host, tls));
  }
  if (named && named !== 'default') return present(await contextEndpoint(named, configFolder, input));
  const current = named ? undefined : field(await readJson(join(configFolder, 'config.json'), input), 'currentContext');
  const ofContext =
    typeof current === 'string' && current !== 'default'
      ? await contextEndpoint(current, configFolder, input)
      : undefined;
  const paths = new Set(socketPaths(input));
  if (ofContext?.kind === 'socket') paths.delete(ofContext.path);
  return [...present(ofContext), ...[...paths].map((path) => ({ kind: 'socket', path }) as const)];
};

const present = (endpoint: Endpoint | undefined): readonly Endpoint[] => (endpoint === undefined ? [] : [endpoint]);

/** The sockets of Docker, Docker Desktop, rootless Docker, Colima, OrbStack, Rancher Desktop, Lima and Podman. */
const socketPaths = ({ environment, home, platform, uid }: EndpointInput): readonly string[] => {
  if (platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  const { XDG_RUNTIME_DIR: given, XDG_CONFIG_HOME: config } = environment;
  const runtime = given && isAbsolute(given) ? given : uid === undefined ? undefined : `/run/user/${uid}`;
  const colima = environment.COLIMA_HOME || join(home, '.colima');
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(colima, 'default/docker.sock'),
    join(config || join(home, '.config'), 'colima/default/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.rd/docker.sock'),
    join(home, '.lima/docker/sock/docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
    join(home, '.local/share/containers/podman/machine/podman.sock'),
  ];
};

/** What the value of DOCKER_HOST, or of a context, names; undefined where it is nothing that is known. */
const parseHost = (text: string, tls: EndpointTls | undefined): Endpoint | undefined => {
  const path = /^(?:unix|npipe):\/\/(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'socket', path };
  const address = text.includes('://') ? text : `tcp://${text}`;
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port, username } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === '') return undefined;
  if (protocol === 'ssh:') {
    return { kind: 'ssh', host, port: port === '' ? undefined : Number(port), user: username || undefined };
  }
  if (protocol !== 'tcp:' && protocol !== 'http:' && protocol !== 'https:') return undefined;
  // A URL leaves the usual port of its scheme out.
  const usual = protocol === 'http:' ? 80 : protocol === 'https:' ? 443 : tls === undefined ? 2375 : 2376;
  return { kind: 'tcp', host, port: port === '' ? usual : Number(port), tls };
};

/** The context's own file, which lies in a folder that is named after the hash of its name. */
const contextEndpoint = async (
  name: string,
  configFolder: string,
  input: EndpointInput,
): Promise<Endpoint | undefined> => {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readJson(join(configFolder, 'contexts/meta', id, 'meta.json'), input);
  const endpoint = field(field(meta, 'Endpoints'), 'docker');
  const host = field(endpoint, 'Host');
  if (typeof host !== 'string') return undefined;
  const folder = join(configFolder, 'contexts/tls', id, 'docker');
  const hasTls = (await input.read(join(folder, 'ca.pem'))) !== undefined || field(endpoint, 'SkipTLSVerify') === true;
  return parseHost(host, hasTls ? { folder, verify: field(endpoint, 'SkipTLSVerify') !== true } : undefined);
};

const readJson = async (file: string, { read }: EndpointInput): Promise<unknown> => {
  const text = await read(file);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
};

/** The endpoint as text, for the log. */
export const describeEndpoint = (endpoint: Endpoint): string => {
  switch (endpoint.kind) {
    case 'socket':
      return endpoint.path;
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}`;
    case 'ssh':
      return `ssh://${endpoint.host}`;
  }
};
