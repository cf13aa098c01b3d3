import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawClient {
  readonly socket: Socket;
  readonly received: () => string;
  readonly send: (text: string) => void;
  /** Settles when what was received matches; rejects when the connection closes before. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Settles with everything received, when the connection is closed. */
  readonly closed: Promise<string>;
  /** Whether it was closed by a reset. */
  readonly wasReset: () => boolean;
}

/** A client that writes bytes and keeps what comes back. */
export const rawClient = (port: number, host = '127.0.0.1'): RawClient => {
  const socket = connect({ port, host, allowHalfOpen: true });
  let received = '';
  let isClosed = false;
  let reset = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  socket.on('data', (data) => {
    received += data.toString('latin1');
    look();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reset ||= error.code === 'ECONNRESET';
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      isClosed = true;
      look();
      resolve(received);
    });
  });
  onTestFinished(() => {
    socket.destroy();
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(received);
        if (match !== null) resolve(match);
        else if (isClosed) reject(new Error(`Closed before ${pattern}: ${JSON.stringify(received)}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  return {
    socket,
    received: () => received,
    send: (text) => socket.write(Buffer.from(text, 'latin1')),
    until,
    closed,
    wasReset: () => reset,
  };
};

/** Sends bytes and gives everything that comes back until the connection is closed; asks for the close where nothing else does. */
export const exchange = (port: number, text: string): Promise<string> => {
  const client = rawClient(port);
  client.send(text);
  return client.closed;
};

/** Waits until a condition holds. */
export const eventually = async (
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  withinMs = 10_000,
): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come true within ${withinMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
