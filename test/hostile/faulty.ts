import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { portOf } from '../support/proxy.ts';
import { connecting } from './doors.ts';
import { lifeOfTest } from './life.ts';
import { probePath, type Recorder, startRecorder } from './recorder.ts';
import type { Door } from './run.ts';

/** What a proxy does with a connection whose first bytes are these. */
type Behaviour = (client: Socket, first: Buffer, upstream: () => Socket) => void;

const reply = (status: string, fields: string): string => `HTTP/1.1 ${status}\r\n${fields}Content-Length: 0\r\n\r\n`;
const join = (client: Socket, first: Buffer, upstream: Socket): void => {
  upstream.write(first);
  client.pipe(upstream).pipe(client);
};

/** Proxies that do wrong, each in one way. */
export const wrongs = {
  'passes all bytes on': (client, first, upstream) => join(client, first, upstream()),
  'refuses everything': (client) => client.resume().end(reply('400 Bad Request', 'Connection: close\r\n')),
  'says nothing': () => {},
  'gives an answer that belongs to another request': (client) =>
    client.resume().write(reply('200 OK', 'X-Serial: a\r\n')),
  'asks for something else as well': (client, first, upstream) => {
    const own = upstream().on('error', () => {});
    own.end('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
    own.once('data', () => join(client, first, upstream()));
  },
} satisfies Record<string, Behaviour>;

const startProxy = async (recorder: Recorder, behaviour: Behaviour): Promise<number> => {
  const sockets = new Set<Socket>();
  const open = (): Socket => follow(connect({ port: recorder.ports.host, host: '127.0.0.1', allowHalfOpen: true }));
  const follow = (socket: Socket): Socket => {
    sockets.add(socket.on('error', () => socket.destroy()));
    return socket;
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    // Probes are served well: what is found must be found in the vector.
    follow(client).once('data', (first) => {
      const isProbe = first.toString('latin1').startsWith(`GET ${probePath}`);
      if (isProbe) join(client, first, open());
      else behaviour(client, first, open);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
};

/** Ways into proxies that do wrong; ended with the test. */
export const openFaulty = async (behaviour: Behaviour): Promise<readonly Door[]> => {
  return Promise.all(
    Array.from({ length: 16 }, async () => {
      const recorder = await startRecorder(lifeOfTest());
      const port = await startProxy(recorder, behaviour);
      return { ...connecting('clear text', port, ''), host: 'a.test', other: 'b.test', isRouted: false, recorder };
    }),
  );
};
