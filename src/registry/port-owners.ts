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
  /** Where it holds the socket, as a link of /proc, and what that leads to as long as it does. */
  readonly descriptor: string;
  readonly socket: string;
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
      for (const [inode, descriptors] of await descriptorsOf(unknown)) {
        const holders = [...descriptors].map(([pid, descriptor]) => ({
          process: processOf(pid, processes),
          descriptor,
        }));
        const owner = ownerOf(holders, socketOf(inode));
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

const socketOf = (inode: number): string => `socket:[${inode}]`;

/**
 * By the inodes of sockets, where processes hold them: links of /proc by process. Reads are synchronous, which costs a tenth of the
 * same through promises, and pause often.
 */
const descriptorsOf = async (
  inodes: ReadonlySet<number>,
): Promise<ReadonlyMap<number, ReadonlyMap<number, string>>> => {
  const wanted = new Map([...inodes].map((inode) => [socketOf(inode), inode]));
  const found = new Map<number, Map<number, string>>();
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
      const descriptor = `/proc/${pid}/fd/${fd}`;
      const link = attempt(() => readlinkSync(descriptor));
      const inode = link === undefined ? undefined : wanted.get(link);
      if (inode === undefined) continue;
      const descriptors = found.get(inode);
      if (descriptors === undefined) found.set(inode, new Map([[pid, descriptor]]));
      else descriptors.set(pid, descriptor);
    }
  }
  return found;
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

const ownerOf = (
  holders: readonly { readonly process: Process | undefined; readonly descriptor: string }[],
  socket: string,
): PortOwner | undefined => {
  const running = holders.flatMap(({ process, descriptor }) => (process ? [{ ...process, descriptor }] : []));
  const [oldest, ...younger] = running.sort((one, other) => one.startedAt - other.startedAt || one.pid - other.pid);
  if (oldest === undefined) return undefined;
  const { startedAt: _, ...owner } = oldest;
  const directories = new Set([owner.directory]);
  const heirs: Holder[] = [];
  for (const { pid, command, directory } of younger) {
    if (directories.has(directory)) continue;
    directories.add(directory);
    heirs.push({ pid, command, directory });
  }
  return { ...owner, socket, heirs };
};

/** Whether an owner has not let go of its socket, so that the port is still its own; cheap. */
export const isHeld = ({ descriptor, socket }: PortOwner): boolean =>
  attempt(() => readlinkSync(descriptor)) === socket;

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

/** Processes end, and those of other users cannot be read. */
const attempt = <Value>(read: () => Value): Value | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
