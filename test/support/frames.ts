import { literal } from './hpack.ts';

/** Types of frames (RFC 9113 §6). */
export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
export const endStream = 0x1;
export const endHeaders = 0x4;
/** What a client begins with, before its settings (RFC 9113 §3.4). */
export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One frame as bytes. */
export const frame = (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Fields as HPACK writes them out in full, with no table and no compression (RFC 7541 §6.2.2). */
export const block = (fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)])));

export const request = (host: string, more: readonly (readonly [string, string])[] = [], path = '/', method = 'GET') =>
  block([[':method', method], [':scheme', 'https'], [':authority', host], [':path', path], ...more]);

/** Reads frames from bytes that come in pieces. The function it gives takes the next piece and gives the frames that are whole with it. */
export const frameReader = (): ((data: Buffer) => readonly Frame[]) => {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    const frames: Frame[] = [];
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const length = rest.length >= 9 ? rest.readUIntBE(0, 3) : 0;
      if (rest.length < 9 + length) return frames;
      frames.push({
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5) & 0x7fffffff,
        payload: rest.subarray(9, 9 + length),
      });
      rest = rest.subarray(9 + length);
    }
  };
};
