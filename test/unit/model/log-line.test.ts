import fc from 'fast-check';
import { expect, test } from 'vitest';
import { colouredText, isBetween, logLine, plainText } from '../../../src/model/log-line.ts';

test.each([
  [
    'colours stay',
    '\u001b[1;31mred\u001b[0m \u001b[38:2::1:2:3mx\u001b[m',
    '\u001b[1;31mred\u001b[0m \u001b[38:2::1:2:3mx\u001b[m',
  ],
  ['so do colours that begin with one character', '\u009b31mred', '\u001b[31mred'],
  ['the cursor stays where it is', 'a\u001b[2J\u001b[H\u001b[1Ab\u001b[?25l', 'ab'],
  ['keys are not set up anew', '\u001b[>4;2m\u001b[?4m\u001b[4 mx', 'x'],
  [
    'titles, links and the clipboard',
    '\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b\u001b]52;c;ZXZpbA==\u009cc',
    'abc',
  ],
  ['device strings', '\u001bP1$r0m\u001b\\a\u0090q\u009cb\u001b_apc\u001b\\c', 'abc'],
  ['a string without an end hides nothing', '\u001b]0;text', '0;text'],
  ['resets and character sets', '\u001bc\u001b(0a\u001b#8b\u001b7', 'ab'],
  ['bells, backspaces and the like', 'a\u0007\b\u0000\u007fb\u0085', 'ab'],
  ['what turns a line around', 'a\u202eb\u2066c\u2028d', 'abcd'],
  ['an escape in front of an escape', '\u001b\u001b[31m\u001b\u001b[2J', '\u001b[31m'],
  ['endless parameters', `\u001b[${'1;'.repeat(60)}mx`, 'x'],
  ['tabs and letters', 'Grüße\t日本 👩‍👩', 'Grüße\t日本 👩‍👩'],
])('%s', (_what, text, expected) => {
  expect(colouredText(text)).toBe(expected);
});

test('whatever a program writes, nothing but colours is left that acts on a terminal', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '\u001b',
      '[',
      '\u009b',
      '31',
      ';',
      'm',
      '\u001b]',
      '\u0007',
      '\u001b\\',
      'J',
      '?',
      '\r',
      '\u202e',
      ' ',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const text = colouredText(parts.join(''));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(text.replace(/\u001b\[[0-9;:]*m/g, '')).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202e]/);
      expect(colouredText(text)).toBe(text);
    }),
  );
});

test('a line is its last state, of limited length', () => {
  expect(logLine('10%\r50%\r100%\r\r', 5)).toEqual({ text: '100%', at: 5 });
  expect(logLine('', undefined)).toEqual({ text: '' });
  expect(logLine('x'.repeat(20_000), undefined).text).toBe(`${'x'.repeat(16_384)}…`);
  expect(plainText('\u001b[31mred\u001b[0m')).toBe('red');
});

test('what was written at an unknown time was not written between two moments', () => {
  const line = { text: '', at: 5 };
  expect([{}, { since: 5 }, { until: 5 }, { since: 6 }, { until: 4 }].map((query) => isBetween(line, query))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([{}, { since: 5 }, { until: 5 }].map((query) => isBetween({ text: '' }, query))).toEqual([true, false, false]);
});
