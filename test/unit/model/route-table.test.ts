import fc from 'fast-check';
import { expect, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import { buildRouteTable, emptyRouteTable, lookup } from '../../../src/model/route-table.ts';
import type { CopyClaim } from '../../../src/model/workstream.ts';
import { copy, service } from '../../support/claims.ts';

const portOf = (table: ReturnType<typeof buildRouteTable>, hostname: string): number | string => {
  const match = lookup(table, hostname);
  return match.kind === 'route' ? match.route.upstream.port : match.kind;
};

test('all forms of a hostname lead to the service, under every suffix', () => {
  const table = buildRouteTable(
    [copy('project-3', [service('api', 8003), service('web', 5176, { isDefault: true })])],
    ['localhost', 'test'],
  );
  for (const suffix of ['localhost', 'test']) {
    for (const form of ['project-3.api', 'api.project-3', 'project-3-api']) {
      expect(portOf(table, `${form}.${suffix}`)).toBe(8003);
    }
    expect(portOf(table, `project-3.${suffix}`)).toBe(5176);
  }
  expect(table.routes.map(({ hostname }) => hostname)).toEqual([
    'project-3.api.localhost',
    'project-3.api.test',
    'project-3.web.localhost',
    'project-3.web.test',
  ]);
});

test('hosts: status page, unknown under a suffix, and hosts that are not ours', () => {
  const table = emptyRouteTable(['localhost']);
  expect(portOf(table, 'localhost')).toBe('status');
  expect(portOf(table, 'sidings.localhost')).toBe('status');
  expect(portOf(table, 'project-9.web.localhost')).toBe('unknown');
  expect(portOf(table, 'example.com')).toBe('misdirected');
  expect(portOf(table, 'notlocalhost')).toBe('misdirected');
  expect(portOf(table, '127.0.0.1')).toBe('misdirected');
});

test('names that every object has are names like others', () => {
  const table = buildRouteTable([copy('project-3', [service('api', 8003)])], ['localhost']);
  for (const name of ['__proto__', 'constructor', 'tostring'])
    expect(portOf(table, `${name}.localhost`)).toBe('unknown');
});

test('a service with subdomains answers every name below its hostnames, and no other service does', () => {
  const table = buildRouteTable(
    [copy('project-3', [service('web', 5176, { subdomains: true }), service('api', 8003)])],
    ['localhost'],
  );
  expect(portOf(table, 'tenant-1.project-3.web.localhost')).toBe(5176);
  expect(portOf(table, 'a.b.web.project-3.localhost')).toBe(5176);
  expect(portOf(table, 'tenant-1.project-3.api.localhost')).toBe('unknown');
});

test('tcp services have no routes', () => {
  const table = buildRouteTable([copy('project-3', [service('postgres', 5435, { kind: 'tcp' })])], ['localhost']);
  expect(table.routes).toEqual([]);
});

test('a hostname that two copies claim leads to neither and names both', () => {
  const table = buildRouteTable(
    [
      copy('project-3', [service('api', 8003)], '/a/project-3'),
      copy('project-3', [service('api', 8003)], '/b/project-3'),
      copy('project-3', [service('api', 8003)], '/c/project-3'),
    ],
    ['localhost'],
  );
  const match = lookup(table, 'project-3.api.localhost');
  expect(match.kind === 'route' && match.route.refusal?.code).toBe('hostname-taken');
  expect(table.problems[0]?.message).toContain('/a/project-3');
  expect(table.problems[0]?.message).toContain('/b/project-3');
});

test('a taken hostname with subdomains is taken for the names below it as well', () => {
  for (const subdomains of [
    [true, false],
    [false, true],
  ]) {
    const claims = subdomains.map((value, index) =>
      copy('x', [service('web', 5000 + index, { subdomains: value })], `/${index}/x`),
    );
    const match = lookup(buildRouteTable(claims, ['localhost']), 'tenant.x.web.localhost');
    expect(match.kind === 'route' && match.route.refusal?.code).toBe('hostname-taken');
  }
});

test('nobody can claim the status page', () => {
  const table = buildRouteTable([copy('sidings', [service('web', 5000, { isDefault: true })])], ['localhost']);
  expect(portOf(table, 'sidings.localhost')).toBe('status');
  expect(table.problems.map(({ code }) => code)).toEqual(['hostname-taken']);
});

test('a refused service keeps its routes, with the refusal', () => {
  const refusal = problem('internal', { reason: 'x' });
  const table = buildRouteTable([copy('project-3', [service('api', 8003)])], ['localhost'], () => refusal);
  const match = lookup(table, 'api.project-3.localhost');
  expect(match.kind === 'route' && match.route.refusal).toBe(refusal);
});

test('whatever the copies are called, a hostname never leads to two services', () => {
  const name = fc.stringMatching(/^[a-z]{1,2}(-[a-z0-9]{1,2}){0,2}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, name), { maxLength: 20 }), (pairs) => {
      const copies = pairs.map(([folder, label], index) =>
        copy(folder, [service(label, 1000 + index, { isDefault: index % 2 === 0 })], `/${index}`),
      );
      const table = buildRouteTable(copies, ['localhost']);
      const claims = new Map<string, Set<number>>();
      for (const single of copies) {
        const own = buildRouteTable([single], ['localhost']);
        for (const [hostname, match] of own.byHostname) {
          if (match.kind !== 'route') continue;
          claims.set(hostname, (claims.get(hostname) ?? new Set()).add(match.route.upstream.port));
        }
      }
      for (const [hostname, ports] of claims) {
        const match = lookup(table, hostname);
        if (match.kind !== 'route') continue;
        expect(match.route.refusal !== undefined).toBe(ports.size > 1);
      }
    }),
  );
});

