// Vite's hot-reload WebSocket as the page opens it, through the proxy.
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { ask, authority } from './http.mjs';
import { until } from './until.mjs';

/** Opens the socket of one copy; `reloads` fills with the messages that tell the page to load something anew. */
export const openHotReload = async (proxy, { name, directory, services }) => {
  const { hostname } = services.web;
  // The page loads these before it opens the socket: the first holds the token, the second is the file that is edited below.
  const { text } = await ask(proxy, hostname, '/@vite/client');
  await ask(proxy, hostname, '/main.js');
  const token = /wsToken = "([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error(`/@vite/client of ${name} holds no token.`);

  const { https, ca } = proxy;
  const host = authority(hostname, https);
  const socket = new WebSocket(`wss://127.0.0.1:${https}/?token=${encodeURIComponent(token)}`, 'vite-hmr', {
    ca,
    servername: hostname,
    headers: { host, origin: `https://${host}` },
    handshakeTimeout: 10_000,
  });
  const messages = [];
  socket.on('message', (data) => messages.push(JSON.parse(data.toString())));
  await once(socket, 'open');
  const reloads = () => messages.filter(({ type }) => type === 'full-reload' || type === 'update');
  await until(`Vite of ${name} greets its page`, () => messages.some(({ type }) => type === 'connected'));

  return {
    name,
    directory,
    reloads,
    /** Edits a file of this copy until the page hears of it: Vite's watch may have begun a moment after its server. */
    edit: () =>
      until(`an edit in ${name} reaches its page`, async () => {
        await appendFile(`${directory}/web/main.js`, '// edited\n');
        const heard = async () => {
          while (reloads().length === 0) await once(socket, 'message');
        };
        await Promise.race([heard(), delay(1000)]);
        return reloads().length > 0;
      }),
    /** Settles when everything that was sent to this socket before now has arrived. */
    settled: async () => {
      socket.ping();
      await once(socket, 'pong');
    },
    close: () => socket.terminate(),
  };
};
