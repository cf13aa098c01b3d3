import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Door } from './run.ts';

export const transports = ['clear text', 'TLS'] as const;
export type Transport = (typeof transports)[number];

/** How a client connects to a port. */
export const connecting = (
  transport: Transport,
  port: number,
  servername: string,
): Pick<Door, 'connect' | 'hidesResets'> => {
  const options = { host: '127.0.0.1', port, allowHalfOpen: true };
  return transport === 'clear text'
    ? { connect: () => connectTcp(options), hidesResets: false }
    : {
        connect: () => connectTls({ ...options, servername, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false }),
        hidesResets: true,
      };
};
