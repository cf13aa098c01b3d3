import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeOptions } from '../../../src/resolver/compose-options.ts';

const nothing = { files: [], project: undefined, directory: undefined };

test.each([
  [['up', '-d'], nothing],
  [[], nothing],
  [
    ['-f', 'a.yaml', '--file', 'b.yaml', '--file=c.yaml', '-fd.yaml', 'up'],
    { files: ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'] },
  ],
  [['--profile', 'full', '-p', 'x', 'up'], { project: { option: '-p', value: 'x' } }],
  [['-px', 'up'], { project: { option: '-p', value: 'x' } }],
  [['--project-name=x', 'up'], { project: { option: '--project-name', value: 'x' } }],
  [['-p', 'x', '-p', 'y', 'up'], { project: { option: '-p', value: 'y' } }],
  [['--verbose', '--project-directory', '..', 'up'], { directory: { option: '--project-directory', value: '..' } }],
  // A value may be the name of a command.
  [['--profile', 'up', '-p', 'x'], { project: { option: '-p', value: 'x' } }],
  // Behind its name they are the command's.
  [['run', '-p', '8000:8000', 'api'], nothing],
  [['exec', 'api', 'grep', '-f', 'x'], nothing],
  [['--', '-p', 'x'], nothing],
  [['-p'], { project: { option: '-p', value: '' } }],
  [['-f', 'a\nb', 'up'], { files: ['a\nb'] }],
])('%j', (args, expected) => {
  expect(composeOptions(args)).toEqual({ ...nothing, ...expected });
});

test('whatever is written, there is no exception', () => {
  fc.assert(fc.property(fc.array(fc.string()), (args) => Array.isArray(composeOptions(args).files)));
});
