import type { Socket } from 'node:net';
import type { Front } from './front.ts';

/** The first byte of a TLS connection: the type of a record that holds a handshake (RFC 8446 §5.1). No method begins with it. */
const handshake = 0x16;
/** A client that says nothing for this long is dead. */
const patienceMs = 30_000;

/** The way in for a port that speaks both: tells TLS from clear text by the first byte, and hands on with nothing read. */
export const byFirstByte = (tls: Front, plain: Front): Front => {
  const silent = new Set<Socket>();
  return {
    accept: (socket) => {
      const destroy = (): void => {
        socket.destroy();
      };
      const forget = (): void => {
        silent.delete(socket);
      };
      silent.add(socket);
      socket.setTimeout(patienceMs, destroy);
      socket.once('error', destroy).once('end', destroy).once('close', forget);
      socket.once('data', (first) => {
        forget();
        socket.off('error', destroy).off('end', destroy).off('close', forget).off('timeout', destroy);
        socket.setTimeout(0);
        socket.pause();
        socket.unshift(first);
        if (first[0] === handshake) tls.accept(socket);
        else {
          plain.accept(socket);
          socket.resume();
        }
      });
    },
    drain: () => {
      for (const socket of silent) socket.destroy();
    },
  };
};
