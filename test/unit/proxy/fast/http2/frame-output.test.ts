import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FrameOutput } from '../../../../../src/proxy/fast/http2/frame-output.ts';
import { codes, maxPayload } from '../../../../../src/proxy/fast/http2/frames.ts';
import { HpackDecoder } from '../../../../../src/proxy/fast/http2/hpack/decoder.ts';
import { endHeaders, endStream, type Frame, frame, types, uint32 } from '../../../../support/frames.ts';
import { writtenFrames } from '../../../../support/written-frames.ts';

const ack = 1;

/** Frames as bytes, which are quick to compare. */
const bytesOf = (frames: readonly Frame[]): string =>
  Buffer.concat(frames.map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload))).toString(
    'latin1',
  );

/** The block in these frames, which are those of one head. */
const blockOf = (frames: readonly Frame[]): Buffer => Buffer.concat(frames.map(({ payload }) => payload));

const decoded = (frames: readonly Frame[]) => new HpackDecoder(2 ** 24).decode(blockOf(frames));

test('each frame is what was asked for', () => {
  const { output, frames } = writtenFrames();
  output.settings([
    [3, 100],
    [4, 0xffffffff],
  ]);
  output.acknowledge();
  output.window(0, 0x7fffffff);
  output.ping(Buffer.from('<12345678>'), 1, false);
  output.ping(Buffer.from('<12345678>'), 1, true);
  output.data(0x7fffffff, Buffer.from('<abc>'), 1, 4, false);
  output.data(3, Buffer.alloc(0), 0, 0, true);
  output.reset(5, codes.calm);
  output.goaway(7, codes.protocol, 'why');
  expect(frames()).toEqual([
    { type: types.settings, flags: 0, stream: 0, payload: Buffer.from('0003000000640004ffffffff', 'hex') },
    { type: types.settings, flags: ack, stream: 0, payload: Buffer.alloc(0) },
    { type: types.window, flags: 0, stream: 0, payload: uint32(0x7fffffff) },
    { type: types.ping, flags: 0, stream: 0, payload: Buffer.from('12345678') },
    { type: types.ping, flags: ack, stream: 0, payload: Buffer.from('12345678') },
    { type: types.data, flags: 0, stream: 0x7fffffff, payload: Buffer.from('abc') },
    { type: types.data, flags: endStream, stream: 3, payload: Buffer.alloc(0) },
    { type: types.reset, flags: 0, stream: 5, payload: uint32(codes.calm) },
    {
      type: types.goaway,
      flags: 0,
      stream: 0,
      payload: Buffer.concat([uint32(7), uint32(codes.protocol), Buffer.from('why')]),
    },
  ]);
});

describe('a head', () => {
  test.each([
    ['of a final answer', 200, false, ['content-type', 'text/plain'], 0],
    ['that is all', 204, true, [], endStream],
    ['with a status that no table has', 599, false, ['a', ''], 0],
  ] as const)('%s is one frame', (_what, status, isLast, fields, bits) => {
    const { output, frames } = writtenFrames();
    output.headers(1, status, fields, isLast);
    expect(frames()).toMatchObject([{ type: types.headers, flags: bits | endHeaders, stream: 1 }]);
    expect(decoded(frames())).toEqual([':status', String(status), ...fields]);
  });

  test('without a status is one of trailers', () => {
    const { output, frames } = writtenFrames();
    output.headers(1, undefined, ['X-Sum', '1'], true);
    expect(frames()).toMatchObject([{ type: types.headers, flags: endStream | endHeaders, stream: 1 }]);
    expect(decoded(frames())).toEqual(['x-sum', '1']);
  });

  test('says that no table is kept if it is the first, whatever size the client has allowed', () => {
    const { output, frames } = writtenFrames();
    output.headers(1, 103, [], false);
    output.headers(1, 200, [], false);
    output.headers(1, undefined, ['a', ''], true);
    const updates = frames().map(({ payload }) => payload.indexOf(0x20));
    expect(updates).toEqual([0, -1, -1]);
  });

  /** Writes trailers whose block has so many bytes, as the first of their connection. */
  const writeBlock = (output: FrameOutput, bytes: number, isLast: boolean): string => {
    // What is said of the table, the kind of the field, a name of one character, and a length in three or four bytes.
    const around = 4 + (bytes < 16_500 ? 3 : 4);
    const value = 'v'.repeat(bytes - around);
    output.headers(9, undefined, ['a', value], isLast);
    return value;
  };

  test.each([
    [maxPayload - 1, [maxPayload - 1]],
    [maxPayload, [maxPayload]],
    [maxPayload + 1, [maxPayload, 1]],
    [2 * maxPayload - 1, [maxPayload, maxPayload - 1]],
    [2 * maxPayload, [maxPayload, maxPayload]],
    [2 * maxPayload + 1, [maxPayload, maxPayload, 1]],
    [5 * maxPayload, Array<number>(5).fill(maxPayload)],
  ])('of %i bytes is in frames of the size that was agreed', (bytes, sizes) => {
    for (const isLast of [false, true]) {
      const { output, frames } = writtenFrames();
      const value = writeBlock(output, bytes, isLast);
      const last = sizes.length - 1;
      expect(frames().map(({ type, flags, stream, payload }) => [type, flags, stream, payload.length])).toEqual(
        sizes.map((size, index) => [
          index === 0 ? types.headers : types.continuation,
          (index === 0 && isLast ? endStream : 0) | (index === last ? endHeaders : 0),
          9,
          size,
        ]),
      );
      expect(decoded(frames())).toEqual(['a', value]);
    }
  });

  test('is not interrupted, however much room the frames before it have left', () => {
    for (let before = 0; before < 70; before += 1) {
      const { output, frames } = writtenFrames();
      const chunk = Buffer.alloc(1000, before);
      for (let count = 0; count < before; count += 1) output.data(1, chunk, 0, 1000, false);
      const value = writeBlock(output, 20_000, false);
      output.reset(1, codes.none);
      const all = frames();
      expect(all.map(({ type }) => type)).toEqual([
        ...Array<number>(before).fill(types.data),
        types.headers,
        types.continuation,
        types.reset,
      ]);
      expect(decoded(all.slice(before, before + 2))).toEqual(['a', value]);
    }
  });
});

