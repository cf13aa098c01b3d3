import { request } from 'node:http';
import { setTimeout as rest } from 'node:timers/promises';
import { resolverSettings } from '../../../config/resolver-settings.ts';
import type { Settings } from '../../../config/settings.ts';
import type { WorkstreamHealth } from '../../../model/health.ts';
import { SidingsError } from '../../../model/problem.ts';
import type { Resolution, Service, Workstream } from '../../../model/workstream.ts';
import { findCopy } from '../../../resolver/find-copy.ts';
import { resolveCopy } from '../../../resolver/resolve.ts';
import { askDaemon } from '../daemon-client.ts';
import { serviceOf } from '../lookup.ts';

export interface ServiceReadiness {
  readonly name: string;
  readonly ready: boolean;
  /** What was seen last: why not, or how it answers. */
  readonly detail: string;
  /** The command that might help; where it is not ready. */
  readonly hint?: string;
  readonly url?: string;
  readonly localUrl?: string;
}

export interface Readiness {
  readonly name: string;
  readonly directory: string;
  readonly ready: boolean;
  readonly services: readonly ServiceReadiness[];
  /** Why nothing is known of the services: there is no proxy, or it does not know the copy. */
  readonly problem?: string;
  readonly waitedMs: number;
}

export interface WaitOptions {
  /** A folder of the copy. */
  readonly directory: string;
  /** Empty: all of them. */
  readonly services: readonly string[];
  readonly timeoutMs: number;
  readonly settings: Settings;
}

/** Between two looks. */
const restMs = 200;
/** How long a service may take to answer through the proxy. */
const answerMs = 5000;

/**
 * Waits until services listen, are healthy and answer through the proxy; gives what was seen last. Errors: `project-not-found`,
 * `service-unknown`.
 */
export const waitUntilReady = async ({ directory, services, timeoutMs, settings }: WaitOptions): Promise<Readiness> => {
  const copy = await resolveCopy(await findCopy(directory), resolverSettings(settings));
  const begun = performance.now();
  for (;;) {
    const seen = await look(copy, services, settings);
    const waitedMs = Math.round(performance.now() - begun);
    const { name, directory: folder } = copy;
    const ready = seen.problem === undefined && seen.services.every((service) => service.ready);
    if (ready || waitedMs >= timeoutMs) return { name, directory: folder, ready, ...seen, waitedMs };
    await rest(Math.min(restMs, timeoutMs - waitedMs));
  }
};

type Seen = Pick<Readiness, 'services' | 'problem'>;

const look = async (copy: Resolution, wanted: readonly string[], settings: Settings): Promise<Seen> => {
  const none = (problem: string): Seen => ({ services: [], problem });
  try {
    const path = `/api/lookup?directory=${encodeURIComponent(copy.directory)}`;
    const workstream = await askDaemon<Workstream>(path, settings);
    if (workstream === undefined)
      return none(`no sidings answers on port ${settings.httpPort}: start it with \`sidings start\``);
    if (workstream.directory !== copy.directory)
      return none(`the sidings on port ${settings.httpPort} does not know ${copy.directory}: start it with --root`);
    const services = wanted.length === 0 ? workstream.services : wanted.map((name) => serviceOf(workstream, name));
    const health = await healthOf(workstream, settings);
    return { services: await Promise.all(services.map((service) => readinessOf(service, copy, health, settings))) };
  } catch (error) {
    if (!(error instanceof SidingsError) || error.code === 'service-unknown') throw error;
    return none(`${error.message} ${error.hint}`);
  }
};

/** How the services of a workstream are. */
export const healthOf = async (
  { name, directory }: Pick<Workstream, 'name' | 'directory'>,
  settings: Settings,
): Promise<WorkstreamHealth | undefined> => {
  const answer = await askDaemon<{ readonly workstreams: readonly WorkstreamHealth[] }>(
    `/api/health?workstream=${encodeURIComponent(name)}`,
    settings,
  );
  return answer?.workstreams.find((one) => one.directory === directory);
};

const readinessOf = async (
  service: Service,
  copy: Resolution,
  health: WorkstreamHealth | undefined,
  settings: Settings,
): Promise<ServiceReadiness> => {
  const { name, url, localUrl } = service;
  const found = health?.services.find((one) => one.name === name);
  const about = { name, ...(url !== undefined && { url }), ...(localUrl !== undefined && { localUrl }) };
  if (!found?.healthy)
    return { ...about, ready: false, detail: found?.detail ?? service.state, hint: hintOf(service, copy) };
  if (url === undefined) return { ...about, ready: true, detail: found.detail };
  const routed = await askThroughProxy(url, copy, name, settings);
  return routed === copy.name
    ? { ...about, ready: true, detail: `${found.detail}; answers at ${url}` }
    : { ...about, ready: false, detail: `${url} does not lead to it: ${routed}`, hint: 'See `sidings check`.' };
};

const hintOf = ({ name, state, container }: Service, { directory }: Resolution): string => {
  if (state === 'foreign') return 'See `sidings check`: stop the process that holds its port.';
  if (container !== undefined) return `See \`sidings logs ${name}\`.`;
  return state === 'down'
    ? `Start it in ${directory}: \`stack-env run --service ${name} -- COMMAND\`, or \`stack-env compose up -d ${name}\`.`
    : `See \`sidings logs ${name}\`.`;
};

/** Asks for a service as a client of the proxy: gives the name of the workstream that answers, or why none does. */
const askThroughProxy = (url: string, copy: Resolution, name: string, { httpPort }: Settings): Promise<string> =>
  new Promise((resolve) => {
    const service = Object.hasOwn(copy.services, name) ? copy.services[name] : undefined;
    const health = service?.kind === 'http' ? service.health : undefined;
    const outgoing = request({
      host: '127.0.0.1',
      port: httpPort,
      // In clear text, which every service of ours answers too; that the name resolves, or a certificate is trusted, is for the doctor.
      headers: { host: new URL(url).host, accept: '*/*', 'user-agent': 'sidings' },
      // What a browser would ask: some servers know no HEAD, and a failure of ours would count as one of theirs.
      path: health ?? '/',
      agent: false,
      signal: AbortSignal.timeout(answerMs),
    });
    outgoing.on('error', (error) => resolve(error.message));
    outgoing.on('response', (response) => {
      const from = response.headers['x-workstream'];
      resolve(typeof from === 'string' ? from : `the proxy answers ${response.statusCode}`);
      response.destroy();
    });
    outgoing.end();
  });
