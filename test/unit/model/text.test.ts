import { expect, test } from 'vitest';
import { hash32, printable, printableJson, shortHash } from '../../../src/model/text.ts';

test('what could act on a terminal is made visible', () => {
  expect(printable('\u001b[31mred\u001b[0m')).toBe('\\u{1b}[31mred\\u{1b}[0m');
  expect(printable('a\nb\rc')).toBe('a\\nb\\u{d}c');
  expect(printable('\u009b2J')).toBe('\\u{9b}2J');
});

test('what could reorder a line is made visible', () => {
  expect(printable('abc\u202edef\u2066\u200f\u2028')).toBe('abc\\u{202e}def\\u{2066}\\u{200f}\\u{2028}');
});

test('in JSON it is escaped, and the value stays the same', () => {
  const value = { name: 'a\u009b2J\u202e', lines: ['\u001b[0m\u007f', 'Grüße\n\tb'] };
  const text = printableJson(JSON.stringify(value, undefined, 2));
  expect(text).toContain('"a\\u009b2J\\u202e"');
  for (const line of text.split('\n')) expect(line).toBe(printable(line));
  expect(JSON.parse(text)).toEqual(value);
});

test('plain text stays as it is', () => {
  expect(printable('Grüße, 日本\tproject-3')).toBe('Grüße, 日本\tproject-3');
});

test('the hash is stable: claimed slots depend on it', () => {
  expect(hash32('')).toBe(0x811c9dc5);
  expect(hash32('a')).toBe(0xe40c292c);
  expect(shortHash('foobar')).toBe('bf9cf968');
});
