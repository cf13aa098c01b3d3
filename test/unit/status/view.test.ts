import { expect, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import { facts, inOrder, linkTo, placeOf, stateWord, summary } from '../../../src/status/web/view.js';
import { serviceOf, stateOf, workstreamOf } from '../../support/status.ts';

test('live ones come first, main before its copies, numbers in their order', () => {
  const of = (name: string, live: boolean, project = 'project') =>
    workstreamOf({ name, live, project, mode: name === project ? 'main' : 'workstream', directory: `/code/${name}` });
  const workstreams = [
    of('project-10', true),
    of('a-branch', true),
    of('project-2', false),
    of('project-9', true),
    of('project', true),
    of('another', true, 'another'),
  ];
  const twins = [workstreamOf({ directory: '/b' }), workstreamOf({ directory: '/a' })];
  expect(inOrder(workstreams).map(({ name }) => name)).toEqual([
    'another',
    'project',
    'a-branch',
    'project-9',
    'project-10',
    'project-2',
  ]);
  expect(inOrder(twins).map(({ directory }) => directory)).toEqual(['/a', '/b']);
  expect(workstreams[0]?.name).toBe('project-10');
});

test.each([
  ['http://project-3.web.localhost', 'http://project-3.web.localhost/'],
  ['https://project-3.web.localhost:8443/a', 'https://project-3.web.localhost:8443/a'],
  ['javascript:alert(1)', undefined],
  [' JavaScript:alert(1)', undefined],
  ['data:text/html,<script>', undefined],
  ['//evil.example', undefined],
  ['project-3', undefined],
  [undefined, undefined],
])('%s leads to %s', (url, href) => {
  expect(linkTo(url)).toBe(href);
});

test('states are said in words, not by colour alone', () => {
  expect(['up', 'down', 'unknown', 'foreign'].map((state) => stateWord(state as 'up'))).toEqual([
    'up',
    'not listening',
    'not known yet',
    'held by another copy',
  ]);
  expect(stateWord('constructor' as 'up')).toBe('constructor');
});

test('the summary counts workstreams and all problems', () => {
  const found = [problem('internal', { reason: 'x' })];
  expect(summary(stateOf(1, []))).toBe('0 workstreams, 0 live.');
  expect(summary(stateOf(1))).toBe('1 workstream, 1 live.');
  const workstreams = [workstreamOf({ problems: found }), workstreamOf({ live: false })];
  expect(summary({ ...stateOf(1, workstreams), problems: found })).toBe('2 workstreams, 1 live, 2 problems.');
});

test('the facts leave a branch out where there is none', () => {
  expect(facts(workstreamOf())).toEqual([
    ['Project', 'project'],
    ['Mode', 'workstream'],
    ['Slot', '3'],
    ['Folder', '/code/project-3'],
  ]);
  expect(facts(workstreamOf({ branch: '<b>' }))).toContainEqual(['Branch', '<b>']);
});

test('where a service runs, if not as a process of its copy', () => {
  expect(placeOf(serviceOf())).toBeUndefined();
  expect(placeOf(serviceOf({ provider: 'docker', container: 'project-3_api_1' }))).toBe('docker: project-3_api_1');
  expect(placeOf(serviceOf({ provider: 'static' }))).toBe('static');
  expect(stateWord('starting')).toBe('starting');
});
