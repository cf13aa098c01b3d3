import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Client } from '../../../src/proxy/client.ts';
import { createHttp2Front } from '../../../src/proxy/http2-front.ts';
import { talk } from '../../hostile/http2/client.ts';
import { block, endHeaders, endStream, frame, frameReader, preface, types } from '../../support/frames.ts';
import { portOf } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';

const request = block([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'a.localhost'],
  [':path', '/'],
]);
const opening = [preface, frame(types.settings, 0, 0)];

/** A front that takes silence of so many milliseconds for an end, and answers nothing. */
const open = async (silenceMs: number) => {
  const clients: Client[] = [];
  const front = createHttp2Front((client) => {
    clients.push(client);
    return () => {};
  }, silenceMs);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    front.accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const socket = connect(portOf(server), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, sockets, clients };
};

test('a client that says nothing for long is asked whether it is there, and stays if it is', async () => {
  const { socket, clients } = await open(50);
  const client = talk(socket);
  const read = frameReader();
  let pings = 0;
  socket.on('data', (data: Buffer) => {
    for (const { type } of read(data)) if (type === types.ping) pings += 1;
  });
  await client.send(Buffer.concat([...opening, frame(types.headers, endHeaders | endStream, 1, request)]));
  await eventually(() => pings >= 4, 'it is asked again and again');
  expect(client.isOver()).toBe(false);
  expect(clients[0]?.isClosed()).toBe(false);
  // When nothing is under way any more, silence is an end.
  clients[0]?.sendPage({ status: 200, headers: [], body: 'at last' }, false);
  await eventually(() => client.isOver(), 'the connection is ended');
  expect(client.stream(1)).toMatchObject({ state: 'whole', body: 'at last' });
});

test.each<[string, readonly Buffer[]]>([
  ['with a request under way', [frame(types.headers, endHeaders, 1, request)]],
  ['without one', []],
])('what nghttp2 has given up is ended, %s: Node reads no more of it, and tells nobody', async (_name, frames) => {
  const { socket, sockets, clients } = await open(50);
  socket.resume();
  socket.write(Buffer.concat([...opening, ...frames]));
  await eventually(() => clients.length === (frames.length === 0 ? 0 : 1), 'the request arrives');
  // A frame that belongs to no head; and one that belongs to none, nor to a request.
  socket.write(frame(types.continuation, endHeaders, 1));
  await once(socket, 'end');
  await eventually(() => [...sockets].every(({ destroyed }) => destroyed), 'the connection is ended');
  expect(clients.every((client) => client.isClosed())).toBe(true);
});