test('whatever is written in whatever order, the same comes out', () => {
  const size = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: maxPayload }), fc.constantFrom(16_383, 16_384));
  const step = fc.record({ kind: fc.constantFrom('data', 'window', 'ping', 'send'), size, isLast: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { output, frames } = writtenFrames();
      const asked: Frame[] = [];
      steps.forEach(({ kind, size: bytes, isLast }, index) => {
        const id = 2 * index + 1;
        const payload = Buffer.alloc(kind === 'ping' ? 8 : bytes, index + 1);
        if (kind === 'data') {
          output.data(id, Buffer.concat([Buffer.from('<'), payload]), 1, bytes + 1, isLast);
          asked.push({ type: types.data, flags: isLast ? endStream : 0, stream: id, payload });
        } else if (kind === 'window') {
          output.window(id, bytes);
          asked.push({ type: types.window, flags: 0, stream: id, payload: uint32(bytes) });
        } else if (kind === 'ping') {
          output.ping(payload, 0, isLast);
          asked.push({ type: types.ping, flags: isLast ? ack : 0, stream: 0, payload });
        } else output.send();
      });
      expect(bytesOf(frames()) === bytesOf(asked)).toBe(true);
    }),
  );
});

describe('what is written', () => {
  test('in one turn of the event loop goes out at once, behind it', async () => {
    const { output, writes } = writtenFrames();
    output.acknowledge();
    output.window(0, 1);
    expect(writes).toHaveLength(0);
    await turn();
    expect(writes).toHaveLength(1);
    await turn();
    expect(writes).toHaveLength(1);
    output.acknowledge();
    await turn();
    expect(writes).toHaveLength(2);
  });

  test('goes out when that is asked for, and once', async () => {
    const { output, writes } = writtenFrames();
    output.send();
    output.acknowledge();
    output.send();
    output.send();
    expect(writes).toHaveLength(1);
    output.window(0, 1);
    await turn();
    await turn();
    expect(writes.map(({ length }) => length)).toEqual([9, 13]);
  });

  test('goes out where there is no more room for it, the rest at the end of the turn', async () => {
    const { output, writes } = writtenFrames();
    const chunk = Buffer.alloc(2000);
    output.data(1, chunk, 0, 2000, false);
    output.data(1, chunk, 0, 2000, false);
    expect(writes.map(({ length }) => length)).toEqual([2009]);
    await turn();
    expect(writes.map(({ length }) => length)).toEqual([2009, 2009]);
  });

  test('goes nowhere when the socket takes nothing any more', () => {
    const { output, socket, writes } = writtenFrames();
    socket.writable = false;
    output.acknowledge();
    output.send();
    expect(writes).toHaveLength(0);
  });
});

test('so much waits as was written here and has not left the socket', () => {
  const { output, socket } = writtenFrames();
  const limit = 128 * 1024;
  expect(output.isBehind).toBe(false);
  socket.writableLength = limit;
  expect(output.isBehind).toBe(false);
  output.acknowledge();
  expect(output.isBehind).toBe(true);
  // As after a write that went out at once.
  output.send();
  expect(output.isBehind).toBe(false);
  socket.writableLength = limit + 1;
  expect(output.isBehind).toBe(true);
});

test('what was written goes out at the end of the turn, and it is known that it has not', async () => {
  const { output, writes } = writtenFrames();
  expect(output.hasUnsent).toBe(false);
  output.acknowledge();
  expect(output.hasUnsent).toBe(true);
  await turn();
  expect(output.hasUnsent).toBe(false);
  expect(writes).toHaveLength(1);
});
