import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createSocketServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** What speaks at the socket of an engine, as a test says; ended with the test. Gives what was asked. */
export const standInEngine = async (path: string, answer: Answering) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked };
};

export const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
};

/** A way to the socket of an engine that a test can cut; what is asked on it is kept. */
export const cuttableWay = async (path: string, to: string) => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = createSocketServer((client) => {
    if (!isOpen) {
      client.destroy();
      return;
    }
    const engine = connect(to);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.on('data', (data) => {
      for (const [line] of data.toString('latin1').matchAll(/^[A-Z]+ \S+(?= HTTP\/1\.1\r$)/gm)) asked.push(line);
    });
    client.pipe(engine).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    asked,
    cut,
    mend: () => {
      isOpen = true;
    },
  };
};
