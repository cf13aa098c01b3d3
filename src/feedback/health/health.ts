import type { Finding, ServiceCheck, ServiceHealth, WorkstreamHealth } from '../../model/health.ts';
import { printable } from '../../model/text.ts';
import type { Service, State, Workstream } from '../../model/workstream.ts';
import { type Address, connectTo, parseAddress } from './address.ts';
import { checkHttp } from './http.ts';
import { checkPostgres } from './postgres.ts';
import { checkRedis } from './redis.ts';

export interface HealthOptions {
  readonly state: () => State;
  /** Looks at all ports now; settles when the state says what was seen. */
  readonly look: () => Promise<void>;
  readonly checkOf: (directory: string, service: string) => Promise<ServiceCheck>;
}

/** How the services are, of all workstreams or of those in a folder. */
export type Health = (directory?: string) => Promise<readonly WorkstreamHealth[]>;

/** How long a service may take, in milliseconds. */
const patienceMs = 2000;
/** What was found so long ago is given again. */
const freshMs = 1500;
/** Checks at the same time. */
const concurrency = 16;

interface Remembered {
  readonly finding: Promise<ServiceHealth>;
  /** When it was found; undefined while it is looked for. */
  at: number | undefined;
}

/**
 * Checks services when somebody asks, each once at a time. Nothing is sent to a port that is not known to be of its own copy: a password
 * might be in it.
 */
export const createHealth = ({ state, look, checkOf }: HealthOptions): Health => {
  const known = new Map<string, Remembered>();
  const limit = createLimit(concurrency);

  const forget = (): void => {
    const now = performance.now();
    for (const [key, { at }] of known) if (at !== undefined && now - at > freshMs) known.delete(key);
  };

  const healthOf = (directory: string, service: Service): Promise<ServiceHealth> => {
    const key = JSON.stringify([directory, service.name, service.upstream, service.state]);
    const before = known.get(key);
    if (before !== undefined) return before.finding;
    const finding = limit(() => check(directory, service));
    const entry: Remembered = { finding, at: undefined };
    known.set(key, entry);
    const found = (): void => {
      entry.at = performance.now();
    };
    finding.then(found, found);
    return finding;
  };

  const check = async (directory: string, service: Service): Promise<ServiceHealth> => {
    const { name, state: now, port } = service;
    const without = (detail: string): ServiceHealth => ({ name, state: now, healthy: false, check: 'none', detail });
    if (now === 'down') return without(`nothing listens on port ${port}`);
    if (now === 'foreign') return without(`port ${port} is held by a process of another copy`);
    if (now === 'starting') return without('its container is not healthy yet');
    const address = parseAddress(service.upstream);
    if (address === undefined) return without(`${printable(service.upstream)} is no address`);
    const how = await checkOf(directory, name);
    return { name, state: now, check: how.kind, ...(await examine(address, how)) };
  };

  return async (directory) => {
    await look();
    forget();
    const found = state().workstreams.filter((one) => directory === undefined || one.directory === directory);
    return Promise.all(
      found.map(async ({ name, directory: folder, services }: Workstream): Promise<WorkstreamHealth> => {
        const all = await Promise.all(services.map((service) => healthOf(folder, service)));
        return { name, directory: folder, healthy: all.every(({ healthy }) => healthy), services: all };
      }),
    );
  };
};

/** Does the check in time; what goes wrong with it is what was found. */
const examine = async (address: Address, how: ServiceCheck): Promise<Finding> => {
  const signal = AbortSignal.timeout(patienceMs);
  const begun = performance.now();
  const latencyMs = (): number => Math.round((performance.now() - begun) * 10) / 10;
  try {
    const found = await withSignal(askService(address, how, signal), signal);
    return { ...found, detail: printable(found.detail), latencyMs: latencyMs() };
  } catch (error) {
    const detail = signal.aborted ? `no answer within ${patienceMs / 1000} s` : printable(reasonOf(error));
    return { healthy: false, detail };
  }
};

const askService = async (address: Address, how: ServiceCheck, signal: AbortSignal): Promise<Finding> => {
  switch (how.kind) {
    case 'http':
      return checkHttp(address, how, signal);
    case 'postgres':
      return checkPostgres(address, how.login, signal);
    case 'redis':
      return checkRedis(address, how, signal);
    case 'tcp':
      (await connectTo(address, signal)).destroy();
      return { healthy: true, detail: `accepts connections on port ${address.port}` };
  }
};

const reasonOf = (error: unknown): string => {
  const { errors, message } = error as { errors?: readonly unknown[]; message?: string };
  // Both families of loopback were tried.
  return message || (errors === undefined ? String(error) : errors.map(reasonOf).join('; '));
};

const withSignal = <Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });

/** Does work, so much at a time and the rest in order. */
const createLimit = (most: number) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};
