import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withBlock } from '../../../src/resolver/marked-block.ts';

const markers = { start: '# >>>', end: '# <<<' };
const block = '# >>>\nA\n# <<<\n';

test.each([
  ['', ''],
  ['X', 'X'],
  ['X\r\n', 'X\r\n'],
  [block, ''],
  [`X\n${block}Y`, 'X\nY'],
  [`X\r\n${block.replaceAll('\n', '\r\n')}`, 'X\r\n'],
])('without content, %j becomes %j', (text, expected) => {
  expect(withBlock(text, markers, undefined)).toBe(expected);
});

test('a broken block is not taken out', () => {
  expect(withBlock('X\n# >>>\nA\n', markers, undefined)).toEqual({ line: 2, reason: 'a start without an end' });
});

test('what was put in is taken out to the byte', () => {
  const line = fc.string().map((text) => text.replace(/[\n\r#]/g, ''));
  const ended = fc
    .tuple(fc.array(line), fc.constantFrom('\n', '\r\n'))
    .map(([lines, end]) => lines.map((text) => text + end).join(''));
  const content = fc.array(line).map((lines) => lines.map((text) => `${text}\n`).join(''));
  fc.assert(
    fc.property(ended, content, (text, inside) => {
      const full = withBlock(text, markers, inside) as string;
      expect(withBlock(full, markers, undefined)).toBe(text);
      expect(withBlock(full, markers, inside)).toBe(full);
    }),
  );
});
