import type { Static } from 'typebox';
import { expect, expectTypeOf, test } from 'vitest';
import type { projectFileSchema } from '../../../src/resolver/project-file.schema.ts';
import { basePorts, checkProjectFile, type ProjectFile } from '../../../src/resolver/project-file.ts';

const file: ProjectFile = {
  project: 'project',
  services: {
    api: { port: 8000, env: ['API_PORT'] },
    web: { port: 5173, default: true },
    postgres: { port: 5432, kind: 'tcp' },
  },
  env: { API_PORT: '{api.port}' },
};
const check = (services: ProjectFile['services'], env: Record<string, string> = {}) =>
  checkProjectFile({ ...file, services: { ...file.services, ...services }, env }, '/x/sidings.json');

test('services are http unless they say otherwise', () => {
  expect(basePorts(file)).toEqual([
    { service: 'api', kind: 'http', port: 8000 },
    { service: 'web', kind: 'http', port: 5173 },
    { service: 'postgres', kind: 'tcp', port: 5432 },
  ]);
});

test('a file whose parts agree is taken', () => {
  expect(() => checkProjectFile(file, '/x/sidings.json')).not.toThrow();
  expect(() => checkProjectFile({ project: 'x', services: {} }, '/x/sidings.json')).not.toThrow();
});

test('only services with hostnames may not share them', () => {
  expect(() => check({ Postgres: { port: 1 }, API: { port: 2, kind: 'tcp' } })).not.toThrow();
});

test('two services with one base port are named', () => {
  expect(() => check({ db: { port: 5432, kind: 'tcp' } })).toThrow(
    expect.objectContaining({
      code: 'port-overlap',
      message: 'The base ports of postgres (5432) and db (5432) are the same.',
    }),
  );
});

test.each([
  [{ b: { port: 1, env: ['API_PORT'] } }, {}, 'services.b.env names API_PORT, which is the port of api.'],
  [{ b: { port: 1, default: true } }, {}, 'services.b.default is set on web as well.'],
  [{ b: { port: 1, env: ['STACK_SLOT'] } }, {}, 'services.b.env sets STACK_SLOT, which Sidings computes.'],
  [{ API: { port: 1 } }, {}, 'services.API has the same hostnames as api.'],
  [{ 'a-b': { port: 1 }, a_b: { port: 2 } }, {}, 'services.a_b has the same hostnames as a-b.'],
  [{}, { COMPOSE_PROJECT_NAME: 'x' }, 'env.COMPOSE_PROJECT_NAME sets COMPOSE_PROJECT_NAME, which Sidings computes.'],
])('services %j with env %j are refused', (services, env, message) => {
  expect(() => check(services, env)).toThrow(
    expect.objectContaining({ code: 'project-file-invalid', message: `/x/sidings.json: ${message}` }),
  );
});

test('the type that is written out is that of the schema', () => {
  expectTypeOf<ProjectFile>().toEqualTypeOf<Static<typeof projectFileSchema>>();
});
