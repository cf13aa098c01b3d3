import { lookup as resolveName } from 'node:dns/promises';
import { once } from 'node:events';
import { homeFolder } from './config/home.ts';
import { resolverSettings } from './config/resolver-settings.ts';
import type { Settings } from './config/settings.ts';
import { accessLog } from './feedback/access-log.ts';
import { createHealth } from './feedback/health/health.ts';
import { openHistory } from './feedback/history.ts';
import { serviceLogFile } from './feedback/service-log.ts';
import { createServiceLogs } from './feedback/service-logs.ts';
import type { ProxyAddress } from './model/address.ts';
import type { Diagnosis } from './model/diagnosis.ts';
import type { Exchange } from './model/exchange.ts';
import { innermost } from './model/folder.ts';
import { statusHostnames } from './model/hostname.ts';
import type { Log } from './model/log.ts';
import { plainText } from './model/log-line.ts';
import { fail, problem } from './model/problem.ts';
import { lookup, type Route } from './model/route-table.ts';
import type { Resolution } from './model/workstream.ts';
import { directoryProvider } from './providers/directories.ts';
import { type DockerProvider, dockerProvider } from './providers/docker/docker.ts';
import { pause } from './providers/pause.ts';
import { descriptorLimit, mostClients } from './proxy/descriptors.ts';
import { createProxy } from './proxy/proxy.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import { createActivity } from './resolver/activity.ts';
import { cachedResolver } from './resolver/cache.ts';
import { reasonOf } from './resolver/regular-file.ts';
import { serviceCheck } from './resolver/service-check.ts';
import { createStatus } from './status/status.ts';
import { openCertificates } from './tls/certificates.ts';
import { thisMachine } from './tls/trust.ts';
import { createTrustLook } from './tls/trust-look.ts';

/** Lines of a service's log on the page that says why it does not answer. */
const logLines = 15;
/** How long a Docker Engine may take to tell of its containers before what it runs is found later. */
const dockerPatienceMs = 1000;
/** How long requests that are under way may take to end, in milliseconds. */
const graceMs = 10_000;

export interface Watch {
  readonly registry: Registry;
  /** Undefined where containers are to be left alone. */
  readonly docker: DockerProvider | undefined;
  /** What a copy is; rejects with a SidingsError where it cannot be resolved. */
  readonly resolve: (directory: string) => Promise<Resolution>;
  /** Looks under other roots from here on. Settles when what is there has been seen once. */
  readonly follow: (settings: Settings) => Promise<void>;
}

interface WatchOptions {
  readonly settings: Settings;
  readonly upstreamHost: string | undefined;
  readonly address: () => ProxyAddress;
  readonly log: Log;
  /** Of the user whose copies and sockets are meant. */
  readonly home?: string | undefined;
  /** Ends it. When a part fails, it is this controller that the failure ends. */
  readonly life: AbortController;
  /** No slot is claimed and no resolver command run: a copy that needs that is seen with a problem only. */
  readonly readOnly?: boolean | undefined;
}

