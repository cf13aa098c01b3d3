import { proxyAddress } from '../../config/resolver-settings.ts';
import type { Settings } from '../../config/settings.ts';
import type { State } from '../../model/workstream.ts';
import { askDaemon } from './daemon-client.ts';
import { withRoots } from './setting-options.ts';

export interface CurrentState {
  readonly state: State;
  /** Whether it comes from a running daemon, so that the addresses at the proxy lead somewhere. */
  readonly daemon: boolean;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What the daemon knows; without one, what the folders and the kernel say now. */
export const currentState = async (settings: Settings, cwd: string): Promise<CurrentState> => {
  const known = await askDaemon<State>('/api/workstreams', settings);
  return known === undefined
    ? { state: await lookOnce(await withRoots(settings, cwd)), daemon: false }
    : { state: known, daemon: true };
};

/** Looks through the roots once, as the daemon would; `readOnly`: it claims no slot and runs no resolver command. */
export const lookOnce = async (settings: Settings, { readOnly = false } = {}): Promise<State> => {
  // With it comes all that a daemon is made of, which nobody needs who is answered by one.
  const { upstreamAddress, watchWorkstreams } = await import('../../daemon.ts');
  const upstreamHost = await upstreamAddress(settings);
  const life = new AbortController();
  const address = () => proxyAddress(settings);
  try {
    const { registry, follow } = watchWorkstreams({ settings, upstreamHost, address, log: silent, life, readOnly });
    await follow(settings);
    await registry.look();
    return registry.state();
  } finally {
    life.abort();
  }
};
