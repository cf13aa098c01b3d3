import { readFileSync } from 'node:fs';

/** For logs, watches, the kernel's tables, Docker and the listeners themselves. */
const reserved = 64;
const fewest = 16;

/** How many descriptors this process may have open at a time; undefined where the system does not say. */
export const descriptorLimit = (): number | undefined => {
  try {
    // Node raises the soft limit to the hard one when it starts.
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
};

/** How many connections of clients leave a descriptor to each for its upstream. */
export const mostClients = (limit: number | undefined): number =>
  limit === undefined ? Number.POSITIVE_INFINITY : Math.max(fewest, Math.floor((limit - reserved) / 2));
