import { type Listener, readListeners } from '../../../registry/listeners-linux.ts';
import { type PortOwner, portOwners } from '../../../registry/port-owners.ts';
import { type Check, count, type Finding, ok, type Scene, warn, wrong } from './finding.ts';
import { proxyAddresses } from './proxy-addresses.ts';

/** A socket that listens, with the process that holds it where that may be seen. */
export interface HeldListener extends Pick<Listener, 'address' | 'uid'> {
  readonly owner: Pick<PortOwner, 'pid' | 'command'> | undefined;
}

/** Whether two programs listen on one of our ports, so that one of them takes what is meant for the other. */
export const listenersCheck: Check = {
  name: 'listeners',
  look: async (scene) => {
    if (process.platform !== 'linux') return [ok('Not looked at: only Linux says who listens.')];
    const ports = portsOf(scene);
    const listeners = (await readListeners()).filter(({ port }) => ports.has(port));
    const owners = await portOwners()(new Set(listeners.map(({ inode }) => inode)));
    const findings = [...ports].flatMap(([port, what]) => {
      const onPort = listeners.filter((listener) => listener.port === port);
      const held = onPort.map(({ address, uid, inode }) => ({ address, uid, owner: owners.get(inode) }));
      // Another check may be trying this very port.
      return judgeListeners(
        port,
        what,
        held.filter(({ owner }) => owner?.pid !== process.pid),
      );
    });
    return findings.length > 0
      ? findings
      : [ok(`No program stands in front of another on ${count(ports.size, 'port')}.`)];
  },
};

/** Each port of the proxy and of the services of known copies, with whose it is. */
const portsOf = ({ settings, workstreams }: Scene): ReadonlyMap<number, string> =>
  new Map([
    ...workstreams.flatMap(({ name, services }) =>
      services.map(({ port, name: service }): [number, string] => [port, `${service} of ${name}`]),
    ),
    ...proxyAddresses(settings)
      .filter(({ port }) => port !== 0)
      .map(({ port }): [number, string] => [port, 'the proxy']),
  ]);

/**
 * Pure: listeners of different owners on one port. The kernel prefers the most exact address, so one on 127.0.0.1 shadows one on
 * 0.0.0.0 or `::`; and with one on 127.0.0.1 and one on ::1, `localhost` is either.
 */
export const judgeListeners = (port: number, what: string, listeners: readonly HeldListener[]): readonly Finding[] => {
  const at = (...addresses: readonly string[]) => listeners.filter(({ address }) => addresses.includes(address));
  const pairs = [...pairsOf(at('127.0.0.1'), at('0.0.0.0', '::')), ...pairsOf(at('::1'), at('::'))];
  if (pairs.length > 0) {
    return pairs.map(([front, behind]) =>
      wrong(
        `Port ${port} (${what}): ${describe(front)} on ${front.address} stands in front of ${describe(behind)} on ${behind.address}.`,
        'Stop one of the two, or give it another port.',
      ),
    );
  }
  return pairsOf(at('127.0.0.1'), at('::1')).map(([four, six]) =>
    warn(
      `Port ${port} (${what}): ${describe(four)} listens on 127.0.0.1, and ${describe(six)} on ::1.`,
      'Which one localhost leads to differs by program: stop one of the two.',
    ),
  );
};

const pairsOf = (
  some: readonly HeldListener[],
  others: readonly HeldListener[],
): readonly [HeldListener, HeldListener][] =>
  some.flatMap((one) =>
    others
      .filter((other) => ownerKey(one) !== ownerKey(other))
      .map((other): [HeldListener, HeldListener] => [one, other]),
  );

/** Docker publishes one port by a process for each family. */
const publisher = 'docker-proxy';

const ownerKey = ({ owner, uid }: HeldListener): string => {
  if (owner === undefined) return `user ${uid}`;
  return owner.command.split(' ')[0]?.endsWith(publisher) ? publisher : String(owner.pid);
};

const describe = ({ owner, uid }: HeldListener): string =>
  owner === undefined ? `a process of user ${uid}` : `process ${owner.pid} (${owner.command.slice(0, 60)})`;
