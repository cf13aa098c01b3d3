import { changeHosts, type HostsOptions } from './change-hosts.ts';

/** `sidings hosts clean`: takes the names of Sidings out of the hosts file. */
export const hostsClean = (options: HostsOptions): Promise<number> => changeHosts(options, async () => undefined);
