import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** A process that holds a socket. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** Where it works. */
  readonly directory: string;
}

/** The oldest process that holds a socket: the one that made it, where that still runs. */
export interface PortOwner extends Holder {
  /** Younger processes that inherited the socket and work in other folders; oldest first. */
  readonly heirs: readonly Holder[];
}

/**
 * Gives the owners of sockets by their inodes; an inode is missing where nobody who may be looked at holds it. Inodes that are
 * asked for again come from memory, except those in `anew`; all that are not asked for are forgotten.
 */
export type PortOwners = (
  inodes: ReadonlySet<number>,
  anew?: ReadonlySet<number>,
) => Promise<ReadonlyMap<number, PortOwner>>;

const nothing: ReadonlySet<number> = new Set();

/** A finder of owners, with a memory of its own. Linux only; elsewhere nobody is found. */
export const portOwners = (): PortOwners => {
  let known = new Map<number, PortOwner | undefined>();

  const find = async (inodes: ReadonlySet<number>, anew: ReadonlySet<number>) => {
    const next = new Map<number, PortOwner | undefined>();
    const unknown = new Set<number>();
    for (const inode of inodes) {
      if (known.has(inode) && !anew.has(inode)) next.set(inode, known.get(inode));
      else unknown.add(inode);
    }
    // A process that forked and ended while it was looked for may have been missed.
    for (let attempt = 0; attempt < 2 && unknown.size > 0; attempt += 1) {
      const processes = new Map<number, Process | undefined>();
      for (const [inode, pids] of await holdersOf(unknown)) {
        const owner = ownerOf(pids.map((pid) => processOf(pid, processes)));
        if (owner === undefined) continue;
        next.set(inode, owner);
        unknown.delete(inode);
      }
    }
    for (const inode of unknown) next.set(inode, undefined);
    known = next;
    const owners = new Map<number, PortOwner>();
    for (const [inode, owner] of next) if (owner !== undefined) owners.set(inode, owner);
    return owners;
  };

  // One after the other: two at once would look for the same sockets.
  let turn: Promise<unknown> = Promise.resolve();
  return (inodes, anew = nothing) => {
    const found = turn.then(() => find(inodes, anew));
    turn = found.catch(() => {});
    return found;
  };
};

/** Milliseconds for which requests may wait while processes are looked through. */
const sliceMs = 3;

/**
 * Processes by the inodes of sockets that they hold. Reads are synchronous, which costs a tenth of the same through promises,
 * and pause often.
 */
const holdersOf = async (inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, readonly number[]>> => {
  const holders = new Map<number, number[]>();
  let pauseAt = performance.now() + sliceMs;
  const pause = async (): Promise<void> => {
    await setImmediate();
    pauseAt = performance.now() + sliceMs;
  };
  for (const entry of attempt(() => readdirSync('/proc')) ?? []) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    if (performance.now() >= pauseAt) await pause();
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      if (performance.now() >= pauseAt) await pause();
      const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
      const inode = link?.startsWith('socket:[') === true ? Number(link.slice(8, -1)) : undefined;
      if (inode === undefined || !inodes.has(inode)) continue;
      const pids = holders.get(inode);
      if (pids === undefined) holders.set(inode, [pid]);
      else if (pids.at(-1) !== pid) pids.push(pid);
    }
  }
  return holders;
};

interface Process extends Holder {
  readonly startedAt: number;
}

const processOf = (pid: number, read: Map<number, Process | undefined>): Process | undefined => {
  if (read.has(pid)) return read.get(pid);
  const found = attempt(() => readProcess(pid));
  read.set(pid, found);
  return found;
};

const ownerOf = (processes: readonly (Process | undefined)[]): PortOwner | undefined => {
  const holders = processes.filter((found) => found !== undefined);
  const [oldest, ...younger] = holders.sort((one, other) => one.startedAt - other.startedAt || one.pid - other.pid);
  if (oldest === undefined) return undefined;
  const { startedAt: _, ...owner } = oldest;
  const directories = new Set([owner.directory]);
  const heirs: Holder[] = [];
  for (const { pid, command, directory } of younger) {
    if (directories.has(directory)) continue;
    directories.add(directory);
    heirs.push({ pid, command, directory });
  }
  return { ...owner, heirs };
};

const maxCommand = 200;

const readProcess = (pid: number): Process => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold anything. The start is field 22 of all, in clock ticks.
  const startedAt = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
  const command = line === '' ? stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) : line;
  return {
    pid,
    command: command.length > maxCommand ? `${command.slice(0, maxCommand)}…` : command,
    directory: directoryOf(pid),
    startedAt,
  };
};

const deleted = ' (deleted)';

const directoryOf = (pid: number): string => {
  const path = readlinkSync(`/proc/${pid}/cwd`);
  // The kernel adds this to the path of a folder that was removed, and a folder may really be called so.
  const isDeleted = path.endsWith(deleted) && statSync(`/proc/${pid}/cwd`).nlink === 0;
  return isDeleted ? path.slice(0, -deleted.length) : path;
};

/** Whether a process has not ended: signal 0 asks and does nothing (kill(2)). */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Processes end, and those of other users cannot be read. */
const attempt = <Value>(read: () => Value): Value | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
