import { connect } from 'node:net';
import type { Upstream } from '../model/workstream.ts';
import { addressesOf } from './reach.ts';

export interface ProbeOptions {
  /** Milliseconds until an address that says nothing counts as one where nobody listens. */
  readonly timeoutMs: number;
  /** Connections that are tried at the same time. */
  readonly concurrency: number;
}

/** The addresses at which upstreams take a connection, in the order given; undefined where they take none. */
export const probe = async (
  upstreams: readonly Upstream[],
  { timeoutMs, concurrency }: ProbeOptions,
): Promise<readonly (string | undefined)[]> => {
  const found: (string | undefined)[] = upstreams.map(() => undefined);
  const left = upstreams.entries();
  const work = async (): Promise<void> => {
    for (const [index, upstream] of left) found[index] = await answeringAddress(upstream, timeoutMs);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, upstreams.length) }, work));
  return found;
};

const answeringAddress = async ({ host, port }: Upstream, timeoutMs: number): Promise<string | undefined> => {
  for (const address of addressesOf(host)) if (await answers(address, port, timeoutMs)) return address;
  return undefined;
};

/** How long a server may take to close a connection that was only made to see whether it can be. */
const partingMs = 1000;

const answers = (host: string, port: number, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
      // A reset in the middle of a greeting is more than some servers survive, so this is a proper goodbye.
      socket.resume().end();
      setTimeout(() => socket.destroy(), partingMs).unref();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
