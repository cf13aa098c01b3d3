import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Where a service listens. `localhost`: on one of the loopback families. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8003`, `[::1]:8003` or `localhost:8003`, as the state has it; undefined where it is none of these. */
export const parseAddress = (text: string): Address | undefined => {
  const [, v6, name = v6, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  return name === undefined ? undefined : { host: name, port: Number(port) };
};

/** A connection to it, until the signal ends; rejects with the system's error where nobody accepts it. */
export const connectTo = async ({ host, port }: Address, signal: AbortSignal): Promise<Socket> => {
  const socket = connect({ host, port, signal });
  await once(socket, 'connect', { signal });
  return socket;
};
