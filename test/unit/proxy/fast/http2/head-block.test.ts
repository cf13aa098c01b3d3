import { expect, test } from 'vitest';
import { codes } from '../../../../../src/proxy/fast/http2/frames.ts';
import { HeadBlock } from '../../../../../src/proxy/fast/http2/head-block.ts';
import { maxHeaderList } from '../../../../../src/proxy/http2-limits.ts';

const calm = expect.objectContaining({ code: codes.calm });

/** Adds a payload of so many bytes. */
const add = (block: HeadBlock, bytes: number): void => block.add(Buffer.alloc(bytes), 0, bytes);

test('a head is what its frames hold, one behind the other', () => {
  const block = new HeadBlock(7, true, false);
  block.add(Buffer.from('<abc>'), 1, 4);
  block.add(Buffer.from('<>'), 1, 1);
  block.add(Buffer.from('def'), 0, 3);
  expect(block.bytes().toString()).toBe('abcdef');
  expect(block).toMatchObject({ id: 7, isLast: true, isFaulty: false });
});

test('a head may be as large as we say, and no byte larger', () => {
  const block = new HeadBlock(1, false, false);
  add(block, maxHeaderList - 1);
  add(block, 1);
  expect(block.bytes()).toHaveLength(maxHeaderList);
  expect(() => add(block, 1)).toThrow(calm);
});

test('a head ends some time, also where its frames bring nothing', () => {
  const block = new HeadBlock(1, false, false);
  for (let frames = 0; frames < 64; frames += 1) add(block, 0);
  expect(() => add(block, 0)).toThrow(calm);
});
