import { expect, test } from 'vitest';
import { screenOf } from '../../../src/cli/sidings/ls.ts';
import { serviceOf, workstreamOf } from '../../support/workstreams.ts';

const services = ['api', 'web', 'postgres'].map((name) => serviceOf({ name }));
const workstreams = [workstreamOf({ name: 'project-3', services }), workstreamOf({ name: 'project-4', services })];

/** The lines that a terminal shows, which begins at its first one and wraps none. */
const linesOn = (height: number): readonly string[] => {
  const [before, after] = ['\u001b[?7l\u001b[H\u001b[J', '\u001b[?7h'];
  const text = screenOf({ workstreams }, height);
  expect([text.startsWith(before), text.endsWith(after)]).toEqual([true, true]);
  return text.slice(before.length, -after.length).split('\n');
};

test('the table of a terminal with room for it is whole', () => {
  const lines = linesOn(24);
  expect(lines).toHaveLength(1 + 6 + 3);
  expect(lines.at(-2)).toMatch(/ of 2 workstreams are live/);
});

test.each([1, 2, 4, 5, 6, 8, 9])('one of %i rows shows its beginning and how much is missing', (height) => {
  const lines = linesOn(height);
  if (height > 4) expect(lines[0]).toMatch(/^WORKSTREAM/);
  expect(lines.length).toBe(Math.max(4, height));
  const [, missing] = /… (\d+) more lines/.exec(lines.join('\n')) ?? [];
  expect(lines.length - 4 + Number(missing)).toBe(7);
});
