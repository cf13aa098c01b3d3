import { expect, test } from 'vitest';
import { dotenvLine, dotenvValue, formatDotenv, formatShell, shellQuote } from '../../../src/resolver/formats.ts';

test('shell values are quoted whatever they hold', () => {
  expect(formatShell({ A: 'b', C: "it's $HOME\n`x`" })).toBe("export A='b'\nexport C='it'\\''s $HOME\n`x`'\n");
  expect(shellQuote('')).toBe("''");
});

test.each([
  ['8003', '8003'],
  ['postgresql://me:pw@localhost:5435/project_3', 'postgresql://me:pw@localhost:5435/project_3'],
  ['', "''"],
  ['two words', "'two words'"],
  ['a#b', "'a#b'"],
  ['~/x', "'~/x'"],
  ['$HOME', "'$HOME'"],
  ['"quoted"', `'"quoted"'`],
  ['two\nlines', "'two\nlines'"],
  ['C:\\new', "'C:\\new'"],
  ["it's", `"it's"`],
  ["it's\nhere", `"it's\nhere"`],
])('%j is written as %j', (value, expected) => {
  expect(dotenvValue(value)).toBe(expected);
});

test.each([`it's "x"`, "it's $x", "it's `x`", "it's \\ x", 'a\\\\b', 'end\\', `\${HOME}`, 'a\rb', 'a\0b'])(
  '%j has no notation that all read alike',
  (value) => {
    expect(() => dotenvLine('X', value)).toThrow(
      expect.objectContaining({
        code: 'dotenv-inexpressible',
        message: 'The value of X cannot be written so that dotenv, compose and sh all read it back alike.',
      }),
    );
  },
);

test('one line for each variable', () => {
  expect(formatDotenv({ A: '1', B: 'two words' })).toBe("A=1\nB='two words'\n");
});
