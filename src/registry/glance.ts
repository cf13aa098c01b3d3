import { openSync, readFileSync, readSync } from 'node:fs';

// What the kernel says at a glance, several times a second, of whether it is worth while to read its tables of sockets.

/**
 * How many TCP sockets there are and how many of them are connections, as text; undefined where the kernel does not say. To count
 * costs a hundredth of reading the tables, for which the kernel walks through all places where a connection could be.
 */
export const countSockets = (): string | undefined => {
  const v4 = /^TCP: inuse \d+/m.exec(readNow('/proc/net/sockstat'))?.[0];
  const v6 = /^TCP6: inuse \d+/m.exec(readNow('/proc/net/sockstat6'))?.[0] ?? ''; // missing where IPv6 is switched off
  // Else a connection that ends would hide a socket that begins to listen.
  const connections = /^Tcp:(?: -?\d+){8} (\d+)/m.exec(readNow('/proc/net/snmp'))?.[1];
  return v4 && `${v4} ${v6} ${connections}`;
};

/** The id that was given last to a process or a thread; 0 where the kernel does not say. */
export const newestProcess = (): number => Number(/\d+$/m.exec(readNow('/proc/loadavg'))?.[0] ?? 0);

/** More new ids than this are not worth a look at each. */
const maxStarts = 16;

/**
 * Whether a process that may listen was started after the first id and up to the second, and still runs. Commands that have ended,
 * threads and the kernel's own processes take ids too, on a machine where nothing else happens.
 */
export const hasStarted = (after: number, newest: number): boolean => {
  if (after === newest) return false;
  // Ids begin anew when the largest was given.
  if (newest < after || newest - after > maxStarts) return true;
  for (let pid = after + 1; pid <= newest; pid += 1) if (mayListen(pid)) return true;
  return false;
};

/** Threads belong to another process, and what has no memory of its own is the kernel's or has ended. */
const mayListen = (pid: number): boolean => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return status.includes(`\nTgid:\t${pid}\n`) && status.includes('\nVmSize:');
  } catch {
    return false;
  }
};

/** Files of /proc that are open for good: to open one costs far more than to read it. */
const opened = new Map<string, number>();
const glance = Buffer.allocUnsafe(16_384);

/** The first bytes of a file of /proc as they are now; the kernel writes it anew for whoever reads from its beginning. */
const readNow = (file: string): string => {
  try {
    const descriptor = opened.get(file) ?? openSync(file, 'r');
    opened.set(file, descriptor);
    return glance.toString('latin1', 0, readSync(descriptor, glance, 0, glance.length, 0));
  } catch {
    return '';
  }
};
