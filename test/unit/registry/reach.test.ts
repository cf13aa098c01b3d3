import { expect, test } from 'vitest';
import type { Listener } from '../../../src/registry/listeners-linux.ts';
import { addressesOf, isLoopback, reachOf, socketsAt, upstreamKey } from '../../../src/registry/reach.ts';

const on = (...addresses: string[]): Listener[] =>
  addresses.map((address, index) => ({ address, port: 8003, inode: index + 1, uid: 0 }));

const upstream = { host: 'localhost', port: 8003 };

const inodes = (host: string, ...addresses: string[]) => {
  const reach = reachOf({ host, port: 8003 }, on(...addresses));
  return reach && [reach.address, ...reach.sockets.map(({ inode }) => inode)];
};

test.each([
  ['localhost', ['127.0.0.1'], ['127.0.0.1', 1]],
  ['localhost', ['::1'], ['::1', 1]],
  ['localhost', ['0.0.0.0'], ['127.0.0.1', 1]],
  // One socket for both families.
  ['localhost', ['::'], ['127.0.0.1', 1]],
  // Both families count, since the proxy may begin with either.
  ['localhost', ['127.0.0.1', '::1'], ['127.0.0.1', 1, 2]],
  ['localhost', ['::', '127.0.0.1'], ['127.0.0.1', 2, 1]],
  // The more exact address shadows the other one.
  ['localhost', ['0.0.0.0', '127.0.0.1'], ['127.0.0.1', 2]],
  ['localhost', ['::', '::1', '0.0.0.0'], ['127.0.0.1', 3, 2]],
  // Several processes on one address share its connections.
  ['localhost', ['127.0.0.1', '127.0.0.1'], ['127.0.0.1', 1, 2]],
  ['127.0.0.1', ['::1'], undefined],
  ['127.0.0.2', ['127.0.0.1'], undefined],
  ['127.0.0.2', ['0.0.0.0', '127.0.0.2'], ['127.0.0.2', 2]],
  ['::1', ['127.0.0.1', '0.0.0.0'], undefined],
  ['::1', ['::', '127.0.0.1'], ['::1', 1]],
  // Another address of this machine is not where a connection to localhost goes.
  ['localhost', ['192.0.2.2', '2001:db8::1'], undefined],
  ['localhost', [], undefined],
] as const)('a connection to %s with listeners on %j reaches %j', (host, addresses, expected) => {
  expect(inodes(host, ...addresses)).toEqual(expected);
});

test('sockets at one address', () => {
  expect(socketsAt('127.0.0.1', on('::', '0.0.0.0')).map(({ address }) => address)).toEqual(['0.0.0.0']);
  expect(socketsAt('::1', on('0.0.0.0'))).toEqual([]);
});

test('hosts that end on this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.0.1', '::1']) expect(isLoopback(host)).toBe(true);
  for (const host of ['172.17.0.2', '127.evil.example', '127.0.0.1.example', 'example.com', '2001:db8::1']) {
    expect(isLoopback(host)).toBe(false);
  }
  expect(addressesOf('localhost')).toEqual(['127.0.0.1', '::1']);
  expect(addressesOf('172.17.0.2')).toEqual(['172.17.0.2']);
  expect(upstreamKey(upstream)).not.toBe(upstreamKey({ ...upstream, host: '127.0.0.1' }));
});
