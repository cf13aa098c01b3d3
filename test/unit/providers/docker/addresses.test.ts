import { expect, test } from 'vitest';
import { isContainerAddress, isNeighbour, loopbackOf } from '../../../../src/providers/docker/addresses.ts';

test.each([
  ['172.17.0.2', true],
  ['10.0.0.1', true],
  ['192.168.97.3', true],
  ['100.64.0.1', true],
  ['fd00::1', true],
  ['127.0.0.1', false],
  ['169.254.169.254', false],
  ['8.8.8.8', false],
  ['172.32.0.1', false],
  ['0.0.0.0', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['fe80::1%eth0', false],
  ['fd00::1%eth0', false],
  ['localhost', false],
  ['', false],
])('%s can be an address of a container: %s', (address, expected) => {
  expect(isContainerAddress(address)).toBe(expected);
});

test.each([
  ['', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['127.0.0.5', '127.0.0.5'],
  ['::', '::1'],
  ['::1', '::1'],
  ['192.168.1.7', undefined],
  ['127.example.com', undefined],
  ['fe80::1', undefined],
])('published on "%s" is reached at %s', (address, expected) => {
  expect(loopbackOf({ port: 80, address, hostPort: 8080 })).toBe(expected);
});

test('a neighbour is in a network of this machine, and is not this machine', () => {
  const networks = [
    { address: '172.17.0.1', cidr: '172.17.0.1/16' },
    { address: 'fd00::1', cidr: 'fd00::1/64' },
    { address: '10.0.0.1', cidr: null },
  ];
  expect(isNeighbour('172.17.3.4', networks)).toBe(true);
  expect(isNeighbour('fd00::7', networks)).toBe(true);
  expect(isNeighbour('172.17.0.1', networks)).toBe(false);
  expect(isNeighbour('172.18.0.2', networks)).toBe(false);
  expect(isNeighbour('10.0.0.2', networks)).toBe(false);
});
