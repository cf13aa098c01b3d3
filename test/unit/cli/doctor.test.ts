import { describe, expect, test } from 'vitest';
import { judgeState } from '../../../src/cli/sidings/doctor/daemon.ts';
import { type Check, findingsOf, list, ok, type Scene } from '../../../src/cli/sidings/doctor/finding.ts';
import { judgeListeners } from '../../../src/cli/sidings/doctor/listeners.ts';
import { judgeCurl, judgeLookup } from '../../../src/cli/sidings/doctor/names.ts';
import { judgeNode } from '../../../src/cli/sidings/doctor/node.ts';
import { judgeLoopback } from '../../../src/cli/sidings/doctor/ports.ts';
import { proxyAddresses, reachable } from '../../../src/cli/sidings/doctor/proxy-addresses.ts';
import { judgeStore } from '../../../src/cli/sidings/doctor/trust.ts';
import { fail, problem, warning } from '../../../src/model/problem.ts';

const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const levels = (findings: readonly { readonly level: string }[]): readonly string[] =>
  findings.map(({ level }) => level);

describe('Node', () => {
  test.each([
    ['v20.19.0', '2026-04-30', 'ok'],
    ['v20.19.0', '2026-05-01', 'warning'],
    ['v22.1.0', '2027-05-01', 'warning'],
    ['v24.18.1', '2026-11-25', 'ok'],
    ['v99.0.0', '2040-01-01', 'ok'],
    ['v20.18.3', '2025-01-01', 'error'],
    ['v18.20.0', '2025-01-01', 'error'],
  ])('%s on %s: %s', (version, day, level) => {
    expect(judgeNode(version, at(day))).toMatchObject({ level, message: expect.stringContaining(version) });
  });
});

describe('curl', () => {
  const name = 'web.project-2.localhost';

  test('it resolves a name even where it fails for another reason', () => {
    for (const code of [0, 7, 22, 28, 52]) expect(judgeCurl(name, '7.74.0', code).level).toBe('ok');
  });

  test('one that does not is told apart by its age, and is wrong where browsers do not resolve the name either', () => {
    expect(judgeCurl(name, '7.74.0', 6)).toEqual({
      level: 'warning',
      message: `curl 7.74.0 does not resolve ${name}, which it does from 7.85 on.`,
      hint: 'Run: sidings hosts sync',
    });
    expect(judgeCurl(name, '6.99.9', 6).message).toContain('7.85');
    for (const version of ['7.85.0', '8.1.2', 'of an unknown version'])
      expect(judgeCurl(name, version, 6).message).toBe(`curl ${version} does not resolve ${name}.`);
    expect(judgeCurl('web.project-2.test', '7.74.0', 6)).toMatchObject({
      level: 'error',
      message: 'curl 7.74.0 does not resolve web.project-2.test.',
    });
    expect(judgeCurl(name, '8.0.0', undefined).level).toBe('warning');
  });
});

test('a name has to lead to this machine', () => {
  // Without IPv6, some resolvers say ::1 all the same.
  const own = ['127.0.0.1', '10.0.0.5'];
  for (const found of [['127.0.0.1'], ['::1', '127.0.0.53'], ['10.0.0.5']])
    expect(judgeLookup('web.project-2.test', found, own)).toBe(undefined);
  expect(judgeLookup('web.project-2.localhost', 'ENOTFOUND', own)?.level).toBe('warning');
  expect(judgeLookup('web.project-2.test', 'EAI_AGAIN', own)?.level).toBe('error');
  for (const suffix of ['localhost', 'test'])
    expect(judgeLookup(`web.project-2.${suffix}`, ['127.0.0.1', '192.0.2.7'], own)).toEqual({
      level: 'error',
      message: `getaddrinfo resolves web.project-2.${suffix} to 192.0.2.7, which is not this machine.`,
      hint: 'Run: sidings hosts sync',
    });
});

test('a family that is not there is something to know; one that fails is wrong', () => {
  expect(levels(judgeLoopback(undefined, undefined))).toEqual(['ok']);
  for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
    expect(levels(judgeLoopback(undefined, code))).toEqual(['warning']);
    expect(levels(judgeLoopback(code, undefined))).toEqual(['error']);
  }
  expect(judgeLoopback(undefined, 'ETIMEDOUT')).toMatchObject([
    { level: 'error', message: '::1 cannot be used: ETIMEDOUT.' },
  ]);
  expect(levels(judgeLoopback('ENETDOWN', 'ENETDOWN'))).toEqual(['error', 'error']);
});

