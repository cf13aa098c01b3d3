import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Ends a connection so that the other side sees that something is missing. In TLS the missing farewell says so. Node's `resetAndDestroy` by
 * itself sends an orderly end before the reset, which is all that a quick reader sees.
 */
export const reset = (socket: Socket | null): void => {
  if (socket === null) return;
  socket.destroySoon = () => socket.destroy();
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
};