/** Finds the copies under the roots and watches their services. */
export const watchWorkstreams = (options: WatchOptions): Watch => {
  const { settings, upstreamHost, address, log, life, readOnly, home = homeFolder() } = options;
  const { suffixes } = settings;
  const registry = createRegistry({ suffixes, upstreamHost, address, log });
  const fail = (error: unknown): void => life.abort(error);
  registry.run(life.signal).catch(fail);
  const docker = settings.docker
    ? dockerProvider({ suffixes, upstreamHost, environment: process.env, home, log })
    : undefined;
  let containersSeen: Promise<void> | undefined;
  const watchContainers = (): Promise<void> =>
    new Promise((resolve) => {
      const publish = (snapshot: Parameters<Registry['publish']>[0]): void => {
        registry.publish(snapshot);
        resolve();
      };
      docker?.run(publish, life.signal).catch(fail).finally(resolve);
    });

  const resolverOf = (current: Settings) =>
    cachedResolver({ ...resolverSettings(current), signal: life.signal, readOnly });
  let resolver = resolverOf(settings);
  const resolve: Watch['resolve'] = (directory) => resolver(directory);
  const directories = directoryProvider({ roots: settings.roots, resolve, upstreamHost, log });
  let isFollowing = false;
  const watchCopies = (): Promise<void> =>
    new Promise((resolve) => {
      const publish = (snapshot: Parameters<Registry['publish']>[0]): void => {
        registry.publish(snapshot);
        docker?.know(snapshot.copies);
        resolve();
      };
      directories.run(publish, life.signal).catch(fail).finally(resolve);
    });
  const follow = async (current: Settings): Promise<void> => {
    if (isFollowing) {
      resolver = resolverOf(current);
      await directories.refresh(current.roots);
    } else {
      isFollowing = true;
      await watchCopies();
    }
    if (docker === undefined) return;
    containersSeen ??= watchContainers();
    await pause(dockerPatienceMs, life.signal, containersSeen);
  };
  return { registry, docker, resolve, follow };
};

/**
 * The address at which servers of this machine are reached; undefined where that is loopback. A name is asked for once: no request
 * waits for DNS. Errors: `upstream-host-unknown`.
 */
export const upstreamAddress = async ({ upstreamHost: host }: Settings): Promise<string | undefined> => {
  if (host === 'localhost') return undefined;
  try {
    return (await resolveName(host, { verbatim: false })).address;
  } catch (error) {
    throw fail('upstream-host-unknown', { host, reason: reasonOf(error) });
  }
};