describe('listeners', () => {
  const by = (pid: number, address: string, command = `node ${pid}.js`) => ({
    address,
    uid: 1000,
    owner: { pid, command },
  });
  const unseen = (uid: number, address: string) => ({ address, uid, owner: undefined });

  test('one on 127.0.0.1 stands in front of one on every address', () => {
    for (const everywhere of ['0.0.0.0', '::'])
      expect(judgeListeners(8002, 'api of project-2', [by(1, everywhere), by(2, '127.0.0.1')])).toEqual([
        {
          level: 'error',
          message: `Port 8002 (api of project-2): process 2 (node 2.js) on 127.0.0.1 stands in front of process 1 (node 1.js) on ${everywhere}.`,
          hint: 'Stop one of the two, or give it another port.',
        },
      ]);
    expect(levels(judgeListeners(80, 'the proxy', [by(1, '::1'), by(2, '::')]))).toEqual(['error']);
    expect(levels(judgeListeners(80, 'the proxy', [unseen(0, '127.0.0.1'), by(2, '0.0.0.0')]))).toEqual(['error']);
  });

  test('two programs, one for each family, are something to know', () => {
    expect(judgeListeners(80, 'the proxy', [by(1, '127.0.0.1'), unseen(7, '::1')])).toMatchObject([
      { level: 'warning', message: expect.stringContaining('a process of user 7 on ::1') },
    ]);
  });

  test('one program on several addresses is in nobody’s way, nor are those on addresses of other families', () => {
    const fine = [
      [],
      [by(1, '127.0.0.1')],
      [by(1, '127.0.0.1'), by(1, '0.0.0.0'), by(1, '::1'), by(1, '::')],
      [by(1, '0.0.0.0'), by(2, '::')],
      [by(1, '::1'), by(2, '0.0.0.0')],
      [by(1, '127.0.0.2'), by(2, '0.0.0.0')],
      [unseen(0, '127.0.0.1'), unseen(0, '::1')],
      // Docker publishes by a process for each family.
      [by(1, '127.0.0.1', '/usr/bin/docker-proxy -proto tcp'), by(2, '::1', '/usr/bin/docker-proxy -proto tcp')],
    ];
    for (const listeners of fine) expect(judgeListeners(80, 'the proxy', listeners)).toEqual([]);
  });
});

test('what a daemon reports is counted, and wrong where any of it is', () => {
  const found = { known: warning('root-unreadable', { directory: '/a', reason: 'b' }) };
  const bad = problem('label-taken', { first: 'a', second: 'b', label: 'c' });
  const workstream = (...problems: (typeof bad)[]) => ({
    name: 'project',
    project: 'project',
    mode: 'main' as const,
    slot: 0,
    directory: '/project',
    live: false,
    services: [],
    problems,
  });
  expect(judgeState({ problems: [], workstreams: [workstream()] })).toEqual([
    ok('Nothing is wrong with 1 workstream.'),
  ]);
  expect(judgeState({ problems: [found.known], workstreams: [workstream()] })).toEqual([
    { level: 'warning', message: 'sidings reports 1 problem.', hint: 'Run: sidings check' },
  ]);
  expect(judgeState({ problems: [found.known], workstreams: [workstream(bad)] })).toMatchObject([
    { level: 'error', message: 'sidings reports 2 problems.' },
  ]);
});

test('a store that lacks the root is wrong; one that is left to its owner is told how', () => {
  const store = {
    name: 'Java',
    status: async () => ({ kind: 'missing' }) as const,
    install: async () => [],
    uninstall: async () => [],
  };
  const step = { command: ['rm', 'x'], asRoot: true } as const;
  expect(judgeStore({ store, status: { kind: 'trusted' }, steps: [] })).toEqual(ok('Java: trusted'));
  expect(judgeStore({ store, status: { kind: 'trusted' }, steps: [step] })).toMatchObject({ level: 'warning' });
  expect(judgeStore({ store, status: { kind: 'missing' }, steps: [step] })).toMatchObject({
    level: 'error',
    hint: 'Run: sidings trust',
  });
  for (const kind of ['manual', 'unknown'] as const)
    expect(judgeStore({ store, status: { kind, advice: 'Do it.' }, steps: [] })).toMatchObject({
      level: 'warning',
      hint: 'Do it.',
    });
});

test('nothing in a finding acts on a terminal', () => {
  const by = (pid: number, address: string) => ({ address, uid: 0, owner: { pid, command: 'a\u001b[2J\nb' } });
  const [finding] = judgeListeners(80, 'the proxy', [by(1, '127.0.0.1'), by(2, '::1')]);
  expect(finding?.message).toContain('(a\\u{1b}[2J\\nb)');
});

test('no check keeps another from its result', async () => {
  const scene = {} as Scene;
  const found = (look: Check['look'], limitMs = 1000) => findingsOf({ name: 'it', look }, scene, limitMs);
  expect(await found(async () => [ok('fine')])).toEqual([ok('fine')]);
  expect(await found(async () => Promise.reject(fail('project-not-found', { directory: '/a' })))).toMatchObject([
    { level: 'error', message: expect.stringContaining('/a'), hint: expect.stringContaining('stack-env init') },
  ]);
  expect(await found(async () => Promise.reject(new TypeError('x is not a function')))).toMatchObject([
    { level: 'error', message: 'The check it failed: TypeError: x is not a function.' },
  ]);
  expect(await found(() => new Promise(() => {}), 1)).toMatchObject([
    { level: 'error', message: 'The check took longer than 0.001 s.' },
  ]);
});

test('addresses and lists', () => {
  const ports = { httpPort: 80, httpsPort: 443 };
  expect(proxyAddresses({ ...ports, tls: false })).toEqual([{ scheme: 'http', port: 80 }]);
  expect(proxyAddresses({ ...ports, tls: true })).toHaveLength(2);
  expect(['0.0.0.0', '::', '127.0.0.5'].map(reachable)).toEqual(['127.0.0.1', '::1', '127.0.0.5']);
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
