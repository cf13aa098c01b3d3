import { readFileSync } from 'node:fs';
import type { Log } from '../model/log.ts';
import type { Upstream } from '../model/workstream.ts';
import { type Listener, readListeners } from './listeners-linux.ts';
import type { Sighting, Sightings } from './merge.ts';
import { type PortOwner, portOwners } from './port-owners.ts';
import { probe } from './probe.ts';
import { isLoopback, type Reach, reachOf } from './reach.ts';

/** Upstreams by `upstreamKey`. */
export type Upstreams = ReadonlyMap<string, Upstream>;

/** The eyes of the registry. */
export interface Liveness {
  /** Whether it is seen who owns a port of a host; else only that something answers there. */
  readonly seesOwners: (host: string) => boolean;
  /** Cheap: whether it is time for another look. `busy` says that somebody relies on what was seen. */
  readonly isDue: (busy: boolean) => boolean;
  /**
   * Sees every upstream. Gives the same map as before where nothing is different. Owners are looked for where a socket is new
   * or the upstream is a suspect. Never rejects; one look at a time.
   */
  readonly look: (upstreams: Upstreams, suspects: ReadonlySet<string>) => Promise<Sightings>;
}

export interface LivenessOptions {
  readonly log: Log;
  readonly platform?: NodeJS.Platform;
}

/** So long after a look there is another one even though the number of sockets is the same. */
const busyMs = 800;
const idleMs = 2000;

const probing = { timeoutMs: 300, concurrency: 64 };
/** Probes take at most this share of the time. */
const probingShare = 1 / 10;

/** Sees through the kernel's tables on Linux, through connections elsewhere and where an upstream is not on this machine. */
export const createLiveness = ({ log, platform = process.platform }: LivenessOptions): Liveness => {
  const ownersOf = portOwners();
  let kernel = platform === 'linux';
  let probeAgainAt: number | undefined;
  let seen: Seen | undefined;
  let sightings: Sightings = new Map();

  const seesOwners = (host: string): boolean => kernel && isLoopback(host);

  const read = async (): Promise<readonly Listener[]> => {
    if (!kernel) return [];
    try {
      return await readListeners();
    } catch (error) {
      log.warn(
        { error },
        'the tables of listening sockets cannot be read, so ports are probed and owners stay unknown',
      );
      kernel = false;
      return [];
    }
  };

  const probeAll = async (upstreams: readonly Upstream[]): Promise<readonly (string | undefined)[]> => {
    const begun = performance.now();
    const addresses = await probe(upstreams, probing);
    const ended = performance.now();
    probeAgainAt = upstreams.length === 0 ? undefined : ended + (ended - begun) / probingShare;
    return addresses;
  };

  return {
    seesOwners,
    isDue: (busy) => {
      if (seen === undefined) return true;
      const now = performance.now();
      if (probeAgainAt !== undefined && now >= probeAgainAt) return true;
      if (!kernel) return false;
      if (now - seen.at >= (busy ? busyMs : idleMs)) return true;
      const count = countSockets();
      return count === undefined || count !== seen.count;
    },
    look: async (upstreams, suspects) => {
      // Counted before it reads: what changes meanwhile is a difference the next time.
      const at = performance.now();
      const count = countSockets();
      const listeners = await read();
      const unchanged =
        seen?.upstreams === upstreams && suspects.size === 0 && sameListeners(seen.listeners, listeners);
      seen = { at, count, listeners, upstreams };
      if (unchanged && kernel && probeAgainAt === undefined) return sightings;

      const reaches = new Map<string, Reach>();
      const inodes = new Set<number>();
      const anew = new Set<number>();
      const probed: [key: string, upstream: Upstream][] = [];
      const onPort = byPort(listeners);
      for (const [key, upstream] of upstreams) {
        if (!seesOwners(upstream.host)) {
          probed.push([key, upstream]);
          continue;
        }
        const reach = reachOf(upstream, onPort.get(upstream.port) ?? []);
        if (reach === undefined) continue;
        reaches.set(key, reach);
        for (const { inode } of reach.sockets) {
          inodes.add(inode);
          if (suspects.has(key)) anew.add(inode);
        }
      }
      const [owners, addresses] = await Promise.all([
        ownersOf(inodes, anew),
        probeAll(probed.map(([, upstream]) => upstream)),
      ]);

      const found = new Map<string, Sighting | undefined>();
      for (const key of upstreams.keys()) found.set(key, sightingOf(reaches.get(key), owners));
      for (const [index, [key]] of probed.entries()) {
        const address = addresses[index];
        found.set(key, address === undefined ? undefined : { address, owners: [] });
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

const byPort = (listeners: readonly Listener[]): ReadonlyMap<number, readonly Listener[]> => {
  const ports = new Map<number, Listener[]>();
  for (const listener of listeners) {
    const others = ports.get(listener.port);
    if (others === undefined) ports.set(listener.port, [listener]);
    else others.push(listener);
  }
  return ports;
};

/**
 * How many TCP sockets there are, as text; undefined where the kernel does not say. To count costs a hundredth of reading the
 * tables, for which the kernel walks through all places where a connection could be.
 */
const countSockets = (): string | undefined => {
  const counts = ['/proc/net/sockstat', '/proc/net/sockstat6'].map((file) => {
    try {
      return /^TCP6?: inuse \d+/m.exec(readFileSync(file, 'latin1'))?.[0];
    } catch {
      return undefined; // the second is missing where IPv6 is switched off
    }
  });
  return counts[0] === undefined ? undefined : counts.join();
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