test('what is asked for beside names of copies leads there, unless it is one, or below one, or of the status page', () => {
  const names = [
    'shop.localhost',
    'project-3.api.localhost',
    'x.project-3.web.localhost',
    'sidings.localhost',
    'a.com',
  ];
  const asking = service('job', 1, { aliases: [...names, 'project-2.job.localhost'] });
  const three = copy('project-3', [service('api', 8003), service('web', 5176, { subdomains: true })]);
  // The one that asks comes first, and still waits for all others.
  const table = buildRouteTable([copy('project-2', [asking]), three], ['localhost']);
  expect(portOf(table, 'shop.localhost')).toBe(1);
  expect(portOf(table, 'project-2.job.localhost')).toBe(1);
  expect(portOf(table, 'project-3.api.localhost')).toBe(8003);
  expect(portOf(table, 'x.project-3.web.localhost')).toBe(5176);
  expect(portOf(table, 'sidings.localhost')).toBe('status');
  expect(portOf(table, 'a.com')).toBe('misdirected');
  expect(table.problems.map(({ message }) => message.split(' ')[0])).toEqual([
    'project-3.api.localhost',
    'x.project-3.web.localhost',
    'sidings.localhost',
  ]);
  for (const { refusal } of table.routes) expect(refusal).toBeUndefined();
  const match = lookup(table, 'project-3.api.localhost');
  expect(match.kind === 'route' && match.route.refusal).toBeUndefined();
});

test('two that ask for one hostname get neither of them', () => {
  const asking = (name: string) => copy(name, [service('web', 80, { aliases: ['shop.localhost'] })]);
  const match = lookup(buildRouteTable([asking('project-2'), asking('project-3')], ['localhost']), 'shop.localhost');
  expect(match.kind === 'route' && match.route.refusal?.code).toBe('hostname-taken');
});

test('something outside gets only hostnames that no copy has', () => {
  const outside: CopyClaim = {
    ...copy('api', [service('project-3', 1, { aliases: ['api.api.localhost'] })]),
    outside: true,
  };
  const alone: CopyClaim = {
    ...copy('mail', [service('mail', 2, { isDefault: true, aliases: ['mail.localhost'] })]),
    outside: true,
  };
  const table = buildRouteTable([outside, alone, copy('project-3', [service('api', 8003)])], ['localhost']);
  expect(portOf(table, 'api.project-3.localhost')).toBe(8003);
  expect(portOf(table, 'project-3.api.localhost')).toBe(8003);
  expect(portOf(table, 'api-project-3.localhost')).toBe(1);
  expect(portOf(table, 'mail.localhost')).toBe(2);
  const match = lookup(table, 'mail.localhost');
  expect(match.kind === 'route' && match.route.refusal).toBeUndefined();
});
