import { expect, test } from 'vitest';
import type { Resolution } from '../../../src/model/workstream.ts';
import { sharedLabel, sharedSlot } from '../../../src/resolver/known-copies.ts';

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

test('another folder with the same hostnames is a warning that names both', () => {
  const other = { name: 'Project_3', slot: 77, directory: '/a/Project_3' };
  expect(sharedLabel(copy, [{ name: 'project', slot: 0, directory: '/a/project' }])).toBeUndefined();
  expect(sharedLabel(copy, [{ ...other, directory: undefined }])).toBeUndefined();
  expect(sharedLabel(copy, [other])).toMatchObject({
    code: 'label-taken',
    severity: 'warning',
    message: '/a/Project_3 and /a/project-3 both become the hostname label project-3.',
  });
});
