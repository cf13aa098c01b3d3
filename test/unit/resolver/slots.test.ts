import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBlockedPort } from '../../../src/resolver/blocked-ports.ts';
import {
  type BasePort,
  chooseSlot,
  copyNumber,
  isAllowed,
  isMain,
  overlap,
  planSlot,
  slotInName,
  slotRange,
} from '../../../src/resolver/slots.ts';

const http = (service: string, port: number): BasePort => ({ service, kind: 'http', port });
const tcp = (service: string, port: number): BasePort => ({ service, kind: 'tcp', port });
const notes = [http('api', 8000), http('web', 5173), tcp('postgres', 5432), tcp('redis', 6379)];

const plan = (name: string, bases: readonly BasePort[] = notes, project = 'project') =>
  planSlot({ name, project, bases, file: '/code/sidings.json' });
const claimable = (name: string, bases?: readonly BasePort[]) => {
  const found = plan(name, bases);
  if (found.kind !== 'claimed') throw new Error(`${name} needs no claim`);
  return found;
};

test('web at 5173 and postgres at 5432 leave 258 slots, of which a fifth is for numbers', () => {
  expect(slotRange(notes)).toEqual({ max: 258, numbered: 51, first: 'web', second: 'postgres' });
});

test('the highest port bounds the slots when no neighbour is nearer', () => {
  expect(slotRange([http('web', 65000)])).toEqual({ max: 535, numbered: 107, first: 'web', second: undefined });
  expect(slotRange([http('a', 1000), http('web', 65000)])).toMatchObject({ max: 535, first: 'web', second: undefined });
  expect(slotRange([])).toMatchObject({ max: 65535 });
});

test('at the largest slot all ranges are apart, at the next one two of them touch or leave the ports', () => {
  const bases = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(bases, (ports) => {
      const { max } = slotRange(ports.map((port, index) => http(`s${index}`, port)));
      const used = (slot: number) => ports.flatMap((port) => [port, port + slot]).sort((a, b) => a - b);
      const isApart = (slot: number) =>
        ports.every((port) => port + slot <= 65535) &&
        ports.every((one) => ports.every((other) => one === other || other < one || other > one + slot));
      expect(isApart(max)).toBe(true);
      expect(isApart(max + 1)).toBe(false);
      expect(used(max).at(-1)).toBeLessThanOrEqual(65535);
    }),
  );
});

test('two services with one base port are found', () => {
  expect(overlap(notes)).toBeUndefined();
  expect(overlap([...notes, tcp('db', 5432)])).toEqual([tcp('postgres', 5432), tcp('db', 5432)]);
});

test.each([
  ['project-3', '3'],
  ['project_3', '3'],
  ['project3', '3'],
  ['project-03', '3'],
  ['project-120', '120'],
  ['project-0', undefined],
  ['project-00', undefined],
  ['project', undefined],
  ['project-', undefined],
  ['project--3', undefined],
  ['project-3-old', undefined],
  ['project-3.5', undefined],
  ['project-٣', undefined],
  ['projects-3', undefined],
  ['my-project-3', undefined],
  ['Project-3', undefined],
  ['project-3\n', undefined],
])('the number of %j is %j', (name, digits) => {
  expect(copyNumber(name, 'project')).toBe(digits);
});

test('main and numbers have their slot in their name', () => {
  expect(['project', 'project-3', 'project_12', 'feature'].map((name) => slotInName(name, 'project'))).toEqual([
    0,
    3,
    12,
    undefined,
  ]);
});

test('names are the same however their accents are stored', () => {
  expect(isMain('cafe\u0301', 'caf\u00e9')).toBe(true);
  expect(copyNumber('cafe\u0301-2', 'caf\u00e9')).toBe('2');
  expect(isMain('project-2', 'project')).toBe(false);
});

test('main has slot 0, a numbered copy its number, without a claim', () => {
  expect(plan('project')).toEqual({ kind: 'computed', slot: 0 });
  expect(plan('project-3')).toEqual({ kind: 'computed', slot: 3 });
  expect(plan('project-51')).toEqual({ kind: 'computed', slot: 51 });
});

