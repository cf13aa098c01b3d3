import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Code, codes, firstWindow } from '../../../../../src/proxy/fast/http2/frames.ts';
import { HpackDecoder } from '../../../../../src/proxy/fast/http2/hpack/decoder.ts';
import { type BodyTaker, Http2Stream } from '../../../../../src/proxy/fast/http2/stream.ts';
import { streamWindow } from '../../../../../src/proxy/http2-limits.ts';
import type { RawHeaders } from '../../../../../src/proxy/request-head.ts';
import { endStream, type Frame, types, uint32 } from '../../../../support/frames.ts';
import { writtenFrames } from '../../../../support/written-frames.ts';

const id = 5;

/** A stream of a connection that only writes. `isWhole`: its request was a head only. */
const open = ({ isWhole = true, window = firstWindow, connectionWindow = firstWindow } = {}) => {
  const written = writtenFrames();
  const waiting = new Set<Http2Stream>();
  const endings: Code[] = [];
  const connection = {
    output: written.output,
    sendWindow: connectionWindow,
    wait: (one: Http2Stream): void => {
      waiting.add(one);
    },
    ended: (_one: Http2Stream, code: Code): void => {
      endings.push(code);
    },
  };
  const stream = new Http2Stream(connection, id, isWhole, window);
  let closes = 0;
  stream.onClose = () => {
    closes += 1;
  };
  return { stream, connection, waiting, endings, closes: () => closes, ...written };
};

const dataOf = (frames: readonly Frame[]): string =>
  Buffer.concat(frames.filter(({ type }) => type === types.data).map(({ payload }) => payload)).toString('latin1');

/** The indexes of the frames that end the stream. */
const endsIn = (frames: readonly Frame[]): readonly number[] =>
  frames.flatMap(({ flags }, index) => ((flags & endStream) === 0 ? [] : [index]));

/** Takes a body and keeps it. */
const keeping = (hasRoom: () => boolean = () => true) => {
  let body = '';
  const ends: RawHeaders[] = [];
  const taker: BodyTaker = {
    data: (buffer, from, to) => {
      body += buffer.toString('latin1', from, to);
      return hasRoom();
    },
    ended: (trailers) => {
      ends.push(trailers);
    },
  };
  return { taker, body: () => body, ends };
};

const bytes = (size: number): Buffer => Buffer.alloc(size, 'abcdefghijklmnopqrstuvw');

/** What a stream of a client does: so many bytes of one chunk come. */
const receive = (stream: Http2Stream, size: number, padding = 0) =>
  stream.receive(bytes(size), 0, size, size + padding);

