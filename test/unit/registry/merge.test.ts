import { expect, test } from 'vitest';
import { problem, warning } from '../../../src/model/problem.ts';
import { buildRouteTable } from '../../../src/model/route-table.ts';
import type { CopyClaim, ServiceClaim, Snapshot, State } from '../../../src/model/workstream.ts';
import {
  conflict,
  copyAround,
  foreignOwners,
  mergeSnapshots,
  notReady,
  type Sighting,
  type Sightings,
  stateOf,
} from '../../../src/registry/merge.ts';
import { upstreamKey } from '../../../src/registry/reach.ts';
import { copy, service } from '../../support/claims.ts';

const unreadable = problem('copy-unreadable', { directory: '/code', reason: 'permission denied' });

const snapshot = (provider: string, copies: readonly CopyClaim[], more: Partial<Snapshot> = {}): Snapshot => ({
  provider,
  copies,
  problems: [],
  ...more,
});

const suffixes = ['localhost'];

const merge = (...snapshots: readonly Snapshot[]) => mergeSnapshots(snapshots, suffixes);

const owner = (directory: string, ...heirs: readonly string[]) => ({
  pid: 7,
  command: 'node server.js',
  directory,
  descriptor: '/proc/7/fd/20',
  socket: 'socket:[1]',
  heirs: heirs.map((heir, index) => ({ pid: 8 + index, command: 'heir', directory: heir })),
});

const seen = (...owners: Sighting['owners']): Sighting => ({ address: '127.0.0.1', owners });

const sightingsOf = (entries: readonly (readonly [ServiceClaim, Sighting | undefined])[]): Sightings =>
  new Map(entries.map(([{ upstream }, sighting]) => [upstreamKey(upstream), sighting]));

const describe = (
  snapshots: readonly Snapshot[],
  sightings: Sightings = new Map(),
  names = suffixes,
  upstreamHost?: string,
): Omit<State, 'version'> => {
  const copies = mergeSnapshots(snapshots, names);
  const refusals = foreignOwners(copies, sightings);
  const table = buildRouteTable(copies, names, (_copy, claim) => refusals.get(claim));
  const problems = snapshots.flatMap((one) => one.problems);
  return stateOf({ copies, problems, sightings, refusals, table, address: { scheme: 'http', port: 80 }, upstreamHost });
};

test('one snapshot is taken as it is, with hostnames and the provider', () => {
  const api = service('api', 8003);
  const postgres = service('postgres', 5435, { kind: 'tcp' });
  const claim = copy('project-3', [api, postgres]);
  expect(merge(snapshot('directory', [claim]))).toEqual([
    {
      ...claim,
      services: [
        {
          ...api,
          provider: 'directory',
          hostnames: ['project-3.api.localhost', 'api.project-3.localhost', 'project-3-api.localhost'],
        },
        { ...postgres, provider: 'directory', hostnames: [] },
      ],
    },
  ]);
  expect(merge()).toEqual([]);
});

test('a later provider says where a service is reached; the first says what the copy is', () => {
  const web = service('web', 5176, { isDefault: true, subdomains: true, health: '/healthz' });
  const container = service('web', 3000, { upstream: { host: '172.17.0.2', port: 3000 } });
  const worker = service('worker', 9000);
  const [merged, other] = merge(
    snapshot('directory', [{ ...copy('project-3', [service('api', 8003), web]), problems: [unreadable] }]),
    snapshot('docker', [
      {
        ...copy('other-name', [container, worker]),
        directory: '/code/project-3',
        slot: 9,
        branch: 'main',
        problems: [unreadable, { ...unreadable, message: 'another' }],
      },
      copy('project-4', []),
    ]),
  );
  expect(merged).toMatchObject({ name: 'project-3', slot: 3, branch: 'main' });
  expect(merged?.services.map(({ name, provider }) => [name, provider])).toEqual([
    ['api', 'directory'],
    ['web', 'docker'],
    ['worker', 'docker'],
  ]);
  expect(merged?.services[1]).toMatchObject({
    upstream: { host: '172.17.0.2', port: 3000 },
    isDefault: true,
    subdomains: true,
    health: '/healthz',
  });
  expect(merged?.services[1]?.hostnames).toContain('project-3.localhost');
  expect(merged?.services[2]?.hostnames[0]).toBe('project-3.worker.localhost');
  expect(merged?.problems.map(({ message }) => message)).toEqual([unreadable.message, 'another']);
  expect(other?.name).toBe('project-4');
  // When the container has stopped, the computed port is back.
  const after = merge(snapshot('directory', [copy('project-3', [web])]), snapshot('docker', []));
  expect(after[0]?.services[0]).toMatchObject({ provider: 'directory', upstream: { port: 5176 } });
});

