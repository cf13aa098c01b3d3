import type { ListeningProcess } from '../model/diagnosis.ts';
import { readListeners } from './listeners-linux.ts';
import { copyAround } from './merge.ts';
import { portOwners } from './port-owners.ts';

/**
 * Finds the ports that processes working inside a folder listen on, in order; those of copies within it are not its own. Linux
 * only, empty elsewhere. It remembers the owners of all sockets, which the registry does for those of services only.
 */
export const createListeningIn = () => {
  const ownersOf = portOwners();
  return async (
    directory: string,
    copies: { has: (directory: string) => boolean },
  ): Promise<readonly ListeningProcess[]> => {
    const listeners = await readListeners().catch(() => []);
    const owners = await ownersOf(new Set(listeners.map(({ inode }) => inode)));
    const found = new Map<string, ListeningProcess>();
    const places = { has: (folder: string) => folder === directory || copies.has(folder) };
    for (const { inode, port } of listeners) {
      const owner = owners.get(inode);
      const holders = owner === undefined ? [] : [owner, ...owner.heirs];
      const holder = holders.find((one) => copyAround(one.directory, places) === directory);
      // The proxy itself may have been started in a copy.
      if (holder === undefined || holder.pid === process.pid) continue;
      const { pid, command } = holder;
      found.set(`${port} ${pid}`, { port, pid, command });
    }
    return [...found.values()].sort((one, other) => one.port - other.port);
  };
};
