import { changeHosts, type HostsOptions } from './change-hosts.ts';
import { currentState } from './current-state.ts';
import { namesOf } from './hosts-block.ts';

/** `sidings hosts sync`: puts every hostname that is known now into the hosts file, for programs that do not resolve `*.localhost`. */
export const hostsSync = (options: HostsOptions): Promise<number> =>
  changeHosts(options, async (settings) => {
    const { state } = await currentState(settings, process.cwd());
    return namesOf(state.workstreams, settings.suffixes);
  });
