import { isDeepStrictEqual } from 'node:util';
import { type ProxyAddress, urlOf } from '../model/address.ts';
import type { ListeningProcess } from '../model/diagnosis.ts';
import type { Log } from '../model/log.ts';
import { type Problem, problem } from '../model/problem.ts';
import { buildRouteTable, emptyRouteTable, lookup, type Route, type RouteTable } from '../model/route-table.ts';
import type { Snapshot, State } from '../model/workstream.ts';
import { createListeningIn } from './listening-in.ts';
import { createLiveness, type Liveness, type Upstreams } from './liveness.ts';
import {
  conflict,
  foreignOwners,
  type MergedCopy,
  mergeSnapshots,
  notReady,
  type Refusals,
  type Sightings,
  stateOf,
} from './merge.ts';
import { upstreamKey } from './reach.ts';

export interface Registry {
  /** Immutable, swapped whole. */
  readonly table: () => RouteTable;
  readonly state: () => State;
  /** Replaces what a provider said before; what is the same is dropped. */
  readonly publish: (snapshot: Snapshot) => void;
  /** Called with each new state; gives the function that ends it. */
  readonly subscribe: (listener: (state: State) => void) => () => void;
  /** Whether the port of a route is held by its own copy: undefined, or why nothing may be sent there. Mostly known at once. */
  readonly confirm: (route: Route) => Problem | undefined | Promise<Problem | undefined>;
  /** What is known about the port of a route may be out of date. */
  readonly suspect: (route: Route) => void;
  /** Ports that processes working inside a folder listen on; Linux only, else empty. */
  readonly listeningIn: (directory: string) => Promise<readonly ListeningProcess[]>;
  /** Looks at all ports now; settles when state and table say what was seen. */
  readonly look: () => Promise<void>;
  /** Goes on looking until the signal ends it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface RegistryOptions {
  readonly suffixes: readonly string[];
  /** Where this machine is reached from a container: what is there is at `localhost` for its user. */
  readonly upstreamHost?: string | undefined;
  /** Where the proxy answers, for the addresses of services. */
  readonly address: () => ProxyAddress;
  readonly log: Log;
  /** Between one glance and the next while somebody is told of what is seen or asks services for something, twice that otherwise. */
  readonly intervalMs?: number;
  /** Names of providers: where two know a service, the later one says where it is reached. Others come after these as they appear. */
  readonly precedence?: readonly string[];
  readonly liveness?: Liveness;
}

/** A request relies on what was seen at most so long ago. */
const reliableMs = 1000;
/** A look that began so shortly ago is as good as one that begins now. */
const sharedMs = 5;

