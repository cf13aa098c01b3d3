import type { Socket } from 'node:net';
import type { Received } from './judge.ts';
import { createLooks, type Looks } from './looks.ts';

/** A client that writes bytes and keeps what comes back. */
export interface Client extends Pick<Looks, 'until'> {
  readonly send: (text: string) => Promise<void>;
  /** Closes its half. */
  readonly end: () => void;
  readonly received: () => Received;
  readonly destroy: () => void;
}

/** `looksForResets`: a reset counts also where an end was seen before. Who refuses something may close on what is still to come. */
export const talk = (socket: Socket, looksForResets = false): Client => {
  let text = '';
  let ending: Received['ending'] = 'open';
  const { look, until } = createLooks();
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    text += data.toString('latin1');
    look();
  });
  socket.on('end', () => {
    const over = (error?: Error | null): void => {
      if (ending === 'open') ending = error && looksForResets ? 'reset' : 'end';
      socket.end();
      look();
    };
    // A reset that comes together with data looks like an end; only then a write of nothing fails.
    if (looksForResets) socket.write('', over);
    else over();
  });
  socket.on('error', () => {
    if (ending === 'open') ending = 'reset';
  });
  socket.on('close', () => {
    if (ending === 'open') ending = 'reset';
    look();
  });
  return {
    send: async (piece) => {
      if (socket.writable) socket.write(piece, 'latin1');
      // So that each piece arrives by itself.
      await new Promise((resolve) => setImmediate(resolve));
    },
    end: () => socket.end(),
    received: () => ({ text, ending }),
    until,
    destroy: () => socket.destroy(),
  };
};
