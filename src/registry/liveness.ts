import type { Log } from '../model/log.ts';
import type { Upstream } from '../model/workstream.ts';
import { countSockets, hasStarted, newestProcess } from './glance.ts';
import { type Listener, readListeners } from './listeners-linux.ts';
import type { Sighting, Sightings } from './merge.ts';
import { isHeld, type PortOwner, portOwners } from './port-owners.ts';
import { probe } from './probe.ts';
import { isLoopback, type Reach, reachOf } from './reach.ts';

/** Upstreams by `upstreamKey`. */
export type Upstreams = ReadonlyMap<string, Upstream>;

/** The eyes of the registry. */
export interface Liveness {
  /** Whether it is seen who owns a port of a host; else only that something answers there. */
  readonly seesOwners: (host: string) => boolean;
  /** Whether it is time for another look; cheap. `busy`: somebody relies on what was seen. */
  readonly isDue: (busy: boolean) => boolean;
  /** Whether an owner that was seen has let go of its socket since, so that the port may be another's by now; cheap. */
  readonly isOrphaned: (sighting: Sighting) => boolean;
  /**
   * Sees every upstream. Gives the same map as before where nothing is different. Owners are looked for where a socket is new
   * or the upstream is a suspect. Never rejects; one look at a time.
   */
  readonly look: (upstreams: Upstreams, suspects: ReadonlySet<string>) => Promise<Sightings>;
}

export interface LivenessOptions {
  readonly log: Log;
  readonly platform?: NodeJS.Platform;
  readonly read?: typeof readListeners;
}

/** So long after a look there is another one where somebody relies on it or a process was started, and in any case. */
const restMs = 750;
const longestRestMs = 15_000;

const probing = { timeoutMs: 300, concurrency: 64 };
/** Probes take at most this share of the time. */
const probingShare = 1 / 10;