test('the copy around a folder is the innermost one', () => {
  const copies = new Set(['/code/project', '/code/project/worktrees/fix', '/']);
  expect(copyAround('/code/project', copies)).toBe('/code/project');
  expect(copyAround('/code/project/api/src', copies)).toBe('/code/project');
  expect(copyAround('/code/project/worktrees/fix/api', copies)).toBe('/code/project/worktrees/fix');
  expect(copyAround('/code/project-2', copies)).toBe('/');
  copies.delete('/');
  expect(copyAround('/code/project-2', copies)).toBeUndefined();
  expect(copyAround('', copies)).toBeUndefined();
});

const api = service('api', 8003);
const both = [copy('project-3', [api]), copy('project-2', []), { ...copy('project', []), mode: 'main' as const }];

test.each([
  ['its own copy', [owner('/code/project-3/api')], undefined],
  ['a folder outside all copies', [owner('/root')], undefined],
  ['a folder whose name only begins alike', [owner('/code/project-30')], undefined],
  ['another copy', [owner('/code/project-2/api')], 7],
  ['the main checkout', [owner('/code/project')], 7],
  ['nobody who may be looked at', [], undefined],
  // systemd made the socket and handed it down.
  ['a service of another copy that inherited it', [owner('/', '/code/project-2')], 8],
  ['its own service that inherited it', [owner('/', '/code/project-3')], undefined],
  // A server started something elsewhere and left its socket open for it.
  ['its own server and what that started in another copy', [owner('/code/project-3', '/code/project-2')], undefined],
  ['the server of another copy and what that started in this one', [owner('/code/project-2', '/code/project-3')], 7],
  ['two processes that share the port, one in another copy', [owner('/code/project-3'), owner('/code/project-2')], 7],
])('a port held by %s', (_what, owners, pid) => {
  const refusals = foreignOwners(merge(snapshot('directory', both)), sightingsOf([[api, seen(...owners)]]));
  expect([...refusals.values()].map(({ code, message }) => [code, message.includes(`process ${pid} `)])).toEqual(
    pid === undefined ? [] : [['foreign-owner', true]],
  );
});

test('a foreign owner is named, with the folder and the copy', () => {
  const { workstreams } = describe(
    [snapshot('directory', both)],
    sightingsOf([[api, seen(owner('/code/project-2/api'))]]),
  );
  expect(workstreams.map(({ problems }) => problems.map(({ message }) => message))).toEqual([
    [
      'Port 8003 (api of project-3) is held by process 7 (node server.js), which works in /code/project-2/api, inside project-2.',
    ],
    [],
    [],
  ]);
  expect(workstreams[0]).toMatchObject({ live: false, services: [{ state: 'foreign', upstream: '127.0.0.1:8003' }] });
});

test('the state of services: unknown, down, up, and where they answer', () => {
  const services = [
    service('web', 5176, { isDefault: true }),
    api,
    service('redis', 6382, { kind: 'tcp' }),
    service('docs', 4003),
  ];
  const [web, , redis, docs] = services as [ServiceClaim, ServiceClaim, ServiceClaim, ServiceClaim];
  const { workstreams } = describe(
    [snapshot('directory', [{ ...copy('project-3', services), branch: 'fix' }])],
    sightingsOf([
      [api, undefined],
      [redis, seen({ ...owner('/code/project-3'), command: 'redis-server --password=hunter2' })],
      [docs, { address: '::1', owners: [] }],
    ]),
  );
  const at = (name: string) =>
    ['project-3.NAME', 'NAME.project-3', 'project-3-NAME'].map(
      (form) => `http://${form.replace('NAME', name)}.localhost`,
    );
  expect(web.upstream.port).toBe(5176);
  expect(workstreams).toEqual([
    {
      name: 'project-3',
      project: 'project',
      mode: 'workstream',
      slot: 3,
      directory: '/code/project-3',
      branch: 'fix',
      live: true,
      problems: [],
      services: [
        ...[
          {
            name: 'web',
            port: 5176,
            state: 'unknown',
            upstream: '127.0.0.1:5176',
            urls: [...at('web'), 'http://project-3.localhost'],
            default: true,
          },
          { name: 'api', port: 8003, state: 'down', upstream: '127.0.0.1:8003', urls: at('api') },
        ].map((more) => ({
          kind: 'http',
          provider: 'directory',
          url: more.urls[0],
          localUrl: `http://localhost:${more.port}`,
          ...more,
        })),
        {
          name: 'redis',
          kind: 'tcp',
          provider: 'directory',
          port: 6382,
          state: 'up',
          upstream: '127.0.0.1:6382',
          urls: [],
          owner: { pid: 7, command: 'redis-server --password=***' },
        },
        {
          name: 'docs',
          kind: 'http',
          provider: 'directory',
          port: 4003,
          state: 'up',
          upstream: '[::1]:4003',
          url: at('docs')[0],
          localUrl: 'http://localhost:4003',
          urls: at('docs'),
        },
      ],
    },
  ]);
});

