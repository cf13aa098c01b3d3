import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEnvFile } from '../../../src/resolver/env-files.ts';

/** Every byte as a character: controls, quotes, line ends and letters beyond ASCII. */
const anyText = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const parse = (text: string) => parseEnvFile(text).map(({ name, value, line }) => [name, value, line]);

test.each([
  ['A=1', '1'],
  ['A = 1 ', '1'],
  ['  export A=1', '1'],
  ['export\tA=1', '1'],
  ['A: 1', '1'],
  ['A=', ''],
  ['A=# only a comment', ''],
  ['A=one two # comment', 'one two'],
  ['A=one#two', 'one#two'],
  ['A="one # two" # three', 'one # two'],
  ['A=\'one "two"\'', 'one "two"'],
  ['A=`it\'s "it"`', 'it\'s "it"'],
  ['A="a\\nb\\tc\\"d\\$e"', 'a\nb\tc"d$e'],
  ["A='a\\nb'", 'a\\nb'],
  ['A="C:\\\\"', 'C:\\'],
  ['A="x"y', '"x"y'],
  ['A="never closed', '"never closed'],
  ["A=it's", "it's"],
  ['A=\tb\r', 'b'],
])('%j assigns %j', (text, value) => {
  expect(parse(text)).toEqual([['A', value, 1]]);
});

test.each(['', '# A=1', '=1', '1A=1', 'A', 'export A', 'A:1', 'some words = 1'])('%j assigns nothing', (text) => {
  expect(parse(text)).toEqual([]);
});

test('lines are counted through comments, quotes over several lines and every kind of line end', () => {
  expect(parse('# one\r\nA="x\ny" # z\rB=2\n\nC=\'p\nq\'\nD=4')).toEqual([
    ['A', 'x\ny', 2],
    ['B', '2', 4],
    ['C', 'p\nq', 6],
    ['D', '4', 8],
  ]);
});

test('a quote that is never closed takes nothing of the lines below with it', () => {
  expect(parse('A=1\nB="x\nC=2')).toEqual([
    ['A', '1', 1],
    ['B', '"x', 2],
    ['C', '2', 3],
  ]);
  expect(parse('B="x\nC=2\nB2="y"z\nD=4').map(([name]) => name)).toEqual(['B', 'C', 'B2', 'D']);
});

test('of values in single quotes alone it is known that nothing is put in', () => {
  const expands = parseEnvFile('A=$X\nB="$X"\nC=\'$X\'\nD=x').map((entry) => entry.expands);
  expect(expands).toEqual([true, true, false, false]);
});

test('any text is read, and what dotenv quotes comes back', () => {
  fc.assert(fc.property(anyText, (text) => Array.isArray(parseEnvFile(text))));
  fc.assert(
    fc.property(
      anyText.filter((text) => !/['\r\\]/.test(text)),
      (value) => {
        expect(parse(`# x\nA='${value}'\nB=1`)[0]).toEqual(['A', value, 2]);
      },
    ),
  );
});

test('the time grows with the length, whatever is in a file', () => {
  for (const line of ['A="', "A='", 'A=`', 'A="\\"', 'A= ', 'A=\\\\"', 'export ', 'A=x #'])
    expect(parseEnvFile(`${line}\n`.repeat(10_000)).length).toBeLessThanOrEqual(10_000);
  parseEnvFile(`A="${'\\'.repeat(100_000)}"`);
  parseEnvFile(' '.repeat(200_000));
}, 5000);
