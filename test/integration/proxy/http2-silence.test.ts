import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Client, Handle } from '../../../src/proxy/client.ts';
import { createHttp2Front } from '../../../src/proxy/fast/http2/front.ts';
import type { StreamClient } from '../../../src/proxy/fast/http2/stream-client.ts';
import type { Front } from '../../../src/proxy/front.ts';
import { Http2Client } from '../../../src/proxy/http2-client.ts';
import { createNodeHttp2Front } from '../../../src/proxy/http2-front.ts';
import { talk } from '../../hostile/http2/client.ts';
import { turn } from '../../support/both-lanes.ts';
import { block, endHeaders, endStream, frame, frameReader, preface, types, uint32 } from '../../support/frames.ts';
import { portOf } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';

const request = block([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'a.localhost'],
  [':path', '/'],
]);
const opening = [preface, frame(types.settings, 0, 0)];

type CreateFront = (handle: Handle, silenceMs: number) => Front;

const fronts: readonly (readonly [string, CreateFront])[] = [
  ['of our own', (handle, silenceMs) => createHttp2Front(handle, { date: '' }, silenceMs)],
  ['of Node', createNodeHttp2Front],
];

describe.each(fronts)('frames %s', (_name, createFront) => {
  /** A front that takes silence of so many milliseconds for an end, and answers nothing. */
  const open = async (silenceMs: number) => {
    const clients: Client[] = [];
    const front = createFront((client) => {
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
    const another = (): Socket => {
      const socket = connect(portOf(server), '127.0.0.1');
      socket.on('error', () => {});
      onTestFinished(() => {
        socket.destroy();
      });
      return socket;
    };
    return { socket: another(), another, sockets, clients, front };
  };

  /** GOAWAY without an error (RFC 9113 §6.8). */
  const goodbye = frame(types.goaway, 0, 0, Buffer.alloc(8));

  test('a client that says nothing for long is asked whether it is there, and stays if it is', async () => {
    const { socket, clients } = await open(300);
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
    // Node asks nobody who will send no more requests.
    ['from a client that says goodbye', [frame(types.headers, endHeaders, 1, request), goodbye]],
  ])(
    'what is given up for an error is ended, %s: Node reads no more of it, and tells nobody',
    async (_name, frames) => {
      const { socket, sockets, clients } = await open(300);
      socket.resume();
      socket.write(Buffer.concat([...opening, ...frames]));
      await eventually(() => clients.length === (frames.length === 0 ? 0 : 1), 'the request arrives');
      // A frame that belongs to no head; and one that belongs to none, nor to a request.
      socket.write(frame(types.continuation, endHeaders, 1));
      await once(socket, 'end');
      await eventually(() => [...sockets].every(({ destroyed }) => destroyed), 'the connection is ended');
      expect(clients.every((client) => client.isClosed())).toBe(true);
    },
  );

  // Node ends a stream only when all of it has left.
  if (createFront !== createNodeHttp2Front)
    test('a client that reads slowly gets all of its answers, though nothing more is done for it', async () => {
      const { socket, sockets, clients, front } = await open(20_000);
      const windows = [
        frame(types.settings, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])),
        frame(types.window, 0, 0, uint32(2 ** 30)),
      ];
      socket.write(Buffer.concat([preface, ...windows]));
      await eventually(() => sockets.size === 1, 'the connection is there');
      const [accepted] = sockets;
      let count = 0;
      // Until there is no room for more on the way.
      while (accepted?.writableLength === 0) {
        socket.write(frame(types.headers, endHeaders | endStream, 2 * count + 1, request));
        count += 1;
        await eventually(() => clients.length === count, 'the request arrives');
        clients[count - 1]?.sendPage({ status: 200, headers: [], body: 'x'.repeat(10_000) }, false);
        await eventually(() => clients[count - 1]?.isClosed() === true, 'it is answered');
        await turn(2);
      }
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      front.drain();
      await turn(1);
      vi.advanceTimersByTime(10_000);
      vi.useRealTimers();
      const read = frameReader();
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => {
        for (const { type, payload } of read(chunk)) if (type === types.data) bytes += payload.length;
      });
      await once(socket, 'end');
      expect(bytes).toBe(count * 10_000);
    });

  /** Those of requests under way. Apart, since a function that waits may hold what it looked at last. */
  const connectionsOf = (clients: readonly Client[]): readonly WeakRef<object>[] =>
    clients.flatMap((client) => {
      const connection = client instanceof Http2Client ? client.stream.session : (client as StreamClient).stream;
      return connection === undefined ? [] : [new WeakRef<object>(connection)];
    });

  // Without what keeps it from happening, these two do not fail by what they expect: Node ends the process by an assertion.

  test('a frame of a wrong size, read together with too many resets, ends only its connection', async () => {
    const { socket, another, sockets, clients } = await open(20_000);
    socket.resume();
    const cancelled = Array.from({ length: 1200 }, (_, index) => [
      frame(types.headers, endHeaders, 2 * index + 1, request),
      frame(types.reset, 0, 2 * index + 1, uint32(8)),
    ]);
    socket.write(Buffer.concat([...opening, ...cancelled.flat(), frame(types.ping, 0, 0, Buffer.alloc(3))]));
    await eventually(() => clients.length > 900, 'its requests arrive');
    await eventually(() => [...sockets].every(({ readyState }) => readyState !== 'open'), 'the connection is ended');
    const before = clients.length;
    const client = talk(another());
    await client.send(Buffer.concat([...opening, frame(types.headers, endHeaders | endStream, 1, request)]));
    await eventually(() => clients.length > before, 'another is served');
  });

  test('a connection that was given up in the middle of trailers can be collected', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Long enough for what is sent at once to arrive also on a busy machine.
    const { another, sockets, clients } = await open(400);
    const begun = frame(types.headers, endStream, 1, block([['x-digest', 'a'.repeat(200)]]));
    const bytes = Buffer.concat([...opening, frame(types.headers, endHeaders, 1, request), begun]);
    const sessions: WeakRef<object>[] = [];
    for (let round = 0; round < 10; round += 1) {
      for (let count = 0; count < 20; count += 1) {
        const socket = another();
        socket.resume();
        // What may not stand between a head and the rest of it.
        socket.write(Buffer.concat([bytes, frame(types.ping, 0, 0, Buffer.alloc(8))]));
      }
      await eventually(() => clients.length === 20, 'the requests arrive');
      sessions.push(...connectionsOf(clients));
      await eventually(() => clients.every((client) => client.isClosed()), 'the connections are ended');
      clients.length = 0;
      collect();
    }
    expect(sockets.size).toBe(201);
    expect(sessions).not.toHaveLength(0);
    // What listens to a socket leads to its connection.
    sockets.clear();
    await eventually(() => {
      collect();
      return sessions.every((session) => session.deref() === undefined);
    }, 'nothing is left of them');
  });
});
