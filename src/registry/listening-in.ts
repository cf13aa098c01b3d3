import type { ListeningProcess } from '../model/diagnosis.ts';
import { readListeners } from './listeners-linux.ts';
import { copyAround } from './merge.ts';
import { type PortOwner, portOwners } from './port-owners.ts';

/**
 * Ports that processes working inside a folder listen on, in order; those of copies within it are theirs. Linux only, empty elsewhere. Has a memory
 * of its own for the owners of all sockets, since the registry only remembers those of services.
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
      const owner: PortOwner | undefined = owners.get(inode);
      // The proxy itself may have been started in a copy.
      if (owner === undefined || owner.pid === process.pid) continue;
      const { pid, command } =
        [owner, ...owner.heirs].find((holder) => copyAround(holder.directory, places) === directory) ?? {};
      if (pid !== undefined && command !== undefined) found.set(`${port} ${pid}`, { port, pid, command });
    }
    return [...found.values()].sort((one, other) => one.port - other.port);
  };
};