describe('an answer', () => {
  test('that is a head is one frame, and the end', () => {
    const { stream, frames, endings, closes } = open();
    stream.inform(103, ['link', '</a>']);
    stream.respond(204, [], true);
    stream.inform(103, []);
    stream.respond(200, [], true);
    stream.write(bytes(1), true);
    stream.end([]);
    expect(frames().map(({ type, flags }) => [type, flags & endStream])).toEqual([
      [types.headers, 0],
      [types.headers, endStream],
    ]);
    expect(endings).toEqual([codes.none]);
    expect(closes()).toBe(1);
  });

  test('has no interim heads behind its own', () => {
    const { stream, frames } = open();
    stream.respond(200, [], false);
    stream.inform(103, []);
    expect(frames()).toHaveLength(1);
  });

  test.each([
    ['with its last part', (stream: Http2Stream) => stream.write(Buffer.from('c'), true), 'abc'],
    ['with a last part that is empty', (stream: Http2Stream) => stream.write(Buffer.alloc(0), true), 'ab'],
    ['without more of the body', (stream: Http2Stream) => stream.end([]), 'ab'],
  ])('ends %s', (_what, end, body) => {
    const { stream, frames, endings } = open();
    stream.respond(200, [], false);
    stream.write(Buffer.from('ab'), false);
    end(stream);
    expect(dataOf(frames())).toBe(body);
    expect(endsIn(frames())).toEqual([2]);
    expect(endings).toEqual([codes.none]);
  });

  test('ends with its trailers, whether it had to wait or not', () => {
    for (const window of [0, 1, 2, 3, 10]) {
      const { stream, frames, connection, waiting, endings } = open({ window });
      stream.write(Buffer.from('abc'), false);
      stream.end(['X-Sum', '3']);
      expect(stream.isAnswered).toBe(true);
      expect(waiting.has(stream)).toBe(window < 3);
      stream.sendWindow += 10;
      if (window < 3) expect(stream.resume()).toBe(true);
      expect(dataOf(frames())).toBe('abc');
      const last = frames().at(-1) as Frame;
      expect(endsIn(frames())).toEqual([frames().length - 1]);
      expect(last.type).toBe(types.headers);
      expect(new HpackDecoder(1000).decode(last.payload)).toEqual(['x-sum', '3']);
      expect(connection.sendWindow).toBe(firstWindow - 3);
      expect(endings).toEqual([codes.none]);
    }
  });

  test('waits for the window of its stream, for that of the connection, and for the socket', () => {
    for (const scarce of ['stream', 'connection', 'socket'] as const) {
      const { stream, frames, connection, waiting, socket } = open({
        window: scarce === 'stream' ? 2 : firstWindow,
        connectionWindow: scarce === 'connection' ? 2 : firstWindow,
      });
      let drains = 0;
      stream.onDrain = () => {
        drains += 1;
      };
      if (scarce === 'socket') socket.writableLength = 2 ** 20;
      stream.write(Buffer.from('abcd'), false);
      expect(dataOf(frames())).toBe(scarce === 'socket' ? '' : 'ab');
      expect(waiting.has(stream)).toBe(true);
      expect(stream.resume()).toBe(false);
      expect(drains).toBe(0);
      stream.sendWindow = firstWindow;
      connection.sendWindow = firstWindow;
      socket.writableLength = 0;
      expect(stream.resume()).toBe(true);
      expect(dataOf(frames())).toBe('abcd');
      expect(drains).toBe(1);
      expect(endsIn(frames())).toEqual([]);
    }
  });

  test('waits where a window was made smaller than nothing', () => {
    const { stream, frames } = open();
    stream.sendWindow = -5;
    stream.write(Buffer.from('a'), true);
    expect(frames()).toHaveLength(0);
    stream.sendWindow += 6;
    stream.resume();
    expect(frames()).toMatchObject([{ type: types.data, flags: endStream, payload: Buffer.from('a') }]);
  });

  test('is kept as it was where it has to wait', () => {
    const { stream, frames } = open({ window: 0 });
    const chunk = Buffer.from('abc');
    stream.write(chunk, true);
    chunk.fill('x');
    stream.sendWindow = 3;
    stream.resume();
    expect(dataOf(frames())).toBe('abc');
  });

  test('is behind when more than 32 KiB of it wait', () => {
    const { stream } = open({ window: 0 });
    stream.write(bytes(32 * 1024), false);
    expect(stream.isBehind).toBe(false);
    stream.write(bytes(1), false);
    expect(stream.isBehind).toBe(true);
    stream.close(codes.cancel);
    expect(stream.isBehind).toBe(false);
  });

  test('comes out byte for byte, ends once and last, and is never more than the windows allow', () => {
    const size = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 40_000 }));
    const step = fc.record({ kind: fc.constantFrom('write', 'write', 'stream', 'connection'), size });
    const ending = fc.constantFrom('part', 'end', 'trailers');
    fc.assert(
      fc.property(size, size, fc.array(step, { maxLength: 30 }), ending, (window, connectionWindow, steps, how) => {
        const { stream, connection, frames, waiting, endings, closes } = open({ window, connectionWindow });
        let [mayOnStream, mayOnConnection, written] = [window, connectionWindow, ''];
        const look = (): void => {
          const sent = dataOf(frames());
          expect(written.startsWith(sent)).toBe(true);
          // All that may go has gone.
          expect(sent.length).toBe(Math.min(written.length, mayOnStream, mayOnConnection));
        };
        const widen = (bytesMore: number, isOfStream: boolean): void => {
          if (isOfStream) {
            stream.sendWindow += bytesMore;
            mayOnStream += bytesMore;
          } else {
            connection.sendWindow += bytesMore;
            mayOnConnection += bytesMore;
          }
          if (waiting.has(stream) && stream.resume()) waiting.delete(stream);
        };
        for (const { kind, size: many } of steps) {
          if (kind === 'write') {
            written += bytes(many).toString('latin1');
            stream.write(bytes(many), false);
          } else widen(many, kind === 'stream');
          look();
        }
        if (how === 'part') {
          written += 'last';
          stream.write(Buffer.from('last'), true);
        } else stream.end(how === 'end' ? [] : ['x-a', 'b']);
        look();
        widen(2 ** 21, true);
        widen(2 ** 21, false);
        look();
        expect(endsIn(frames())).toEqual([frames().length - 1]);
        expect(endings).toEqual([codes.none]);
        expect(closes()).toBe(1);
      }),
    );
  });
});