export interface DaemonOptions {
  readonly settings: Settings;
  /** Of this program. */
  readonly version: string;
  readonly log: Log;
  /** Of the user whose copies and sockets are meant. */
  readonly home?: string | undefined;
  /** Ends the daemon. */
  readonly signal: AbortSignal;
  /** Does the binding of the ports, with what rights it needs. */
  readonly bind: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

export interface Daemon {
  /** Ports for clear text and for TLS; the same one where it is for both. */
  readonly ports: { readonly http: number; readonly https: number | undefined };
  /** Goes on with other settings; those that only a restart can change stay as they are. */
  readonly reload: (settings: Settings) => Promise<void>;
  /** Settles when everything is closed; rejects with the failure that ended it. */
  readonly closed: Promise<void>;
}

/**
 * Everything together. Ports are bound last, when all that can be known is known; rejects with the system's error when that fails.
 * Gives undefined when the signal ends it before it is ready.
 */
export const startDaemon = async ({
  settings,
  version,
  log,
  home,
  signal,
  bind,
}: DaemonOptions): Promise<Daemon | undefined> => {
  const life = new AbortController();
  const end = (): void => life.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const upstreamHost = await upstreamAddress(settings);
  const { tls, bind: addresses } = settings;
  let ports: Daemon['ports'] = { http: settings.httpPort, https: tls === false ? undefined : settings.httpsPort };
  const address = (): ProxyAddress =>
    ports.https === undefined ? { scheme: 'http', port: ports.http } : { scheme: 'https', port: ports.https };

  const certificates =
    tls === false
      ? undefined
      : await openCertificates(
          {
            folder: settings.certificateDirectory,
            suffixes: settings.suffixes,
            own: tls === true ? undefined : tls,
            allowed: (hostname) => lookup(registry.table(), hostname).kind !== 'misdirected',
            statusHostname: statusHostnames(settings.suffixes[0] ?? 'localhost')[0] ?? 'localhost',
            log,
          },
          life.signal,
        );

  const { registry, docker, resolve, follow } = watchWorkstreams({ settings, upstreamHost, address, log, home, life });

  const logs = createServiceLogs({
    fileOf: (directory, service) => serviceLogFile(settings.stateDirectory, directory, service),
    containers: docker,
  });
  const diagnose = async ({ directory, service }: Route): Promise<Diagnosis> => {
    const container = docker?.describe(directory, service);
    const [listening, { lines }] = await Promise.all([
      registry.listeningIn(directory),
      logs.readFrom(container === undefined ? 'process' : 'container', directory, service, { lines: logLines }),
    ]);
    return {
      listening,
      container,
      logTail: lines.map(({ text }) => plainText(text)),
      startCommand:
        container === undefined
          ? `stack-env run --service ${service} -- npm run dev`
          : `stack-env compose up -d ${service}`,
    };
  };

  const history = openHistory({ count: settings.history, version });
  const tellers = [...(settings.history > 0 ? [history.add] : []), ...(settings.accessLog ? [accessLog(log)] : [])];

  let { roots } = settings;
  const looksTrusted = createTrustLook(settings.certificateDirectory, { ...thisMachine(), ...(home && { home }) });

  const status = createStatus({
    state: registry.state,
    subscribe: registry.subscribe,
    lookup: (directory) => innermost(registry.state().workstreams, directory),
    requests: history,
    activity: createActivity({ copies: () => registry.state().workstreams, signal: life.signal }),
    setup: async () => ({
      roots,
      docker: docker === undefined ? 'off' : docker.isConnected() ? 'followed' : 'absent',
      rootCertificate: tls !== true ? 'unused' : (await looksTrusted()) ? 'trusted' : 'untrusted',
    }),
    logs,
    health: createHealth({
      state: registry.state,
      look: registry.look,
      checkOf: async (directory, service) => {
        const copy = await resolve(directory).catch(() => ({ env: {}, services: {}, slot: 0 }));
        return serviceCheck(copy, service);
      },
    }),
    suffixes: settings.suffixes,
    log,
  });
  const proxy = createProxy({
    table: registry.table,
    confirm: registry.confirm,
    suspect: (route) => {
      registry.suspect(route);
      docker?.suspect(route.upstream);
    },
    diagnose,
    status: status.handle,
    tls: certificates,
    onExchange: tellers.length < 2 ? tellers[0] : tellAll(tellers),
    lanes: settings.lanes,
    responseTimeoutMs: settings.responseTimeout * 1000,
    mostClients: mostClients(descriptorLimit()),
    crowded: (isCrowded) => {
      const cause = problem('descriptors-exhausted');
      if (isCrowded) log.error({ code: cause.code }, `${cause.message} More are refused.`);
      else log.info({}, 'there is room for connections again');
      registry.publish({ provider: 'proxy', copies: [], problems: isCrowded ? [cause] : [] });
    },
    log,
  });

  const close = async (): Promise<void> => {
    life.abort();
    await Promise.all([status.close(), proxy.close(graceMs)]);
  };
  const listen = async (): Promise<Daemon['ports']> => {
    if (tls === false) return { http: await proxy.listen(addresses, settings.httpPort), https: undefined };
    if (settings.httpPort === settings.httpsPort && settings.httpPort !== 0) {
      const both = await proxy.listen(addresses, settings.httpPort, 'both');
      return { http: both, https: both };
    }
    const https = await proxy.listen(addresses, settings.httpsPort, 'https');
    return { http: await proxy.listen(addresses, settings.httpPort), https };
  };
  try {
    await follow(settings);
    if (!life.signal.aborted) ports = await bind(listen);
  } catch (error) {
    await close();
    throw error;
  }
  // Not before ports are bound: what is closed first would listen afterwards.
  const closed = ended(life.signal)
    .then(close)
    .then(() => throwFailure(life.signal));
  if (life.signal.aborted) {
    await closed;
    return undefined;
  }
  const reload = (next: Settings): Promise<void> => {
    roots = next.roots;
    return follow({ ...settings, roots, trustedRoots: next.trustedRoots });
  };
  return { ports, reload, closed };
};

const tellAll =
  (tellers: readonly ((exchange: Exchange) => void)[]) =>
  (exchange: Exchange): void => {
    for (const tell of tellers) tell(exchange);
  };

const ended = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

/** A signal that was ended by a failure throws it. */
const throwFailure = ({ reason }: AbortSignal): void => {
  if (!(reason instanceof DOMException)) throw reason;
};
