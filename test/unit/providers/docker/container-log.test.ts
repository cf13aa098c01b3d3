import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogReader } from '../../../../src/providers/docker/container-log.ts';

const frame = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

const readAll = (...parts: readonly Buffer[]) => {
  const reader = createLogReader();
  return [...parts.flatMap(reader.read), ...reader.end()];
};

const at = Date.parse('2026-07-01T12:00:00.123Z');
const log = Buffer.concat([
  frame(1, '2026-07-01T12:00:00.123456789Z one\n2026-07-01T12:00:00.123456789Z tw'),
  frame(2, 'ö\u001b[31m!\u001b[2J\r\n'),
  frame(1, ''),
  frame(2, '2026-07-01T12:00:00Z \n'),
  frame(1, '2026-07-01T12:00:00.5+00:00 last'),
]);
const lines = [
  { text: 'one', at },
  { text: 'twö\u001b[31m!', at },
  { text: '', at: at - 123 },
  { text: 'last', at: at + 377 },
];

test('frames of both streams, however they are cut', () => {
  expect(readAll(log)).toEqual(lines);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: log.length })), (cuts) => {
      const places = [0, ...cuts.sort((one, other) => one - other), log.length];
      const parts = places.slice(1).map((place, index) => log.subarray(places[index], place));
      expect(readAll(...parts)).toEqual(lines);
    }),
  );
});

test('of a terminal, of none, and of something that is no log', () => {
  expect(readAll(Buffer.from('plain text\nof a terminal\n'))).toEqual([
    { text: 'plain text' },
    { text: 'of a terminal' },
  ]);
  expect(readAll(Buffer.from('short'))).toEqual([{ text: 'short' }]);
  expect(readAll()).toEqual([]);
  expect(readAll(Buffer.from('9999-99-99T99:99:99Z no time\n'))).toEqual([{ text: '9999-99-99T99:99:99Z no time' }]);
});

test('a frame that says it is huge is read as it comes, and a line without an end in parts', () => {
  const reader = createLogReader();
  const head = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  expect(reader.read(Buffer.concat([head, Buffer.from('one\n')]))).toEqual([{ text: 'one' }]);
  expect(reader.read(Buffer.alloc(300_000, 'x'))).toHaveLength(1);
  expect(reader.read(Buffer.from('\n'))).toEqual([{ text: '' }]);
});
