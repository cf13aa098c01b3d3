import { expect, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import { buildRouteTable } from '../../../src/model/route-table.ts';
import { dispatch } from '../../../src/proxy/dispatch.ts';
import { maxPasses } from '../../../src/proxy/headers.ts';
import { copy, service } from '../../support/claims.ts';

const refusal = problem('hostname-taken', { hostname: 'h', first: 'a', second: 'b' });
const table = buildRouteTable(
  [copy('project-3', [service('api', 8003)]), copy('project-4', [service('api', 8004)])],
  ['localhost'],
  ({ name }) => (name === 'project-4' ? refusal : undefined),
);
const decide = (host: string, more: readonly string[] = [], method = 'GET') =>
  dispatch({ method, target: '/', version: '1.1', headers: ['Host', host, ...more] }, table);

test.each([
  ['project-3.api.localhost', 'forward'],
  ['PROJECT-3.API.localhost:8080', 'forward'],
  ['localhost', 'status'],
  ['sidings.localhost:80', 'status'],
])('%s: %s', (host, kind) => {
  expect(decide(host)).toMatchObject({ kind });
});

test.each([
  ['project-4.api.localhost', 'hostname-taken', false],
  ['project-9.api.localhost', 'hostname-unknown', false],
  ['evil.example', 'host-misdirected', false],
  ['a b', 'host-invalid', true],
])('%s is refused: %s', (host, code, close) => {
  expect(decide(host)).toMatchObject({ kind: 'refuse', problem: { code }, close });
});

test('a refusal knows the head, where its host is ours', () => {
  for (const host of ['project-4.api.localhost', 'project-9.api.localhost'])
    expect(decide(host)).toMatchObject({ head: { authority: { hostname: host }, path: '/' } });
  expect(decide('evil.example')).not.toHaveProperty('head');
});

test('a refusal knows the copy, unless it is not certain which', () => {
  const foreign = { pid: 7, command: 'node', directory: '/projects/project-4', owner: 'project-4' };
  const held = buildRouteTable([copy('project-5', [service('api', 8005)])], ['localhost'], () =>
    problem('foreign-owner', { ...foreign, service: 'api', port: 8005, name: 'project-5' }),
  );
  const found = dispatch(
    { method: 'GET', target: '/', version: '1.1', headers: ['Host', 'project-5.api.localhost'] },
    held,
  );
  expect(found).toMatchObject({ kind: 'refuse', route: { workstream: 'project-5' } });
  expect(decide('project-4.api.localhost')).toMatchObject({ kind: 'refuse', route: undefined });
});

test('a request that has been here too often goes no further, wherever it wants to go', () => {
  const via = (count: number) => Array.from({ length: count }, () => ['Via', '1.1 sidings']).flat();
  expect(decide('project-3.api.localhost', via(maxPasses))).toMatchObject({ kind: 'forward' });
  for (const host of ['project-3.api.localhost', 'localhost'])
    expect(decide(host, via(maxPasses + 1))).toMatchObject({ kind: 'refuse', problem: { code: 'proxy-loop' } });
});

test('OPTIONS goes as far as Max-Forwards says, every other method goes on', () => {
  const ask = (value: string, method = 'OPTIONS') => decide('project-3.api.localhost', ['Max-Forwards', value], method);
  expect(decide('project-3.api.localhost', [], 'OPTIONS')).toMatchObject({ kind: 'forward' });
  expect(ask('0', 'GET')).toMatchObject({ kind: 'forward', head: { headers: expect.arrayContaining(['0']) } });
  expect(ask('2')).toMatchObject({ kind: 'forward', head: { headers: expect.arrayContaining(['1']) } });
  expect(ask('0')).toMatchObject({ kind: 'options', route: { workstream: 'project-3' } });
  expect(ask('many')).toMatchObject({ kind: 'refuse', close: true });
});
