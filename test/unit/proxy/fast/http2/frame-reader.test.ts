import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader } from '../../../../../src/proxy/fast/http2/frame-reader.ts';
import { ConnectionError, codes, maxPayload } from '../../../../../src/proxy/fast/http2/frames.ts';
import { type Frame, frame, preface, types } from '../../../../support/frames.ts';
import { cutAt } from '../../../../support/fuzz.ts';
import { framesOf } from '../../../../support/written-frames.ts';

/** The code of the error that reading these pieces ends with. */
const faultOf = (pieces: readonly Buffer[]) => {
  try {
    framesOf(pieces);
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectionError);
    return (error as ConnectionError).code;
  }
  return undefined;
};

const bytesOf = (frames: readonly Frame[]): Buffer =>
  Buffer.concat([preface, ...frames.map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload))]);

const byte = fc.nat({ max: 255 });
const id = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 0x7fffffff }));
const payload = fc
  .tuple(fc.oneof(fc.nat({ max: 20 }), fc.constantFrom(0, maxPayload - 1, maxPayload)), byte)
  .map(([size, fill]) => Buffer.alloc(size, fill));
const frames = fc.array(fc.record({ type: byte, flags: byte, stream: id, payload }), { maxLength: 6 });

test('however bytes come in pieces, they are the same frames', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 12 }), (sent, places) => {
      const bytes = bytesOf(sent);
      const pieces = cutAt(bytes.toString('latin1'), places).map((piece) => Buffer.from(piece, 'latin1'));
      const read = framesOf(pieces);
      expect(read).toHaveLength(sent.length);
      expect(bytesOf(read).equals(bytes)).toBe(true);
    }),
  );
});

test('bytes that come one by one are the same frames', () => {
  const sent: readonly Frame[] = [
    { type: types.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) },
    { type: types.data, flags: 1, stream: 3, payload: Buffer.from('abc') },
    { type: 200, flags: 255, stream: 0x7fffffff, payload: Buffer.from('d') },
  ];
  const bytes = bytesOf(sent);
  expect(framesOf([...bytes].map((one) => Buffer.from([one])))).toEqual(sent);
});

test('the highest bit of the number of a stream means nothing', () => {
  const bytes = frame(types.data, 0, 5);
  bytes.writeUInt8(0x80, 5);
  expect(framesOf([preface, bytes])).toMatchObject([{ stream: 5 }]);
});

describe('the preface', () => {
  test('is refused at the first byte that is wrong', () => {
    for (let at = 0; at < preface.length; at += 1) {
      const wrong = Buffer.from(preface);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 1, at);
      expect(faultOf([wrong])).toBe(codes.protocol);
      expect(faultOf([wrong.subarray(0, at)])).toBeUndefined();
      expect(faultOf([wrong.subarray(0, at), wrong.subarray(at, at + 1)])).toBe(codes.protocol);
    }
  });

  test('is not a request of HTTP/1.1, nor frames without it', () => {
    expect(faultOf([Buffer.from('GET / HTTP/1.1\r\n')])).toBe(codes.protocol);
    expect(faultOf([frame(types.settings, 0, 0)])).toBe(codes.protocol);
  });
});

describe('a frame that is too large', () => {
  const large = frame(types.data, 0, 1, Buffer.alloc(maxPayload + 1));

  test('is refused as soon as its length is known', () => {
    expect(faultOf([preface, large.subarray(0, 8)])).toBeUndefined();
    expect(faultOf([preface, large.subarray(0, 9)])).toBe(codes.frameSize);
    expect(faultOf([preface, large.subarray(0, 4), large.subarray(4, 9)])).toBe(codes.frameSize);
    expect(faultOf([Buffer.concat([preface, large])])).toBe(codes.frameSize);
  });

  test('comes behind those that are not, which are taken', () => {
    const taken: number[] = [];
    const reader = new FrameReader((type) => taken.push(type));
    expect(() => reader.read(Buffer.concat([preface, frame(types.ping, 0, 0), large]))).toThrow(ConnectionError);
    expect(taken).toEqual([types.ping]);
  });
});

test('what the receiver throws reaches the reader of the socket', () => {
  const reader = new FrameReader(() => {
    throw new ConnectionError(codes.calm, 'enough');
  });
  expect(() => reader.read(Buffer.concat([preface, frame(types.ping, 0, 0)]))).toThrow('enough');
});

test('more must come soon while the beginning of something is there and its end is not, bodies excepted', () => {
  const reader = new FrameReader(() => {});
  const waits = (bytes: Buffer): boolean => {
    reader.read(bytes);
    return reader.isWaiting;
  };
  expect(reader.isWaiting).toBe(true);
  expect(waits(preface.subarray(0, -1))).toBe(true);
  expect(waits(preface.subarray(-1))).toBe(false);
  const head = frame(types.headers, 0, 1, Buffer.alloc(8));
  expect(waits(head.subarray(0, 1))).toBe(true);
  expect(waits(head.subarray(1, 9))).toBe(true);
  expect(waits(head.subarray(9, 16))).toBe(true);
  expect(waits(head.subarray(16))).toBe(false);
  const body = frame(types.data, 0, 1, Buffer.alloc(8));
  expect(waits(body.subarray(0, 8))).toBe(true);
  expect(waits(body.subarray(8, 9))).toBe(false);
  expect(waits(body.subarray(9, 16))).toBe(false);
  expect(waits(Buffer.concat([body.subarray(16), head.subarray(0, 3)]))).toBe(true);
  expect(waits(Buffer.concat([head.subarray(3), body.subarray(0, 12)]))).toBe(false);
  expect(waits(Buffer.alloc(0))).toBe(false);
});
