import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResolvedService } from '../../../src/model/workstream.ts';
import type { ComposeContainer } from '../../../src/resolver/compose-containers.ts';
import { databaseContainer, databaseOf } from '../../../src/resolver/database.ts';

const services: Readonly<Record<string, ResolvedService>> = {
  api: { kind: 'http', port: 8003, hostname: '', url: '', localUrl: '' },
  db: { kind: 'tcp', port: 5435 },
};
const found = (env: Record<string, string>) => databaseOf({ env, services });

test('the database of DATABASE_URL', () => {
  const url = 'postgresql://us%20er:p%40ss@localhost:5435/my%2Fdb?schema=public';
  expect(found({ OTHER: 'postgres://x@localhost:5435/other', DATABASE_URL: url })).toEqual({
    url,
    service: 'db',
    port: 5435,
    user: 'us er',
    password: 'p@ss',
    name: 'my/db',
  });
});

test.each([
  ['postgres://localhost:5435', { user: 'postgres', password: '', name: 'postgres' }],
  ['postgresql+asyncpg://app@127.0.0.1:5435/', { user: 'app', name: 'app' }],
  ['postgres://app@[::1]:5435/notes', { user: 'app', name: 'notes' }],
])('another variable: %s', (url, expected) => {
  expect(found({ PG: url })).toMatchObject({ url });
  expect(found({ DATABASE_URL: 'mysql://localhost:3306/x', PG: url })).toMatchObject({
    url,
    service: 'db',
    ...expected,
  });
});

test.each([
  'postgres://db.example.com:5435/x',
  'postgres://localhost:9999/x',
  'postgres://localhost/x',
  'postgres://localhost:8003/x',
  'http://localhost:5435/x',
  'postgres://a:%zz@localhost:5435/x',
  'postgres://a@localhost:5435/x%00y',
  'postgres://localhost:99999/x',
  '',
])('%j is not the database of a service', (url) => {
  expect(found({ DATABASE_URL: url })).toBeUndefined();
});

test('the usual port needs not be said', () => {
  const main = { db: { kind: 'tcp', port: 5432 } } as const;
  expect(databaseOf({ env: { DATABASE_URL: 'postgres://localhost/x' }, services: main })).toMatchObject({ port: 5432 });
});

test('whatever the variables hold, there is no exception', () => {
  fc.assert(fc.property(fc.string(), (text) => found({ DATABASE_URL: `postgres://${text}` }) !== null));
});

const copy = { env: { COMPOSE_PROJECT_NAME: 'project-3' }, directory: '/code/project-3' };
const container = (more: Partial<ComposeContainer> = {}): ComposeContainer => ({
  id: '1',
  name: 'one',
  image: 'notes',
  running: true,
  project: 'project-3',
  directory: '/code/project-3',
  service: 'api',
  isOneOff: false,
  env: {},
  ...more,
});
const choose = (...containers: readonly Partial<ComposeContainer>[]) =>
  databaseContainer(containers.map(container), copy, { service: 'db' });

test('the container of the service, else the one that is PostgreSQL', () => {
  expect(choose({}, { service: 'db', id: '2' }, { image: 'postgres:17' })).toMatchObject({
    kind: 'running',
    container: { id: '2' },
  });
  for (const image of [
    'postgres',
    'postgres:17',
    'docker.io/library/postgres@sha256:x',
    'postgis/postgis:17',
    'pgvector/pgvector',
  ])
    expect(choose({}, { image, id: '2' })).toMatchObject({ kind: 'running', container: { id: '2' } });
  expect(choose({}, { env: { PGDATA: '/x' }, id: '2' })).toMatchObject({ kind: 'running', container: { id: '2' } });
  for (const image of ['prom/postgres_exporter', 'postgrest/postgrest', 'notes'])
    expect(choose({ image }).kind).toBe('none');
});

test('never one that is not this copy’s own', () => {
  expect(choose({ service: 'db', directory: '/code/project-2' })).toMatchObject({ kind: 'foreign' });
  expect(choose({ image: 'postgres', directory: '/code/project-2' })).toMatchObject({ kind: 'foreign' });
  expect(choose({ directory: '/code/project-2' }).kind).toBe('none');
  expect(choose({ service: 'db', project: 'project-2' }).kind).toBe('none');
  expect(choose({ service: 'db', project: 'project-2', directory: '/code/project-2' }).kind).toBe('none');
  expect(choose({ service: 'db', isOneOff: true }).kind).toBe('none');
});

test('stopped, and more than one', () => {
  expect(choose({ service: 'db', running: false })).toMatchObject({ kind: 'stopped' });
  expect(choose({ service: 'db', running: false }, { service: 'db', id: '2' })).toMatchObject({
    kind: 'running',
    container: { id: '2' },
  });
  expect(choose({ service: 'db' }, { service: 'db', id: '2' })).toMatchObject({ kind: 'several' });
});