/** Sees through the kernel's tables on Linux, through connections elsewhere and where an upstream is not on this machine. */
export const createLiveness = ({
  log,
  platform = process.platform,
  read = readListeners,
}: LivenessOptions): Liveness => {
  const ownersOf = portOwners();
  let kernel = platform === 'linux';
  let probed: readonly [key: string, upstream: Upstream][] = [];
  let answers: ReadonlyMap<string, string | undefined> = new Map();
  let areAnswersNew = false;
  /** Undefined while probes are under way. */
  let probeAt: number | undefined = 0;
  let seen: Seen | undefined;
  /** The process that was the newest at the last glance, and whether any that may listen were started since the last look. */
  let newestSeen = 0;
  let areStarts = false;
  let sightings: Sightings = new Map();

  const seesOwners = (host: string): boolean => kernel && isLoopback(host);

  const listenersNow = async (): Promise<readonly Listener[]> => {
    if (!kernel) return [];
    try {
      return await read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Anything else, such as a moment without free file descriptors, passes.
      kernel = code !== 'ENOENT' && code !== 'EACCES' && code !== 'EPERM';
      log.warn(
        { error },
        kernel ? 'listening sockets could not be read' : 'ports are probed; their owners stay unknown',
      );
      return seen?.listeners ?? [];
    }
  };

  const probeAll = async (): Promise<void> => {
    probeAt = undefined;
    const begun = performance.now();
    const asked = probed;
    const addresses = await probe(
      asked.map(([, upstream]) => upstream),
      probing,
    );
    answers = new Map(asked.map(([key], index) => [key, addresses[index]]));
    areAnswersNew = true;
    const ended = performance.now();
    probeAt = ended + (ended - begun) / probingShare;
  };

  const areProbesDue = (): boolean => probed.length > 0 && probeAt !== undefined && performance.now() >= probeAt;

  return {
    seesOwners,
    isDue: (busy) => {
      if (seen === undefined || areAnswersNew || areProbesDue()) return true;
      if (!kernel) return false;
      const count = countSockets();
      if (count === undefined || count !== seen.count) return true;
      // As many came as went, if any. Mostly that takes a new process.
      const newest = newestProcess();
      areStarts ||= hasStarted(newestSeen, newest);
      newestSeen = newest;
      const rest = busy || areStarts ? restMs : longestRestMs;
      return performance.now() - seen.at >= rest;
    },
    isOrphaned: ({ owners }) => !owners.every(isHeld),
    look: async (upstreams, suspects) => {
      // Taken before it reads: what changes meanwhile is a difference the next time.
      const at = performance.now();
      const count = countSockets();
      newestSeen = newestProcess();
      areStarts = false;
      const listeners = await listenersNow();
      if (seen?.upstreams !== upstreams || !kernel) probed = [...upstreams].filter(([, { host }]) => !seesOwners(host));
      if (areProbesDue()) {
        const probes = probeAll();
        // An upstream that says nothing must not keep requests to others waiting; what it comes to is for the next look.
        if (!kernel) await probes;
      }
      const isSame =
        seen?.upstreams === upstreams &&
        suspects.size === 0 &&
        !areAnswersNew &&
        sameListeners(seen.listeners, listeners);
      seen = { at, count, listeners, upstreams };
      areAnswersNew = false;
      if (isSame) return sightings;

      const reaches = new Map<string, Reach>();
      const inodes = new Set<number>();
      const anew = new Set<number>();
      const onPort = byPort(listeners);
      for (const [key, upstream] of upstreams) {
        if (!seesOwners(upstream.host)) continue;
        const reach = reachOf(upstream, onPort.get(upstream.port) ?? []);
        if (reach === undefined) continue;
        reaches.set(key, reach);
        for (const { inode } of reach.sockets) {
          inodes.add(inode);
          if (suspects.has(key)) anew.add(inode);
        }
      }
      const owners = await ownersOf(inodes, anew);
      const found = new Map<string, Sighting | undefined>();
      for (const [key, { host }] of upstreams) {
        if (seesOwners(host)) found.set(key, sightingOf(reaches.get(key), owners));
        else if (answers.has(key)) found.set(key, answeredAt(answers.get(key)));
      }
      if (!sameSightings(sightings, found)) sightings = found;
      return sightings;
    },
  };
};

interface Seen {
  readonly at: number;
  readonly count: string | undefined;
  readonly listeners: readonly Listener[];
  readonly upstreams: Upstreams;
}

const sightingOf = (reach: Reach | undefined, owners: ReadonlyMap<number, PortOwner>): Sighting | undefined =>
  reach && {
    address: reach.address,
    owners: reach.sockets.map(({ inode }) => owners.get(inode)).filter((owner) => owner !== undefined),
  };

const answeredAt = (address: string | undefined): Sighting | undefined =>
  address === undefined ? undefined : { address, owners: [] };

const byPort = (listeners: readonly Listener[]): ReadonlyMap<number, readonly Listener[]> => {
  const ports = new Map<number, Listener[]>();
  for (const listener of listeners) {
    const others = ports.get(listener.port);
    if (others === undefined) ports.set(listener.port, [listener]);
    else others.push(listener);
  }
  return ports;
};

const sameListeners = (some: readonly Listener[], others: readonly Listener[]): boolean =>
  some.length === others.length &&
  some.every(({ inode, port, address }, index) => {
    const other = others[index];
    return inode === other?.inode && port === other.port && address === other.address;
  });

const sameSightings = (some: Sightings, others: Sightings): boolean => {
  if (some.size !== others.size) return false;
  for (const [key, other] of others) {
    const one = some.get(key);
    if (one === undefined ? other !== undefined || !some.has(key) : !sameSighting(one, other)) return false;
  }
  return true;
};

const sameSighting = (one: Sighting, other: Sighting | undefined): boolean =>
  one.address === other?.address &&
  one.owners.length === other.owners.length &&
  one.owners.every((owner, index) => owner === other.owners[index]);
