import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { portOf } from './proxy.ts';

/** A Node HTTP server on a port of its own; ended with the test. */
export const startUpstream = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  host = '127.0.0.1',
  port = 0,
) => {
  const server = createServer({ requireHostHeader: false }, handle);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server), server };
};

/** A TCP server that keeps every byte it gets and answers as told: `answer` is called with all bytes of a connection so far. */
export const startRawUpstream = async (answer: (received: string, socket: Socket) => void, host = '127.0.0.1') => {
  const connections: { received: string; closed: boolean }[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    const connection = { received: '', closed: false };
    connections.push(connection);
    sockets.add(socket);
    socket.on('data', (data) => {
      connection.received += data.toString('latin1');
      answer(connection.received, socket);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.closed = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: portOf(server), connections, received: () => connections.map(({ received }) => received).join('') };
};

/** Answers each complete head once with a body of two bytes. */
export const answerOk = (received: string, socket: Socket): void => {
  if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
};
