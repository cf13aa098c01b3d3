import { setMaxListeners } from 'node:events';
import { access, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Log } from '../../model/log.ts';
import type { ContainerLogs } from '../../model/log-line.ts';
import type { CopyClaim, ServiceClaim, Snapshot, Upstream } from '../../model/workstream.ts';
import { readRegularFile } from '../../resolver/regular-file.ts';
import { createBell, pause } from '../pause.ts';
import type { Provider } from '../provider.ts';
import type { Inspected, Listed } from './answers.ts';
import type { ContainerData } from './container.ts';
import { describeEndpoint, type Endpoint, type EndpointInput, endpointsOf } from './endpoints.ts';
import { connectEngine, type Engine } from './engine.ts';
import { containerOf, containerStates, type Plan, type PlannedService, planOf } from './plan.ts';
import { type Reached, reach } from './reach.ts';

export interface DockerProviderOptions {
  readonly suffixes: readonly string[];
  /** Where ports that are published on loopback are reached, if not there. */
  readonly upstreamHost?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Everything is listed again this often, whatever the events say. */
  readonly rescanMs?: number;
  readonly log: Log;
}

export interface DockerProvider extends Provider, ContainerLogs {
  /** Tells of all copies that there are; containers are found in these. */
  readonly know: (copies: readonly CopyClaim[]) => void;
  /** Something did not answer there: it is looked for again. */
  readonly suspect: (upstream: Upstream) => void;
  /** Whether an engine answers now. */
  readonly isConnected: () => boolean;
}

/** Between one list and the next while events go on: at least so long, and as long as the last one took. */
const restMs = 20;
/** After the last event, once more: an engine tells of some things before its list has them. */
const settleMs = 500;
/** An engine that was lost, or that is not there yet, is looked for again after so long, and longer each time. */
const firstBackOffMs = 100;
const longestBackOffMs = 1000;
/** The same for a service that does not answer yet. */
const firstRetryMs = 250;
const longestRetryMs = 5000;
/** Between the end of a container's log and the look for one that goes on, and how many lines that may begin with. */
const logRestMs = 500;
const mostAtOnce = 5000;
/** Calls and connections at the same time. */
const concurrency = 32;

/**
 * The containers of the first engine that answers. They are listed after every event and are services of the copies that they were
 * started in. Without an engine there are none, which is nothing to complain about.
 */
