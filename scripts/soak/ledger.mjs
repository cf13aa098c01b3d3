// What upstreams tell of themselves and of each request that arrives, over a unix socket: what is written there before a `kill -9` arrives.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** The number of requests that only ask whether somebody is there. */
export const probe = 'probe';

/** Listens at a path. `onRequest({ nonce, copy })` is called for each request, `onUp({ pid, copy })` when an upstream listens. */
export const openLedger = (path, { onRequest, onUp }) =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      createInterface({ input: socket }).on('line', (line) => {
        const [word, second, copy] = line.split(' ');
        if (word === 'up') onUp({ pid: Number(second), copy });
        else if (word !== probe) onRequest({ nonce: Number(word), copy });
      });
    });
    server.on('error', reject);
    // Nothing that runs waits for it to close.
    server.listen(path, () => resolve(server.unref()));
  });
