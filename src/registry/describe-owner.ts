import { readListeners } from './listeners-linux.ts';
import { portOwners } from './port-owners.ts';

/** Who listens on a port, in words: `process 4711 (node server.js)`. Undefined where nobody can tell. */
export const describeOwner = async (port: number): Promise<string | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const listener = (await readListeners()).find((socket) => socket.port === port);
  if (listener === undefined) return undefined;
  const owner = (await portOwners()(new Set([listener.inode]))).get(listener.inode);
  if (owner === undefined) return undefined;
  const command = owner.command.length > 60 ? `${owner.command.slice(0, 60)}…` : owner.command;
  return `process ${owner.pid} (${command})`;
};