export const dockerProvider = ({
  suffixes,
  upstreamHost,
  environment,
  home,
  rescanMs = 60_000,
  log,
}: DockerProviderOptions): DockerProvider => {
  let copies: readonly CopyClaim[] = [];
  let containers: readonly ContainerData[] = [];
  let engine: Engine | undefined;
  const bell = createBell();
  /** By id: what does not change of a container is asked for once. */
  const inspected = new Map<string, Inspected>();
  /** Those whose end was told: the engine's list says for a while that they run, until it has cleaned up behind them. */
  const ended = new Set<string>();
  /** By what a service is and where it may be: where it answered. */
  const reached = new Map<string, Reached | undefined>();

  const run: Provider['run'] = async (publish, outer) => {
    // Every call listens to it while it is under way.
    const life = new AbortController();
    const { signal } = life;
    setMaxListeners(0, signal);
    outer.addEventListener('abort', () => life.abort(), { once: true });
    if (outer.aborted) life.abort();
    let plan: Plan = { copies: [], problems: [] };
    let backOff = firstBackOffMs;

    const publishNow = (kept?: (found: Reached) => boolean): void => {
      if (!signal.aborted) publish(snapshotOf(plan, (service) => reached.get(keyOf(service)), kept));
    };

    /** Looks for the addresses that are not known; gives whether all services answer. */
    const tryAll = async (which: Which): Promise<boolean> => {
      const services = plan.copies.flatMap((copy) => copy.services);
      const keys = new Set(services.map(keyOf));
      for (const key of reached.keys()) if (!keys.has(key)) reached.delete(key);
      const open = services.filter((service) => which(reached.get(keyOf(service)), service));
      await each(open, async (service) => void reached.set(keyOf(service), await reach(service.upstreams)));
      return services.every((service) => reached.get(keyOf(service))?.answers === true);
    };
    const unanswered: Which = (found) => found?.answers !== true;
    /** Databases write into their log that somebody came and said nothing, so one that has answered is left in peace. */
    const routed: Which = (found, { claim }) => found?.answers !== true || claim.kind === 'http';

    /** Sees all containers once. Rejects when the engine does not say which there are. */
    const look = async (from: Engine): Promise<{ readonly complete: boolean }> => {
      const listed = await from.list();
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of inspected.keys()) if (!ids.has(id)) inspected.delete(id);
      for (const id of ended) if (!ids.has(id)) ended.delete(id);
      let complete = true;
      const unknown = listed.filter(({ id, state }) => state === 'running' && !inspected.has(id));
      await each(unknown, async ({ id, name }) => {
        try {
          const found = await from.inspect(id);
          if (found !== undefined) inspected.set(id, found);
        } catch (error) {
          complete = false;
          log.debug({ container: name, reason: String(error) }, 'a container could not be inspected');
        }
      });
      const directories = await realPaths(listed);
      containers = listed.map(({ workingDirectory, ...container }) => ({
        ...container,
        ...(ended.has(container.id) && container.state === 'running' && { state: 'exited', status: 'Exited' }),
        env: inspected.get(container.id)?.env ?? {},
        exposed: inspected.get(container.id)?.exposed ?? [],
        directory: workingDirectory === undefined ? undefined : directories.get(workingDirectory),
      }));
      return { complete };
    };

    const replan = (): void => {
      const understood = containers.filter(({ id, state }) => state !== 'running' || inspected.has(id));
      plan = planOf({ containers: understood, copies, suffixes, upstreamHost });
    };

    /** Stays with an engine until it is lost; settles or rejects with the reason. */
    const follow = async (current: Engine): Promise<string> => {
      ended.clear();
      const { lost } = await current.listen(({ action, id }) => {
        if (action === 'die') ended.add(id);
        if (action === 'start') ended.delete(id);
        bell.ring();
      });
      const stay = new AbortController();
      const end = (): void => stay.abort();
      signal.addEventListener('abort', end);
      const reason = lost.finally(end);
      try {
        let isRescan = true;
        let isSettled = true;
        while (!stay.signal.aborted) {
          bell.reset();
          const begun = performance.now();
          const { complete } = await unlessEnded(look(current), stay.signal);
          replan();
          let answered = await tryAll(isRescan ? routed : unanswered);
          publishNow();
          backOff = firstBackOffMs;
          const looked = performance.now();
          if (bell.hasRung()) await pause(Math.max(restMs, looked - begun), stay.signal);
          const rescanAt = looked + (!complete ? longestRetryMs : isSettled ? rescanMs : settleMs);
          for (let retry = firstRetryMs; ; retry = Math.min(retry * 2, longestRetryMs)) {
            const left = rescanAt - performance.now();
            if (left <= 0 || bell.hasRung()) break;
            await pause(answered ? left : Math.min(left, retry), stay.signal, bell.rung());
            if (stay.signal.aborted) break;
            if (answered || bell.hasRung()) continue;
            // What is silent must not keep news waiting.
            answered = await Promise.race([tryAll(unanswered), bell.rung().then(() => false)]);
            publishNow();
          }
          // After news comes one look more when it is quiet, and then those that come in any case.
          isRescan = !bell.hasRung() && isSettled;
          isSettled = !bell.hasRung();
        }
      } finally {
        signal.removeEventListener('abort', end);
      }
      return reason;
    };

    while (!signal.aborted) {
      engine = await findEngine(signal);
      if (engine !== undefined) {
        const reason = await follow(engine).catch(String);
        log.debug({ reason }, 'the engine was lost');
        engine = undefined;
      }
      if (signal.aborted) return;
      // Containers may outlive their engine; those that still answer are served.
      replan();
      await tryAll(() => true);
      publishNow(({ answers }) => answers);
      await pause(backOff, signal);
      backOff = Math.min(backOff * 2, longestBackOffMs);
    }
  };

  let told: string | undefined;
  /** The first engine that answers. */
  const findEngine = async (signal: AbortSignal): Promise<Engine | undefined> => {
    const read = (file: string): Promise<string | undefined> => readRegularFile(file).catch(() => undefined);
    const input: EndpointInput = { environment, home, platform: process.platform, uid: process.geteuid?.(), read };
    for (const endpoint of await endpointsOf(input)) {
      if (signal.aborted || !(await mayAnswer(endpoint))) continue;
      try {
        const found = await connectEngine(endpoint, signal);
        const name = describeEndpoint(endpoint);
        if (told !== name) log.info({ engine: name }, 'containers are followed');
        told = name;
        return found;
      } catch (error) {
        log.debug({ engine: describeEndpoint(endpoint), reason: String(error) }, 'no engine answers here');
      }
    }
    return undefined;
  };

  return {
    name: 'docker',
    run,
    know: (known) => {
      copies = known;
      bell.ring();
    },
    suspect: ({ host, port }) => {
      for (const [key, found] of reached) {
        if (found?.answers !== true || found.upstream.host !== host || found.upstream.port !== port) continue;
        reached.set(key, { ...found, answers: false });
        bell.ring();
      }
    },
    isConnected: () => engine !== undefined,
    describe: (directory, service) => containerStates({ containers, copies, suffixes }, directory, service),
    readLog: async (directory, service, query) => {
      const container = containerOf({ containers, copies, suffixes }, directory, service);
      if (container === undefined || engine === undefined || query.lines < 1) return [];
      return engine.log(container.id, query).catch(() => []);
    },
    async *followLog(directory, service, query, signal) {
      let next = query;
      while (!signal.aborted) {
        const container = containerOf({ containers, copies, suffixes }, directory, service);
        if (container !== undefined && engine !== undefined) {
          try {
            for await (const line of engine.followLog(container.id, next, signal)) {
              // The engine's clock says it, so nothing comes twice.
              if (line.at !== undefined) next = { lines: mostAtOnce, since: line.at + 1 };
              yield line;
            }
          } catch (error) {
            log.debug({ container: container.name, reason: String(error) }, 'a log could not be followed');
          }
        }
        await pause(logRestMs, signal);
      }
    },
  };
};

