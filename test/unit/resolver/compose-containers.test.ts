import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resolution } from '../../../src/model/workstream.ts';
import {
  type ComposeContainer,
  composeContainer,
  guardContainers,
  isOwnContainer,
} from '../../../src/resolver/compose-containers.ts';
import type { KnownCopy } from '../../../src/resolver/known-copies.ts';

const copy: Resolution = {
  name: 'project-3',
  project: 'project',
  mode: 'workstream',
  slot: 3,
  directory: '/code/project-3',
  services: {},
  env: { COMPOSE_PROJECT_NAME: 'project-3' },
  problems: [],
};
const others: readonly KnownCopy[] = [
  { name: 'project', slot: 0, directory: '/code/project' },
  { name: 'project-2', slot: 2, directory: '/code/project-2' },
  { name: 'inner', slot: 60, directory: '/code/project-3/inner' },
];

const container = (project: string, directory: string, name = 'db'): ComposeContainer => ({
  id: '1',
  name,
  image: 'postgres:17',
  running: true,
  project,
  directory,
  service: 'postgres',
  isOneOff: false,
  env: {},
});
const findings = (...containers: ComposeContainer[]) =>
  guardContainers(containers, copy, others).map(({ severity, message, hint }) => [severity, message, hint]);

test('project and folder of this copy, or of others', () => {
  expect(
    findings(
      container('project-3', '/code/project-3'),
      container('project-3', '/code/project-3/infra'),
      container('project-2', '/code/project-2'),
      container('project-3', ''),
    ),
  ).toEqual([]);
});

test('this project, from another folder', () => {
  expect(
    findings(container('project-3', '/code/project-2', 'a'), container('project-3', '/code/project-2', 'b')),
  ).toEqual([
    [
      'error',
      'Containers of the compose project project-3 were started in /code/project-2, which is project-2: a, b.',
      'Compose would take them for those of project-3. Remove them there with: docker compose -p project-3 down. Or rename one of the two folders.',
    ],
  ]);
  expect(findings(container('project-3', '/elsewhere/project-3'))[0]?.[1]).toBe(
    'Containers of the compose project project-3 were started in /elsewhere/project-3: db.',
  );
  // A copy inside of this one is not this one.
  expect(findings(container('project-3', '/code/project-3/inner'))[0]?.[1]).toContain('which is inner');
});

test('this folder, as another project', () => {
  expect(findings(container('project', '/code/project-3'), container('ci', '/code/project-3'))).toEqual([
    [
      'error',
      'Containers of the compose project project were started in /code/project-3, but that is the project of project: db.',
      'Remove them with: docker compose -p project down. Then start them with: stack-env compose up -d',
    ],
    [
      'warning',
      'Containers of the compose project ci were started in /code/project-3: db.',
      'Remove them with: docker compose -p ci down. Then start them with: stack-env compose up -d',
    ],
  ]);
});

test('a container is this copy’s own by both labels', () => {
  expect(isOwnContainer(container('project-3', '/code/project-3'), copy)).toBe(true);
  expect(isOwnContainer(container('project-3', '/code/project-3/infra'), copy)).toBe(false);
  expect(isOwnContainer(container('project-3', '/code/project-2'), copy)).toBe(false);
  expect(isOwnContainer(container('project-2', '/code/project-3'), copy)).toBe(false);
  expect(isOwnContainer(container('', ''), { env: {}, directory: '' })).toBe(false);
});

test('reads docker inspect', () => {
  const labels = {
    'com.docker.compose.project': 'project-3',
    'com.docker.compose.project.working_dir': '/code/project-3',
    'com.docker.compose.service': 'postgres',
    'com.docker.compose.oneoff': 'True',
  };
  expect(
    composeContainer({
      Id: 'abc',
      Name: '/project-3_postgres_1',
      State: { Running: true },
      Config: { Image: 'postgres:17', Labels: labels, Env: ['POSTGRES_USER=a=b', 'EMPTY', 7] },
    }),
  ).toEqual({
    id: 'abc',
    name: 'project-3_postgres_1',
    image: 'postgres:17',
    running: true,
    project: 'project-3',
    directory: '/code/project-3',
    service: 'postgres',
    isOneOff: true,
    env: { POSTGRES_USER: 'a=b', EMPTY: '', '': '' },
  });
  fc.assert(fc.property(fc.jsonValue(), (value) => composeContainer(value).running === false));
  fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(findings(composeContainer({ Config: value })))));
});
