import { readListeners } from './listeners-linux.ts';
import { portOwners } from './port-owners.ts';
import { socketsAt } from './reach.ts';

/**
 * Who listens on a port, at an address if one is named, in words: `process 4711 (node server.js)`. Undefined where nobody can tell.
 */
export const describeOwner = async (port: number, address?: string): Promise<string | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const onPort = (await readListeners()).filter((socket) => socket.port === port);
  const [listener = onPort[0]] = address === undefined ? [] : socketsAt(address, onPort);
  if (listener === undefined) return undefined;
  const owner = (await portOwners()(new Set([listener.inode]))).get(listener.inode);
  if (owner === undefined) return undefined;
  const command = owner.command.length > 60 ? `${owner.command.slice(0, 60)}…` : owner.command;
  return `process ${owner.pid} (${command})`;
};
