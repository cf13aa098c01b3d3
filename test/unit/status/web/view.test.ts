import { expect, test } from 'vitest';
import type { ServiceHealth } from '../../../../src/model/health.ts';
import { problem, warning } from '../../../../src/model/problem.ts';
import {
  findings,
  healthWords,
  inOrder,
  linkTo,
  runnerOf,
  stateWord,
  summary,
} from '../../../../src/status/web/text/view.ts';
import { serviceOf, stateOf, workstreamOf } from '../../../support/workstreams.ts';

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
  expect(['up', 'down', 'unknown', 'foreign', 'starting'].map((state) => stateWord(state as 'up'))).toEqual([
    'up',
    'not listening',
    'not known yet',
    'held by another copy',
    'starting',
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

test('what runs behind a service is its container, its process, or what found it', () => {
  const owner = { pid: 7, command: '/usr/bin/node /code/node_modules/.bin/vite --host /tmp\u001b[31m' };
  expect(runnerOf(serviceOf())).toBeUndefined();
  expect(runnerOf(serviceOf({ owner }))).toBe('pid 7 · node vite --host /tmp\\u{1b}[31m');
  const relative = { pid: 8, command: 'node node_modules/.bin/vite' };
  expect(runnerOf(serviceOf({ owner: relative }))).toBe('pid 8 · node vite');
  expect(runnerOf(serviceOf({ provider: 'docker', container: 'project-3_api_1', owner }))).toBe(
    'docker: project-3_api_1',
  );
  expect(runnerOf(serviceOf({ provider: 'static' }))).toBe('static');
});

const health = (more: Partial<ServiceHealth> = {}): ServiceHealth => ({
  name: 'postgres',
  state: 'up',
  healthy: true,
  check: 'postgres',
  detail: 'answers',
  ...more,
});

test('a database says what it is; what is not well says why', () => {
  expect(healthWords(health({ version: '18.4', sizeBytes: 8_123_456, latencyMs: 1.75 }))).toBe(
    'PostgreSQL 18.4 · 8.1 MB · 1.8 ms',
  );
  expect(healthWords(health())).toBe('PostgreSQL · answers');
  expect(healthWords(health({ check: 'redis', latencyMs: 0, version: '8.2' }))).toBe('Redis 8.2 · 0 ms');
  expect(healthWords(health({ check: 'http', detail: '' }))).toBe('');
  expect(healthWords(health({ check: 'tcp', latencyMs: 20 }))).toBe('answers · 20 ms');
  expect(healthWords(health({ healthy: false, detail: 'password\nwrong' }))).toBe('password\\nwrong');
});

test('every problem is found once, with all that it is about; errors come first', () => {
  const taken = problem('label-taken', { first: '/a', second: '/b', label: 'x' });
  const note = warning('root-unreadable', { directory: '/nope', reason: 'gone' });
  const internal = problem('internal', { reason: 'x' });
  const state = {
    ...stateOf(1, [
      workstreamOf({ name: 'a', problems: [taken, taken] }),
      workstreamOf({ name: 'b', problems: [taken, internal] }),
    ]),
    problems: [note],
  };
  expect(findings(state)).toEqual([
    { problem: taken, workstreams: ['a', 'b'] },
    { problem: internal, workstreams: ['b'] },
    { problem: note, workstreams: [] },
  ]);
});
