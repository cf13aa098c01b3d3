import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Door } from './run.ts';

export const transports = ['clear text', 'TLS'] as const;
/** What a client may speak, and whether inside TLS. */
export type Transport = (typeof transports)[number] | 'HTTP/2';

/** How a client connects to a port. */
export const connecting = (
  transport: Transport,
  port: number,
  servername: string,
): Pick<Door, 'connect' | 'hidesResets'> => {
  const ALPNProtocols = [transport === 'HTTP/2' ? 'h2' : 'http/1.1'];
  const options = { host: '127.0.0.1', port, allowHalfOpen: true };
  return transport === 'clear text'
    ? { connect: () => connectTcp(options), hidesResets: false }
    : {
        connect: () => connectTls({ ...options, servername, ALPNProtocols, rejectUnauthorized: false }),
        hidesResets: true,
      };
};