/** What a promise comes to, or a rejection when the signal ends before. */
const unlessEnded = <Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise((resolve, reject) => {
    const end = (): void => reject(new Error('it was lost'));
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });

/** Which services are tried. */
type Which = (found: Reached | undefined, service: PlannedService) => boolean;

const keyOf = ({ id, upstreams }: PlannedService): string =>
  [id, ...upstreams.map(({ host, port }) => `${host} ${port}`)].join(' ');

/** A socket that is not there need not be tried. */
const mayAnswer = async (endpoint: Endpoint): Promise<boolean> => {
  if (endpoint.kind !== 'socket' || process.platform === 'win32') return true;
  return access(endpoint.path).then(
    () => true,
    () => false,
  );
};

/** The real paths of folders that compose was run in; those that are gone, or never were on this machine, are left out. */
const realPaths = async (listed: readonly Listed[]): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  const folders = new Set(
    listed.map(({ workingDirectory }) => workingDirectory).filter((folder) => folder !== undefined),
  );
  await each(
    [...folders].filter((folder) => isAbsolute(folder) && !folder.includes('\0')),
    async (folder) => {
      const real = await realpath(folder).catch(() => undefined);
      if (real !== undefined) found.set(folder, real);
    },
  );
  return found;
};

/** Does something with each of many, some at a time. */
const each = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const left = items.values();
  const take = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, take));
};

const snapshotOf = (
  { copies, problems }: Plan,
  reachedAt: (service: PlannedService) => Reached | undefined,
  kept: (found: Reached) => boolean = () => true,
): Snapshot => ({
  provider: 'docker',
  copies: copies.map(({ claim, services }) => ({
    ...claim,
    services: services.flatMap((service): ServiceClaim[] => {
      const found = reachedAt(service);
      if (found === undefined || !kept(found)) return [];
      const { upstream, answers } = found;
      const isLoopback = upstream.host.startsWith('127.') || upstream.host === '::1';
      if (service.starting) return [{ ...service.claim, upstream, state: 'starting' }];
      // Who listens on loopback, the kernel says better.
      return [{ ...service.claim, upstream, ...(!isLoopback && { state: answers ? 'up' : 'down' }) }];
    }),
  })),
  problems,
});
