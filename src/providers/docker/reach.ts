import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Upstream } from '../../model/workstream.ts';
import { isContainerAddress, isNeighbour } from './addresses.ts';

/** Where a service is reached. */
export interface Reached {
  readonly upstream: Upstream;
  /** Whether something took a connection there. */
  readonly answers: boolean;
}

type Answer = 'accepts' | 'refuses' | 'silent';

/** An address that says nothing for so long is not one that leads anywhere from here. */
const silenceMs = 250;

/**
 * Tries the addresses of a service, all at once, and takes the first one that leads to it. A container's own address does when it
 * accepts, or when it refuses and is in a network that this machine is part of: then the service is only not listening yet.
 * Undefined where no address is left.
 */
export const reach = async (upstreams: readonly Upstream[]): Promise<Reached | undefined> => {
  const networks = Object.values(networkInterfaces()).flatMap((some = []) => some);
  const isOwn = ({ host }: Upstream): boolean =>
    isContainerAddress(host) && networks.some(({ address }) => address === host);
  // What a container could ask for to be given away is this machine itself.
  const tries = upstreams
    .filter((upstream) => !isOwn(upstream))
    .map((upstream) => ({ upstream, answer: tryAddress(upstream) }));
  for (const { upstream, answer } of tries) {
    const found = await answer;
    if (found === 'accepts') return { upstream, answers: true };
    const isNear = isContainerAddress(upstream.host) && isNeighbour(upstream.host, networks);
    if (found === 'refuses' && isNear) return { upstream, answers: false };
  }
  const published = upstreams.find(({ host }) => !isContainerAddress(host));
  const left = published ?? tries[0]?.upstream;
  return left && { upstream: left, answers: false };
};

const tryAddress = ({ host, port }: Upstream): Promise<Answer> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => {
      end('silent');
      socket.destroy();
    }, silenceMs);
    socket.once('connect', () => {
      end('accepts');
      // A reset in the middle of a greeting is more than some servers survive, so this is a proper goodbye.
      socket.resume().end();
      setTimeout(() => socket.destroy(), silenceMs).unref();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'refuses' : 'silent'));
  });
