import { createServer, type Server, type Socket } from 'node:net';

/** The sockets the proxy listens on, and the connections that came from them. */
export interface Listeners {
  /** Listens on an address; port 0 takes any free one. Gives the real port; rejects with the system's error. */
  readonly listen: (address: string, port: number) => Promise<number>;
  readonly connections: ReadonlySet<Socket>;
  /** No new connections from here on. */
  readonly stop: () => void;
}

export const openListeners = (onConnection: (socket: Socket) => void): Listeners => {
  const servers = new Set<Server>();
  const connections = new Set<Socket>();

  const accept = (socket: Socket): void => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    onConnection(socket);
  };

  const listen = (address: string, port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      // A client may close its half and still wait for the answer.
      const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => {
        server.off('error', reject);
        servers.add(server);
        const bound = server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });

  return {
    listen,
    connections,
    stop: () => {
      for (const server of servers) server.close();
    },
  };
};
