import type { Socket } from 'node:net';
import type { Arrival } from './headers.ts';

/** How a request came in, from the connection it came by. */
export const arrivalOf = (socket: Socket, version: Arrival['version']): Omit<Arrival, 'requestId'> => ({
  clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  scheme: 'encrypted' in socket ? 'https' : 'http',
  port: socket.localPort ?? 0,
  version,
});
