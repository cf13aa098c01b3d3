import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toLabel } from '../../../src/model/hostname.ts';
import { problem, warning } from '../../../src/model/problem.ts';
import type { Resolution, ResolvedService } from '../../../src/model/workstream.ts';
import { type CopyReading, claimsOf } from '../../../src/providers/claims.ts';

const reading = (directory: string, slot: number, more: Partial<Resolution> = {}): CopyReading => ({
  directory,
  branch: 'main',
  outcome: {
    name: directory.slice(directory.lastIndexOf('/') + 1),
    project: 'project',
    mode: slot === 0 ? 'main' : 'workstream',
    slot,
    directory,
    services: {},
    env: {},
    problems: [],
    ...more,
  },
});

const problemsOf = (...readings: readonly CopyReading[]) =>
  Object.fromEntries(claimsOf(readings).map(({ directory, problems }) => [directory, problems]));

test('computed ports are where the machine is reached', () => {
  const services = { postgres: { kind: 'tcp', port: 5435 } } as const;
  const [claim] = claimsOf([reading('/code/project-3', 3, { services })], '192.168.65.254');
  expect(claim?.services[0]?.upstream).toEqual({ host: '192.168.65.254', port: 5435 });
});

test('a resolution becomes a claim', () => {
  const services: Record<string, ResolvedService> = {
    web: {
      kind: 'http',
      port: 5176,
      hostname: 'project-3.web.localhost',
      url: 'https://project-3.web.localhost',
      localUrl: 'http://localhost:5176',
      default: true,
      subdomains: true,
      health: '/healthz',
    },
    api: {
      kind: 'http',
      port: 8003,
      hostname: 'project-3.api.localhost',
      url: 'https://project-3.api.localhost',
      localUrl: 'http://localhost:8003',
      protocol: 'h2c',
    },
    postgres: { kind: 'tcp', port: 5435 },
  };
  const known = warning('env-foreign-port', {
    variable: 'A',
    source: '.env',
    found: '1',
    port: 1,
    service: 'api',
    owner: 'project',
    mend: '',
  });
  expect(claimsOf([reading('/code/project-3', 3, { services, problems: [known] })])).toEqual([
    {
      name: 'project-3',
      project: 'project',
      mode: 'workstream',
      slot: 3,
      directory: '/code/project-3',
      branch: 'main',
      services: [
        {
          name: 'web',
          kind: 'http',
          upstream: { host: 'localhost', port: 5176 },
          isDefault: true,
          subdomains: true,
          health: '/healthz',
        },
        {
          name: 'api',
          kind: 'http',
          upstream: { host: 'localhost', port: 8003, protocol: 'h2c' },
          isDefault: false,
          subdomains: false,
          health: undefined,
        },
        {
          name: 'postgres',
          kind: 'tcp',
          upstream: { host: 'localhost', port: 5435 },
          isDefault: false,
          subdomains: false,
          health: undefined,
        },
      ],
      problems: [known],
    },
  ]);
});

test('a copy without an answer has the problem and no services', () => {
  const failure = problem('project-file-unreadable', {
    file: '/code/project/sidings.json',
    reason: 'permission denied',
  });
  const unresolved = (directory: string, project: string): CopyReading => ({
    directory,
    branch: undefined,
    outcome: { project, failure },
  });
  expect(claimsOf([unresolved('/code/project', 'project'), unresolved('/code/project-2', '')])).toEqual([
    {
      name: 'project',
      project: 'project',
      mode: 'main',
      slot: 0,
      directory: '/code/project',
      branch: undefined,
      services: [],
      problems: [failure],
    },
    expect.objectContaining({ name: 'project-2', project: '', mode: 'workstream', problems: [failure] }),
  ]);
});

test('two folders that claim one slot are named on both', () => {
  const found = problemsOf(reading('/b/project3', 3), reading('/a/project-3', 3), reading('/a/project-4', 4));
  const taken = problem('slot-taken', { slot: 3, project: 'project', first: '/a/project-3', second: '/b/project3' });
  expect(found).toEqual({ '/a/project-3': [taken], '/a/project-4': [], '/b/project3': [taken] });
});

test('two folders that become one hostname label are named on both, whatever their projects', () => {
  const found = problemsOf(reading('/a/Shop', 0), reading('/a/shop', 0, { project: 'other' }));
  const taken = problem('label-taken', { label: 'shop', first: '/a/Shop', second: '/a/shop' });
  expect(found).toEqual({ '/a/Shop': [taken], '/a/shop': [taken] });
});

test('one slot in two projects is no conflict', () => {
  expect(problemsOf(reading('/a/one', 0, { project: 'one' }), reading('/a/two', 0, { project: 'two' }))).toEqual({
    '/a/one': [],
    '/a/two': [],
  });
});

test('copies in conflict keep their services, so that their routes can be refused and not just missing', () => {
  const services: Record<string, ResolvedService> = { postgres: { kind: 'tcp', port: 5435 } };
  const claims = claimsOf([reading('/a/project-3', 3, { services }), reading('/b/project-3', 3, { services })]);
  expect(claims.map((claim) => claim.services.length)).toEqual([1, 1]);
  expect(claims.map(({ problems }) => problems.map(({ code }) => code))).toEqual([
    ['slot-taken', 'label-taken'],
    ['slot-taken', 'label-taken'],
  ]);
});

test('a copy without an answer is in nobody’s way', () => {
  const failure = problem('copy-unreadable', { directory: '/b/project-3', reason: 'permission denied' });
  const broken: CopyReading = { directory: '/b/project', branch: undefined, outcome: { project: 'project', failure } };
  expect(problemsOf(reading('/a/project', 0), broken)).toEqual({ '/a/project': [], '/b/project': [failure] });
});

test('exactly the copies in conflict carry a problem, and the order of the readings does not matter', () => {
  const copies = fc.uniqueArray(
    fc.record({
      parent: fc.constantFrom('/a', '/b', '/c'),
      slot: fc.integer({ min: 0, max: 4 }),
      sign: fc.constantFrom('-', '_', ''),
    }),
    { selector: ({ parent, slot, sign }) => `${parent}/${slot}${sign}`, maxLength: 12 },
  );
  fc.assert(
    fc.property(copies, fc.func(fc.integer()), (folders, weight) => {
      const readings = folders.map(({ parent, slot, sign }) => reading(`${parent}/project${sign}${slot}`, slot));
      const claims = claimsOf(readings);
      const shuffled = [...readings].sort((one, other) => weight(one.directory) - weight(other.directory));
      expect(claimsOf(shuffled)).toEqual(claims);
      const found = claims.map(({ directory, problems }) => ({
        codes: problems.map(({ code }) => code).sort(),
        isNamed: problems.every(({ message }) => message.includes(directory)),
      }));
      const expected = claims.map((claim) => {
        const others = claims.filter((other) => other !== claim);
        const slotTaken = others.some(({ slot }) => slot === claim.slot);
        const labelTaken = others.some(({ name }) => toLabel(name) === toLabel(claim.name));
        return { codes: [...(labelTaken ? ['label-taken'] : []), ...(slotTaken ? ['slot-taken'] : [])], isNamed: true };
      });
      expect(found).toEqual(expected);
    }),
  );
});
