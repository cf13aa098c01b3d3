import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText, runsOf } from '../../../../src/status/web/text/sgr.ts';
import { anyText } from '../../../support/text.ts';

const esc = '\u001b';

test.each<[string, readonly (readonly [string, string])[]]>([
  ['plain', [['plain', '']]],
  ['', []],
  [
    `${esc}[31mred${esc}[0m plain`,
    [
      ['red', 'sgr-f1'],
      [' plain', ''],
    ],
  ],
  [
    `${esc}[1;4;91mloud${esc}[22;24;39m.`,
    [
      ['loud', 'sgr-bold sgr-underline sgr-f9'],
      ['.', ''],
    ],
  ],
  [
    `${esc}[2;3;7;9;21mx${esc}[23;27;29m.`,
    [
      ['x', 'sgr-dim sgr-italic sgr-underline sgr-inverse sgr-strike'],
      ['.', 'sgr-dim sgr-underline'],
    ],
  ],
  [
    `${esc}[44;30mx${esc}[49m.${esc}[103m!`,
    [
      ['x', 'sgr-f0 sgr-b4'],
      ['.', 'sgr-f0'],
      ['!', 'sgr-f0 sgr-b11'],
    ],
  ],
  [`${esc}[m${esc}[;mx`, [['x', '']]],
  [`${esc}[38;5;208mx`, [['x', 'sgr-f3']]],
  [`${esc}[38;5;9mx`, [['x', 'sgr-f9']]],
  [`${esc}[38;5;250mx`, [['x', 'sgr-f7']]],
  [
    `${esc}[38;5;999mx${esc}[38;5mx`,
    [
      ['x', ''],
      ['x', ''],
    ],
  ],
  [
    `${esc}[48;2;0;0;0mx${esc}[38;2mx`,
    [
      ['x', 'sgr-b0'],
      ['x', 'sgr-f0 sgr-b0'],
    ],
  ],
  [`${esc}[38:2:255:0:0mx`, [['x', 'sgr-f9']]],
  [`${esc}[38;9;1mx`, [['x', 'sgr-bold']]],
  [`${esc}[58;5;1;4mx`, [['x', 'sgr-underline']]],
  [`${esc}[5;999mx`, [['x', '']]],
])('%j', (line, runs) => {
  expect(runsOf(line).map(({ text, classes }) => [text, classes])).toEqual(runs);
});

test('all other codes are left out, and what could act on a reader is made visible', () => {
  const line = `a${esc}[2J${esc}]0;title\u0007${esc}]8;;http://x${esc}\\link${esc}]8;;${esc}\\${esc}c${esc}(B\u009b5n\u0090q\u009cb\u0007\u202e${esc}`;
  expect(plainText(line)).toBe('alinkb\\u{7}\\u{202e}');
  expect(
    runsOf(line)
      .map(({ text }) => text)
      .join(''),
  ).toBe(plainText(line));
});

test('markup stays text', () => {
  expect(runsOf(`<img src=x onerror=alert(1)>${esc}[31m</span>`)).toEqual([
    { text: '<img src=x onerror=alert(1)>', classes: '' },
    { text: '</span>', classes: 'sgr-f1' },
  ]);
});

test('whatever a line holds, classes are ours and no control character comes out', () => {
  const piece = fc.oneof(
    anyText(),
    fc.constantFrom(esc, '[', ']', ';', 'm', '38', '48', '2', '5', '0', '\u009b', '\u0007', '\u009c', '31', '97'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const runs = runsOf(pieces.join(''));
      for (const { text, classes } of runs) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
        expect(text).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(classes).toMatch(/^(sgr-[a-z0-9]+( sgr-[a-z0-9]+)*)?$/);
      }
    }),
  );
});
