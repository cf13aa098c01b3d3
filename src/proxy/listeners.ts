import { createServer, type Server, type Socket } from 'node:net';
import type { Places } from './places.ts';
import { presenceMs } from './presence.ts';

/** The sockets the proxy listens on, and the connections that came from them. */
export interface Listeners {
  /**
   * Listens on every address, or on none, and gives its connections to `onConnection`: port 0 takes one that is free on all of them. Gives the real port; rejects with the
   * system's error, which names the address.
   */
  readonly listen: (addresses: readonly string[], port: number, onConnection: Accept) => Promise<number>;
  readonly connections: ReadonlySet<Socket>;
  /** No new connections from here on. */
  readonly stop: () => void;
}

export type Accept = (socket: Socket) => void;

/** How often port 0 is tried until the port that one address gave is free on the others. */
const attempts = 10;

/** What finds no place is closed at once, as it would wait for a descriptor that nobody gives free. */
export const openListeners = (places: Places): Listeners => {
  const servers = new Set<Server>();

  const accept = (socket: Socket, onConnection: Accept): void => {
    if (!places.hasRoom()) {
      socket.destroy();
      places.refuse();
      return;
    }
    places.take(socket);
    onConnection(socket);
  };

  const open = (host: string, port: number, onConnection: Accept): Promise<Server> =>
    new Promise((resolve, reject) => {
      // A client may close its half and still wait for the answer.
      const presence = { keepAlive: true, keepAliveInitialDelay: presenceMs };
      const server = createServer({ allowHalfOpen: true, noDelay: true, ...presence }, (socket) =>
        accept(socket, onConnection),
      );
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
        server.off('error', reject);
        resolve(server);
      });
    });

  const listen = async (addresses: readonly string[], wanted: number, onConnection: Accept): Promise<number> => {
    for (let attempt = 1; ; attempt += 1) {
      const opened: Server[] = [];
      try {
        let port = wanted;
        for (const host of addresses) {
          const server = await open(host, port, onConnection);
          opened.push(server);
          port = portOf(server) ?? port;
        }
        for (const server of opened) servers.add(server);
        return port;
      } catch (error) {
        for (const server of opened) server.close();
        const taken = wanted === 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!taken || attempt === attempts) throw error;
      }
    }
  };

  return {
    listen,
    connections: places.taken,
    stop: () => {
      for (const server of servers) server.close();
    },
  };
};

const portOf = (server: Server): number | undefined => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
};