describe('a request', () => {
  test('is given as it came, before and after somebody takes it, with its trailers', () => {
    for (let early = 0; early <= 3; early += 1) {
      const { stream } = open({ isWhole: false });
      const { taker, body, ends } = keeping();
      const parts = ['<ab>', '<c>', '<def>'];
      const arrive = (part: string) => stream.receive(Buffer.from(part), 1, part.length - 1, part.length);
      for (const part of parts.slice(0, early)) expect(arrive(part)).toBeUndefined();
      if (early === 3) stream.receiveEnd(['x-a', 'b']);
      stream.give(taker);
      for (const part of parts.slice(early)) expect(arrive(part)).toBeUndefined();
      if (early < 3) expect(stream.receiveEnd(['x-a', 'b'])).toBeUndefined();
      expect(body()).toBe('abcdef');
      expect(ends).toEqual([['x-a', 'b']]);
      expect(stream.isReceived).toBe(true);
    }
  });

  test('that was a head only has no body whose end is to be told', () => {
    const { stream } = open();
    const { taker, ends } = keeping();
    stream.give(taker);
    expect(ends).toEqual([]);
  });

  test.each([
    [3, [1, 2], undefined],
    [0, [0], undefined],
    [3, [1, 1], codes.protocol],
    [3, [1, 3], codes.protocol],
    [0, [1], codes.protocol],
  ])('of length %i may come as %j: %s', (length, sizes, fault) => {
    const { stream } = open({ isWhole: false });
    expect(stream.expect(length)).toBe(true);
    const faults = sizes.map((size) => receive(stream, size, 7));
    expect([...faults, stream.receiveEnd([])].find((code) => code !== undefined)).toBe(fault);
  });

  test('whose head is all of it has no length but none', () => {
    expect(open().stream.expect(0)).toBe(true);
    expect(open().stream.expect(1)).toBe(false);
  });

  test('is never larger than the window, padding included', () => {
    const { stream } = open({ isWhole: false });
    expect(receive(stream, streamWindow - 10, 10)).toBeUndefined();
    expect(receive(stream, 0, 1)).toBe(codes.flowControl);
  });

  test('is given room for what was taken, to the byte, once it is half a window', () => {
    const { stream, frames } = open({ isWhole: false });
    let hasRoom = true;
    stream.give(keeping(() => hasRoom).taker);
    receive(stream, streamWindow / 2 - 8, 7);
    expect(frames()).toHaveLength(0);
    receive(stream, 0, 1);
    const half = { type: types.window, stream: id, payload: uint32(streamWindow / 2) };
    expect(frames()).toMatchObject([half]);
    hasRoom = false;
    receive(stream, streamWindow / 2);
    // It has no room any more, until it says so.
    hasRoom = true;
    receive(stream, 5);
    expect(frames()).toHaveLength(1);
    stream.taken();
    expect(frames()).toMatchObject([half, { payload: uint32(streamWindow / 2 + 5) }]);
    stream.taken();
    expect(frames()).toHaveLength(2);
  });

  test('is given no room while nobody takes it, nor when it is over', () => {
    const { stream, frames } = open({ isWhole: false });
    receive(stream, streamWindow);
    expect(frames()).toHaveLength(0);
    stream.receiveEnd([]);
    stream.give(keeping().taker);
    expect(frames()).toHaveLength(0);
    const closed = open({ isWhole: false });
    receive(closed.stream, streamWindow);
    closed.stream.close(codes.cancel);
    closed.stream.taken();
    expect(closed.frames()).toHaveLength(0);
  });

  test('may be as much as there was room for, whatever its parts and whenever it is taken', () => {
    const step = fc.record({ size: fc.nat({ max: 16_000 }), padding: fc.nat({ max: 256 }), hasRoom: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { stream, frames } = open({ isWhole: false });
        let room = true;
        stream.give(keeping(() => room).taker);
        let came = 0;
        const credit = (): number => frames().reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
        for (const { size, padding, hasRoom } of steps) {
          room = hasRoom;
          const fits = came + size + padding <= streamWindow + credit();
          expect(receive(stream, size, padding)).toBe(fits ? undefined : codes.flowControl);
          if (!fits) return;
          came += size + padding;
          if (hasRoom) stream.taken();
          expect(credit()).toBeLessThanOrEqual(came);
          // What is kept back is less than half of a window, where there is room.
          if (hasRoom) expect(came - credit()).toBeLessThan(streamWindow / 2);
        }
      }),
    );
  });
});

