import { expect, test } from 'vitest';
import type { Resolution } from '../../../src/model/workstream.ts';
import { sharedSlot, slotInName } from '../../../src/resolver/known-copies.ts';

const copy: Resolution = {
  name: 'project-3',
  project: 'project',
  mode: 'workstream',
  slot: 3,
  directory: '/a/project-3',
  services: {},
  env: {},
  problems: [],
};

test('main and numbers have their slot in their name', () => {
  expect(['project', 'project-3', 'project_12', 'feature'].map((name) => slotInName(name, 'project'))).toEqual([
    0,
    3,
    12,
    undefined,
  ]);
});

test('another folder with the same slot is a problem that names both', () => {
  const others = [
    { name: 'project', slot: 0, directory: undefined },
    { name: 'project-2', slot: 2, directory: '/a/project-2' },
  ];
  expect(sharedSlot(copy, others)).toBeUndefined();
  expect(sharedSlot(copy, [...others, { name: 'project-3', slot: 3, directory: '/b/project-3' }])).toMatchObject({
    code: 'slot-taken',
    severity: 'error',
    message: 'Slot 3 of project is claimed by two folders: /b/project-3 and /a/project-3.',
  });
  expect(sharedSlot({ ...copy, slot: 0, mode: 'main' }, others)).toBeUndefined();
});
