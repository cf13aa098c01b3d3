import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withEnvBlock } from '../../../src/resolver/env-block.ts';

/** Every byte as a character: controls, quotes, line ends and letters beyond ASCII. */
const anyText = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const block = '# >>> stack-env: generated, do not edit\nA=1\n# <<< stack-env\n';
const write = (text: string) => withEnvBlock(text, 'A=1\n');

test.each([
  ['', block],
  ['X=1\n', `X=1\n${block}`],
  ['X=1', `X=1\n${block}`],
  ['X=1\r\nY=2\r\n', `X=1\r\nY=2\r\n${block.replaceAll('\n', '\r\n')}`],
  [`X=1\n${block.replace('A=1', 'A=0\nB=0')}Y=2`, `X=1\n${block}Y=2`],
  [block.replace('A=1\n', ''), block],
  [block.replaceAll('\n', ' \t\n').trimEnd(), block],
])('%j becomes %j', (text, expected) => {
  expect(write(text)).toBe(expected);
});

test.each([
  ['X=1\n# >>> stack-env: generated, do not edit\nA=1\n', 2, 'a start without an end'],
  ['X=1\n# <<< stack-env\n', 2, 'an end without a start'],
  [`# <<< stack-env\n${block}`, 1, 'an end without a start'],
  [`${block}\n${block}`, 5, 'a second marker'],
  [`${block}# <<< stack-env\n`, 4, 'a second marker'],
])('%j is broken in line %i: %s', (text, line, reason) => {
  expect(write(text)).toEqual({ line, reason });
});

test('written twice is written once, and nothing else changes', () => {
  const line = fc.oneof(
    anyText.map((text) => text.replace(/[\n\r]|stack-env/g, '')),
    fc.constant('# x'),
  );
  const text = fc.array(line).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const first = write(`${before}\n${block}${after}`);
      expect(first).toBe(`${before}\n${block}${after}`);
      const appended = write(before) as string;
      expect(appended.startsWith(before)).toBe(true);
      expect(write(appended)).toBe(appended);
    }),
  );
});