test('a number beyond the first fifth has to claim itself', () => {
  expect(plan('project-52')).toEqual({ kind: 'claimed', from: 52, to: 52, start: 52 });
  expect(plan('project-258')).toEqual({ kind: 'claimed', from: 258, to: 258, start: 258 });
});

test('a named copy claims a slot that no number has without a claim, looking from the hash of its name on', () => {
  const login = claimable('feature-login');
  expect(login).toMatchObject({ from: 52, to: 258 });
  expect(login.start).toBeGreaterThanOrEqual(52);
  expect(login.start).toBeLessThanOrEqual(258);
  expect(claimable('feature-login')).toEqual(login);
  expect(claimable('feature-logout').start).not.toBe(login.start);
});

test('project-0 is no second main', () => {
  expect(claimable('project-0')).toMatchObject({ from: 52, to: 258 });
});

test.each(['project-259', 'project-20240501', `project-${'9'.repeat(200)}`])('%s is too large', (name) => {
  const digits = name.slice('project-'.length);
  expect(() => plan(name)).toThrow(
    `Slot ${digits} of ${name} is too large: web and postgres of /code/sidings.json leave 258 slots before their ports collide.`,
  );
});

test('a number whose port does not exist is refused with that port', () => {
  expect(() => plan('project-536', [http('web', 65000)])).toThrow(
    'Slot 536 of project-536 is too large: web would need port 65536; the largest port is 65535.',
  );
});

test('neighbouring base ports leave no room for copies', () => {
  const bases = [http('web', 3000), http('api', 3001)];
  for (const name of ['project-1', 'feature']) {
    expect(() => plan(name, bases)).toThrow(
      /^Slot 1 of .* is too large: web and api of \S+ leave 0 slots before their ports/,
    );
  }
  expect(plan('project', bases)).toEqual({ kind: 'computed', slot: 0 });
});

test('a number that gives an http service a port which browsers refuse is refused', () => {
  expect(() => plan('project-60', [http('web', 5940)])).toThrow(
    'Slot 60 of project-60 gives web port 6000, which browsers refuse to open.',
  );
  expect(plan('project-60', [tcp('x11', 5940)])).toEqual({ kind: 'computed', slot: 60 });
});

test('named copies go past ports that browsers refuse', () => {
  const bases = [http('web', 6660), tcp('db', 6690)];
  const named = claimable('feature', bases);
  // 6665-6669 are slots 5-9, 6679 is slot 19.
  expect(isAllowed(9, named, bases)).toBe(false);
  expect(isAllowed(10, named, bases)).toBe(true);
  expect(isAllowed(30, named, bases)).toBe(false);
  const chosen = new Set<number>();
  for (let slot = chooseSlot(named, bases, chosen); slot !== undefined; slot = chooseSlot(named, bases, chosen)) {
    chosen.add(slot);
  }
  const expected = Array.from({ length: 24 }, (_, index) => index + 6).filter((slot) => slot > 9 && slot !== 19);
  expect([...chosen].sort((a, b) => a - b)).toEqual(expected);
});

test('the next free slot is taken, round the end', () => {
  const at = { kind: 'claimed', from: 10, to: 12, start: 11 } as const;
  expect(chooseSlot(at, notes, new Set())).toBe(11);
  expect(chooseSlot(at, notes, new Set([11]))).toBe(12);
  expect(chooseSlot(at, notes, new Set([11, 12]))).toBe(10);
  expect(chooseSlot(at, notes, new Set([10, 11, 12]))).toBeUndefined();
});

test('the ports of the Fetch standard are blocked, their neighbours are not', () => {
  expect([0, 1, 22, 6000, 6665, 6669, 10080].every(isBlockedPort)).toBe(true);
  expect([2, 80, 443, 3000, 5173, 6001, 6664, 6670, 8000, 8080].some(isBlockedPort)).toBe(false);
  expect(Array.from({ length: 65536 }, (_, port) => port).filter(isBlockedPort)).toHaveLength(83);
});

test('no two names of a project that are given different slots ever share a port', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 258 }), { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(slots, ([one = 0, other = 0]) => {
      const ports = new Set(notes.map(({ port }) => port + one));
      expect(notes.some(({ port }) => ports.has(port + other))).toBe(false);
    }),
  );
});