/** Merges what providers publish with what is seen of ports, and keeps the state and the route table made of it. */
export const createRegistry = ({
  suffixes,
  upstreamHost,
  address,
  log,
  intervalMs = 400,
  precedence = ['directory', 'docker'],
  liveness = createLiveness({ log }),
}: RegistryOptions): Registry => {
  const snapshots = new Map<string, Snapshot | undefined>(precedence.map((provider) => [provider, undefined]));
  const subscribers = new Set<(state: State) => void>();
  const listeningIn = createListeningIn();

  let copies: readonly MergedCopy[] = [];
  let problems: readonly Problem[] = [];
  let upstreams: Upstreams = new Map();
  let sightings: Sightings = new Map();
  let refusals: Refusals = new Map();
  let table = emptyRouteTable(suffixes);
  let state: State = { version: 0, problems: [], workstreams: [] };
  let addressShown: string | undefined;

  /** Routes found to be held by their own copies in this turn of the event loop: about what comes together the system is asked once. */
  const confirmed = new Set<Route>();
  const forgetConfirmed = (): void => confirmed.clear();

  const addressNow = (): string => urlOf('', address());

  /** Makes table and state of what is known. */
  const settle = (changed: { readonly copies: boolean }): void => {
    forgetConfirmed();
    const found = foreignOwners(copies, sightings);
    if (changed.copies || !isDeepStrictEqual(found, refusals)) {
      refusals = found;
      table = buildRouteTable(
        copies,
        suffixes,
        (copy, service) => conflict(copy) ?? found.get(service) ?? notReady(copy, service),
      );
    }
    addressShown = addressNow();
    const next = stateOf({ copies, problems, sightings, refusals, table, address: address(), upstreamHost });
    const { version, ...before } = state;
    if (isDeepStrictEqual(before, next)) return;
    state = { version: version + 1, ...next };
    for (const tell of [...subscribers]) {
      try {
        tell(state);
      } catch (error) {
        log.error({ error }, 'a subscriber of the registry failed');
      }
    }
  };

  const publish = (snapshot: Snapshot): void => {
    if (isDeepStrictEqual(snapshots.get(snapshot.provider), snapshot)) return;
    snapshots.set(snapshot.provider, snapshot);
    const known = [...snapshots.values()].filter((one) => one !== undefined);
    copies = mergeSnapshots(known, suffixes);
    problems = known.flatMap((one) => one.problems);
    upstreams = new Map(
      copies.flatMap(({ services }) =>
        services.filter(({ state }) => state === undefined).map(({ upstream }) => [upstreamKey(upstream), upstream]),
      ),
    );
    settle({ copies: true });
    endPause();
  };

  // Looks: one at a time, shared by all who wait for one that begins no earlier than they ask.
  let current: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;
  /** When that look began of which the sightings are. */
  let seenAt = Number.NEGATIVE_INFINITY;
  let lookedFor: Upstreams | undefined;
  /** Upstreams to be looked at anew, and those that the look under way is for. */
  let suspects = new Set<string>();
  let examined: ReadonlySet<string> = new Set();
  let busy = false;

  const lookOnce = async (): Promise<void> => {
    const at = performance.now();
    begunAt = at;
    lookedFor = upstreams;
    examined = suspects;
    suspects = new Set();
    busy = false;
    const seen = await liveness.look(upstreams, examined);
    seenAt = at;
    examined = new Set();
    const different = seen !== sightings;
    sightings = seen;
    if (different || addressShown !== addressNow()) settle({ copies: false });
  };

  const begin = (): Promise<void> => {
    following = undefined;
    current = lookOnce().finally(() => {
      current = undefined;
    });
    return current;
  };

  const look = async (): Promise<void> => {
    const isFresh = performance.now() - begunAt < sharedMs && lookedFor === upstreams && suspects.size === 0;
    if (isFresh) return current;
    if (following !== undefined) return following;
    if (current === undefined) return begin();
    following = current.then(begin, begin);
    return following;
  };

  const refusalOf = ({ hostname, upstream, service, workstream }: Route): Problem | undefined => {
    const match = lookup(table, hostname);
    if (match.kind !== 'route') return problem('hostname-unknown', { hostname });
    const moved = upstreamKey(match.route.upstream) !== upstreamKey(upstream);
    return moved ? problem('upstream-starting', { service, name: workstream }) : match.route.refusal;
  };

  const confirm: Registry['confirm'] = (route) => {
    if (confirmed.has(route) || !liveness.seesOwners(route.upstream.host)) return undefined;
    busy = true;
    const key = upstreamKey(route.upstream);
    const sighting = sightings.get(key);
    // Who took the port over is not always new on the connection: a server may end each one by itself.
    if (sighting !== undefined && liveness.isOrphaned(sighting)) suspects.add(key);
    const isUp = sighting !== undefined && !suspects.has(key) && !examined.has(key);
    if (isUp && performance.now() - seenAt < reliableMs) {
      const refusal = refusalOf(route);
      if (refusal !== undefined) return refusal;
      if (confirmed.size === 0) setImmediate(forgetConfirmed);
      confirmed.add(route);
      return undefined;
    }
    return look().then(() => refusalOf(route));
  };

  let endPause = (): void => {};
  const pause = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      // A glance costs little, but it is most of what an idle daemon does.
      const isWatched = busy || subscribers.size > 0;
      const timer = setTimeout(end, isWatched ? intervalMs : 2 * intervalMs);
      signal.addEventListener('abort', end);
      endPause = end;
    });

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (lookedFor !== upstreams || suspects.size > 0 || liveness.isDue(busy)) await look();
      else if (addressShown !== addressNow()) settle({ copies: false });
      if (lookedFor === upstreams && !signal.aborted) await pause(signal);
    }
  };

  return {
    table: () => table,
    state: () => {
      if (addressShown !== addressNow()) settle({ copies: false });
      return state;
    },
    publish,
    subscribe: (tell) => {
      subscribers.add(tell);
      endPause();
      return () => subscribers.delete(tell);
    },
    confirm,
    suspect: ({ upstream }) => {
      forgetConfirmed();
      if (liveness.seesOwners(upstream.host)) suspects.add(upstreamKey(upstream));
    },
    listeningIn: (directory) => listeningIn(directory, new Set(copies.map((copy) => copy.directory))),
    look,
    run,
  };
};