test('an upstream that is somewhere else is shown as it is, and a copy without anything up is not live', () => {
  const away = service('api', 3000, { upstream: { host: '172.17.0.2', port: 3000 } });
  const { workstreams } = describe([snapshot('docker', [copy('project-3', [away])])]);
  expect(workstreams[0]).toMatchObject({ live: false, services: [{ upstream: '172.17.0.2:3000' }] });
  expect('branch' in (workstreams[0] ?? {})).toBe(false);
  expect('localUrl' in (workstreams[0]?.services[0] ?? {})).toBe(false);
});

test('what is on this machine is at localhost for its user, wherever sidings itself finds it', () => {
  const upstream = { host: '192.168.65.254', port: 8003 };
  const found = describe(
    [snapshot('directory', [copy('project-3', [service('api', 8003, { upstream })])])],
    new Map(),
    suffixes,
    upstream.host,
  );
  expect(found.workstreams[0]?.services[0]).toMatchObject({
    upstream: '192.168.65.254:8003',
    localUrl: 'http://localhost:8003',
  });
});

test('a copy with an error reaches nobody, one with a warning does', () => {
  expect(conflict(copy('project-3', [api]))).toBe(undefined);
  const unsure = warning('copy-unreadable', { directory: '/code', reason: 'permission denied' });
  expect(conflict({ ...copy('project-3', [api]), problems: [unsure, unreadable] })).toBe(unreadable);
  expect(conflict({ ...copy('project-3', [api]), problems: [unsure] })).toBe(undefined);
});

test('addresses under every suffix, the first suffix first', () => {
  const { workstreams } = describe([snapshot('directory', [copy('project-3', [api])])], new Map(), [
    'test',
    'localhost',
  ]);
  expect(workstreams[0]?.services[0]?.url).toBe('http://project-3.api.test');
  expect(workstreams[0]?.services[0]?.urls).toHaveLength(6);
});

test('a hostname that two copies claim is a problem of both and of the state, once for each service', () => {
  const { problems, workstreams } = describe([
    snapshot('directory', [copy('my-app', [api]), copy('my_app', [service('api', 8004)]), copy('project-3', [])]),
  ]);
  expect(problems.map(({ code }) => code)).toEqual(['hostname-taken']);
  expect(problems[0]?.message).toContain('my-app.api.localhost is claimed twice');
  expect(workstreams.map((workstream) => workstream.problems)).toEqual([problems, problems, []]);
});

test('a hostname of the status page is a problem of the copy that claims it', () => {
  const { problems, workstreams } = describe([
    snapshot('directory', [copy('sidings', [service('web', 5176, { isDefault: true })]), copy('project-3', [api])]),
  ]);
  expect(problems.map(({ message }) => message)).toEqual([
    'sidings.localhost is claimed twice: by the status page and by web in /code/sidings.',
  ]);
  expect(workstreams.map((workstream) => workstream.problems)).toEqual([problems, []]);
});

test('findings of copies and of snapshots come through, each once', () => {
  const note = warning('root-unreadable', { directory: '/code', reason: 'permission denied' });
  const { problems, workstreams } = describe([
    snapshot('directory', [{ ...copy('broken', []), problems: [unreadable] }], { problems: [note] }),
    snapshot('static', [], { problems: [note] }),
  ]);
  expect(problems).toEqual([note]);
  expect(workstreams).toMatchObject([{ name: 'broken', live: false, problems: [unreadable], services: [] }]);
});

test('a container is shown with its name, its state as its provider knows it, and what else it is called', () => {
  const upstream = { host: '172.20.0.2', port: 80 };
  const inContainer = service('api', 80, { upstream, container: 'c1', state: 'starting', aliases: ['shop.localhost'] });
  const copies = [copy('project-3', [inContainer])];
  const { workstreams } = describe([
    snapshot('directory', [copy('project-3', [service('api', 8003)])]),
    snapshot('docker', copies),
  ]);
  expect(workstreams[0]?.services[0]).toMatchObject({
    provider: 'docker',
    container: 'c1',
    state: 'starting',
    upstream: '172.20.0.2:80',
  });
  expect(workstreams[0]?.services[0]?.urls.at(-1)).toBe('http://shop.localhost');
  expect(workstreams[0]?.live).toBe(false);
});

test('only what is starting is refused for that', () => {
  const three = copy('project-3', []);
  expect(notReady(three, service('api', 1, { state: 'starting' }))?.code).toBe('upstream-starting');
  expect(notReady(three, service('api', 1, { state: 'up' }))).toBeUndefined();
  expect(notReady(three, service('api', 1))).toBeUndefined();
});
