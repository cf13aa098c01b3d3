import { once } from 'node:events';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openPlaces } from '../../../src/proxy/places.ts';

const full = (most: number) => {
  const told: boolean[] = [];
  const { clients, upstreams } = openPlaces(most, (isCrowded) => told.push(isCrowded));
  const fill = (side: typeof clients): readonly Socket[] =>
    Array.from({ length: most }, () => {
      const socket = new Socket();
      side.take(socket);
      return socket;
    });
  return { told, clients, upstreams, ofClients: fill(clients), ofUpstreams: fill(upstreams) };
};

const leave = async (socket: Socket | undefined): Promise<void> => {
  const closed = socket && once(socket, 'close');
  socket?.destroy();
  await closed;
};

test('that all places are taken is told when somebody is refused one, not before, and once for both sides', async () => {
  const { told, clients, upstreams, ofClients, ofUpstreams } = full(2);
  expect([clients.hasRoom(), upstreams.hasRoom(), told]).toEqual([false, false, []]);
  upstreams.refuse();
  clients.refuse();
  clients.refuse();
  expect(told).toEqual([true]);
  await leave(ofClients[0]);
  expect(told).toEqual([true]);
  await leave(ofUpstreams[0]);
  expect(told).toEqual([true, false]);
  expect([clients.hasRoom(), upstreams.hasRoom()]).toEqual([true, true]);
});

test('a place is free as soon as its connection is destroyed, and crowded for as long as few are free', async () => {
  const { told, clients, ofClients } = full(20);
  clients.refuse();
  ofClients[0]?.destroy();
  expect(clients.hasRoom()).toBe(true);
  expect(clients.taken.size).toBe(19);
  await leave(ofClients[1]);
  expect(told).toEqual([true, false]);
});
