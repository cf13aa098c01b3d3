// WebSockets through a proxy: how many messages come back, and what sockets cost on which nothing happens.
import { once } from 'node:events';
import WebSocket from 'ws';
import { hostname } from '../peers/peer.mjs';

const open = async (port) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
    headers: { host: hostname },
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  socket.on('error', () => {});
  return socket;
};

const close = (sockets) =>
  Promise.all(
    sockets.map(async (socket) => {
      socket.terminate();
      if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
    }),
  );

const clients = 64;
const message = Buffer.alloc(64, 'x');

/** Each of 64 clients sends its message again when it came back: messages per second. */
export const echo = async ({ port, seconds }) => {
  const sockets = await Promise.all(Array.from({ length: clients }, () => open(port)));
  let count = 0;
  for (const socket of sockets) {
    socket.on('message', () => {
      count += 1;
      socket.send(message);
    });
    socket.send(message);
  }
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = count / ((performance.now() - start) / 1000);
  await close(sockets);
  return { rate };
};

const atOnce = 100;

/** Opens so many sockets, or as many as the limit of descriptors allows; calls back while they are idle. */
export const idle = async ({ port, count }, measure) => {
  const sockets = [];
  try {
    while (sockets.length < count) {
      const next = await Promise.allSettled(
        Array.from({ length: Math.min(atOnce, count - sockets.length) }, () => open(port)),
      );
      const opened = next.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
      sockets.push(...opened);
      if (opened.length < next.length) break;
    }
    return await measure(sockets.length);
  } finally {
    await close(sockets);
  }
};
