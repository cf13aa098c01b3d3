import { BlockList, isIP, isIPv4 } from 'node:net';
import type { PublishedPort } from './container.ts';

/** Where networks of containers are. Whatever an engine says, no request is sent anywhere else on its word. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
privateNetworks.addSubnet('fc00::', 7, 'ipv6');

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** Whether an address can be one that a container has in a network of its own. */
export const isContainerAddress = (address: string): boolean =>
  isIP(address) !== 0 && !address.includes('%') && privateNetworks.check(address, family(address));

/** The loopback address at which a published port answers; undefined where it is published for others only. */
export const loopbackOf = ({ address }: PublishedPort): string | undefined => {
  if (address === '' || address === '0.0.0.0') return '127.0.0.1';
  if (address === '::' || address === '::1') return '::1';
  return isIPv4(address) && address.startsWith('127.') ? address : undefined;
};

/** A network that this machine is part of, as `os.networkInterfaces` gives it. */
export interface OwnNetwork {
  readonly address: string;
  readonly cidr: string | null;
}

/** Whether an address is in a network that this machine is part of, without being its own. */
export const isNeighbour = (address: string, networks: readonly OwnNetwork[]): boolean =>
  !networks.some((own) => own.address === address) &&
  networks.some(({ cidr }) => {
    if (cidr === null) return false;
    const [network = '', prefix = ''] = cidr.split('/');
    if (family(network) !== family(address)) return false;
    const subnet = new BlockList();
    subnet.addSubnet(network, Number(prefix), family(network));
    return subnet.check(address, family(address));
  });