describe('the end of a stream', () => {
  test.each([
    ['before anything', () => {}],
    ['with a part of the request that nobody took', (stream: Http2Stream) => void receive(stream, 3)],
    ['behind the head of the answer', (stream: Http2Stream) => stream.respond(200, [], false)],
    [
      'while a part of the answer waits',
      (stream: Http2Stream) => {
        stream.sendWindow = 1;
        stream.write(bytes(3), false);
      },
    ],
    [
      'while the end of the answer waits',
      (stream: Http2Stream) => {
        stream.sendWindow = 1;
        stream.write(bytes(3), true);
      },
    ],
  ])('comes once, %s', (_when, before) => {
    for (const end of ['reset', 'close'] as const) {
      const { stream, frames, endings, closes } = open({ isWhole: false });
      before(stream);
      const already = frames().length;
      stream[end](codes.cancel);
      stream.reset(codes.internal);
      stream.close(codes.internal);
      stream.respond(200, [], true);
      stream.inform(103, []);
      stream.write(bytes(1), true);
      stream.end(['a', 'b']);
      const reset = { type: types.reset, stream: id, payload: uint32(codes.cancel) };
      expect(frames().slice(already)).toMatchObject(end === 'reset' ? [reset] : []);
      expect(stream).toMatchObject({ isClosed: true, isBehind: false });
      expect(endings).toEqual([codes.cancel]);
      expect(closes()).toBe(1);
    }
  });

  test('needs nobody who listens', () => {
    const { stream, endings } = open();
    stream.onClose = undefined;
    stream.close(codes.cancel);
    expect(endings).toEqual([codes.cancel]);
  });

  test('comes with the end of the request where the answer was before it', () => {
    const { stream, endings, frames } = open({ isWhole: false });
    stream.respond(200, [], true);
    expect(endings).toEqual([]);
    stream.receiveEnd([]);
    expect(endings).toEqual([codes.none]);
    expect(frames()).toHaveLength(1);
  });

  test('is asked for a turn behind an answer to a request that goes on', async () => {
    const { stream, endings, frames } = open({ isWhole: false });
    stream.respond(200, [], true);
    await turn();
    await turn();
    expect(frames().map(({ type }) => type)).toEqual([types.headers, types.reset]);
    expect(frames().at(-1)?.payload).toEqual(uint32(codes.none));
    expect(endings).toEqual([codes.none]);
  });

  test('is left to the client where it is a tunnel', async () => {
    const { stream, endings, frames } = open({ isWhole: false });
    stream.isTunnel = true;
    stream.respond(200, [], false);
    stream.end([]);
    await turn();
    await turn();
    expect(frames()).toHaveLength(2);
    expect(endings).toEqual([]);
    stream.receiveEnd([]);
    expect(endings).toEqual([codes.none]);
  });
});

test('it is known whether something waits for a window', () => {
  const { stream } = open({ window: 4 });
  stream.respond(200, [], false);
  stream.write(bytes(4), false);
  expect(stream.isPending).toBe(false);
  stream.write(bytes(1), true);
  expect(stream.isPending).toBe(true);
  stream.sendWindow += 1;
  expect(stream.resume()).toBe(true);
  expect(stream.isPending).toBe(false);
});
