import { spawn } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatClaims, parseClaims } from '../../../src/resolver/claims.ts';
import { resolveCopy } from '../../../src/resolver/resolve.ts';
import { makeCopy, notes, settingsIn } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { bounded, patienceMs } from '../../support/fuzz.ts';

/** Resolves copies in a process of its own, as soon as its standard input ends. It runs what was built. */
const program = `
import { resolveCopy } from ${JSON.stringify(new URL('../../../dist/resolver/index.js', import.meta.url).href)};
const [settings, ...directories] = process.argv.slice(1);
process.on('SIGXFSZ', () => undefined);
process.stdout.write('ready\\n');
for await (const _ of process.stdin);
const slots = await Promise.all(directories.map(async (directory) => {
  try {
    return (await resolveCopy(directory, JSON.parse(settings))).slot;
  } catch (error) {
    return error.code ?? String(error);
  }
}));
process.stdout.write(JSON.stringify(slots));
`;

interface ProcessOptions {
  readonly uid?: number;
  /** Largest file in blocks of 512 bytes; what a full disk looks like from inside. */
  readonly fileBlocks?: number;
}

const startProcess = (settings: object, directories: readonly string[], { uid, fileBlocks }: ProcessOptions = {}) => {
  const command = [process.execPath, '--input-type=module', '--eval', program, JSON.stringify(settings)];
  const limited = fileBlocks === undefined ? [] : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh'];
  const [file = '', ...args] = [...limited, ...command, ...directories];
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid, cwd: '/' }),
  });
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.startsWith('ready\n')) resolve();
    });
  });
  const slots = new Promise<readonly (number | string)[]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      if (output.startsWith('ready\n[')) resolve(JSON.parse(output.slice('ready\n'.length)));
      else reject(new Error(`It printed ${JSON.stringify(output)}; is dist/ built?`));
    });
  });
  return { ready: Promise.race([ready, slots]), go: () => child.stdin.end(), slots };
};

const inProcess = async (settings: object, directories: readonly string[], options?: ProcessOptions) => {
  const { go, slots } = startProcess(settings, directories, options);
  go();
  return await slots;
};

const claimsIn = async (stateDirectory: string) =>
  parseClaims(await readFile(join(stateDirectory, 'slots.json'), 'utf8'));

test(
  'no two of 200 random copies of one project ever share a port',
  async () => {
    const folder = await temporaryFolder();
    let run = 0;
    const name = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 260 }).map((number) => `project-${number}`) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }).map((number) => `project_${number}`) },
      { weight: 6, arbitrary: fc.stringMatching(/^[a-z0-9][a-zA-Z0-9 ._-]{0,12}[a-z0-9]$/) },
      { weight: 1, arbitrary: fc.constant('project') },
    );
    const bases = fc.record({ web: fc.integer({ min: 5000, max: 5100 }), gap: fc.integer({ min: 300, max: 2000 }) });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 200, maxLength: 200 }), bases, async (names, { web, gap }) => {
        const parent = join(folder, String(run++));
        const services = { web: { port: web }, api: { port: web + gap }, db: { port: web + 3 * gap, kind: 'tcp' } };
        const directories = await Promise.all(
          names.map((copy) => makeCopy(join(parent, copy), { project: 'project', services })),
        );
        const settings = settingsIn(parent);
        const results = await Promise.allSettled(directories.map((directory) => resolveCopy(directory, settings)));
        const owners = new Map<number, string>();
        for (const result of results) {
          if (result.status === 'rejected') {
            expect(result.reason).toMatchObject({
              code: expect.stringMatching(/^(slot-taken|slots-exhausted|slot-too-large|port-blocked)$/),
            });
            continue;
          }
          // project-3 and project_3 are told apart by whoever knows both; see sharedSlot.
          const { name: copy, slot, services: resolved, env } = result.value;
          if (/^project_/.test(copy) && names.includes(`project-${slot}`)) continue;
          for (const { port } of Object.values(resolved)) {
            expect([port, owners.get(port)]).toEqual([port, undefined]);
            owners.set(port, copy);
          }
          expect(env.COMPOSE_PROJECT_NAME).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
        }
        expect(owners.size).toBeGreaterThan(300);
      }),
      bounded(10),
    );
  },
  patienceMs,
);

test('processes that claim at the same moment get different slots', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const processes = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      // Names of one hash would be ideal; many names in few slots collide as well.
      const names = Array.from({ length: 20 }, (_, copy) => join(folder, `feature-${index}-${copy}`));
      await Promise.all(names.map((directory) => makeCopy(directory)));
      return startProcess(settings, names);
    }),
  );
  await Promise.all(processes.map(({ ready }) => ready));
  for (const { go } of processes) go();
  const slots = (await Promise.all(processes.map((process) => process.slots))).flat();
  expect(slots.every((slot) => typeof slot === 'number')).toBe(true);
  expect(new Set(slots).size).toBe(120);
  const claims = await claimsIn(settings.stateDirectory);
  expect(new Set([...claims.values()].map(({ slot }) => slot))).toEqual(new Set(slots));
  expect(await readdir(settings.stateDirectory)).toEqual(['slots.json']);
});

test('a lock that a killed process left is taken over', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const lock = join(settings.stateDirectory, 'slots.json.lock');
  await mkdir(lock, { recursive: true });
  await utimes(lock, 1, 1);
  const { slot } = await resolveCopy(await makeCopy(join(folder, 'feature')), settings);
  expect(slot).toBeGreaterThan(51);
  await expect(lstat(lock)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(['', '{', '{"version":1}'])('the damaged file %j is an error, and stays as it is', async (text) => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const file = join(settings.stateDirectory, 'slots.json');
  await write(file, text);
  const directory = await makeCopy(join(folder, 'feature'));
  await expect(resolveCopy(directory, settings)).rejects.toMatchObject({
    code: 'state-corrupt',
    message: expect.stringContaining(file),
  });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a state folder that cannot be made is an error', async () => {
  const folder = await temporaryFolder();
  await write(join(folder, 'state'), 'a file');
  const directory = await makeCopy(join(folder, 'feature'));
  const settings = settingsIn(folder, { stateDirectory: join(folder, 'state', 'inner') });
  await expect(resolveCopy(directory, settings)).rejects.toMatchObject({
    code: expect.stringMatching(/^state-un(writ|read)able$/),
    exitCode: 1,
  });
});

test('a state folder that may only be read serves claims that are there, and refuses new ones', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const held = await makeCopy(join(folder, 'held'));
  const { slot } = await resolveCopy(held, settings);
  const fresh = await makeCopy(join(folder, 'fresh'));
  await chmod(folder, 0o755);
  await chmod(settings.stateDirectory, 0o555);
  await chmod(join(settings.stateDirectory, 'slots.json'), 0o444);
  // Permissions do not hold root back.
  const options = process.getuid?.() === 0 ? { uid: 65534 } : {};
  expect(await inProcess(settings, [held, fresh], options)).toEqual([slot, 'state-unwritable']);
  await chmod(settings.stateDirectory, 0o755);
});

test('a full disk is an error and leaves the claims as they were', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  await resolveCopy(await makeCopy(join(folder, 'held')), settings);
  const before = await claimsIn(settings.stateDirectory);
  const fresh = await makeCopy(join(folder, 'fresh'));
  expect(await inProcess(settings, [fresh], { fileBlocks: 0 })).toEqual(['state-unwritable']);
  expect(await claimsIn(settings.stateDirectory)).toEqual(before);
  expect(await readdir(settings.stateDirectory)).toEqual(['slots.json']);
  expect(await inProcess(settings, [fresh])).toEqual([expect.any(Number)]);
});

test.runIf(process.getuid?.() === 0)('as root, the claims stay with the owner of the state folder', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  await mkdir(settings.stateDirectory);
  await chown(settings.stateDirectory, 65534, 65534);
  await resolveCopy(await makeCopy(join(folder, 'feature')), settings);
  const { uid, gid } = await lstat(join(settings.stateDirectory, 'slots.json'));
  expect([uid, gid]).toEqual([65534, 65534]);
});

/** Slots 1 to 5, of which named copies have 2 to 5. */
const narrow = { project: 'project', services: { web: { port: 3000 }, api: { port: 3006 } } };

test('slots of folders that are gone are given away only when all others are taken', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const slotOf = async (name: string) => (await resolveCopy(await makeCopy(join(folder, name), narrow), settings)).slot;
  const gone = await slotOf('gone');
  await rm(join(folder, 'gone'), { recursive: true });
  const living = [await slotOf('one'), await slotOf('two'), await slotOf('three')];
  expect(new Set([gone, ...living])).toEqual(new Set([2, 3, 4, 5]));
  expect(await slotOf('four')).toBe(gone);
  await expect(slotOf('five')).rejects.toMatchObject({
    code: 'slots-exhausted',
    message: 'Every slot for named copies of project (2-5) is taken.',
  });
  expect([...(await claimsIn(settings.stateDirectory)).keys()]).not.toContain(join(folder, 'gone'));
});

test('a number beyond the first fifth has its slot or none', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const resolve = async (name: string) => await resolveCopy(await makeCopy(join(folder, name), narrow), settings);
  expect((await resolve('project-1')).slot).toBe(1);
  expect((await resolve('project-4')).slot).toBe(4);
  const others = [(await resolve('one')).slot, (await resolve('two')).slot, (await resolve('three')).slot];
  expect(new Set(others)).toEqual(new Set([2, 3, 5]));
  const holder = join(folder, ['one', 'two', 'three'][others.indexOf(5)] ?? '');
  await expect(resolve('project-5')).rejects.toMatchObject({
    code: 'slot-taken',
    message: `Slot 5 of project is claimed by two folders: ${holder} and ${join(folder, 'project-5')}.`,
  });
  await rm(holder, { recursive: true });
  expect((await resolve('project-5')).slot).toBe(5);
});

test('a named copy keeps away from numbers beside it, whose branch may have more of them', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  for (const number of [2, 3, 4]) await mkdir(join(folder, `project-${number}`));
  expect((await resolveCopy(await makeCopy(join(folder, 'feature'), narrow), settings)).slot).toBe(5);
});

test('when the ports of the project change, a claim that does not fit is replaced, and volumes stay', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const directory = await makeCopy(join(folder, 'feature'));
  const before = await resolveCopy(directory, settings);
  const after = await resolveCopy(await makeCopy(directory, narrow), settings);
  expect(before.slot).toBeGreaterThan(51);
  expect(after.slot).toBeLessThanOrEqual(5);
  expect(after.env.COMPOSE_PROJECT_NAME).toBe(before.env.COMPOSE_PROJECT_NAME);
});

test('folders of one name share neither slot nor compose project', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const copies = [
    await resolveCopy(await makeCopy(join(folder, 'a', 'feature')), settings),
    await resolveCopy(await makeCopy(join(folder, 'b', 'feature')), settings),
    await resolveCopy(await makeCopy(join(folder, 'c', 'feature'), { ...notes, project: 'other' }), settings),
  ];
  expect(copies[0]?.slot).not.toBe(copies[1]?.slot);
  expect(copies[0]?.env.COMPOSE_PROJECT_NAME).toBe('feature');
  expect(new Set(copies.map(({ env }) => env.COMPOSE_PROJECT_NAME)).size).toBe(3);
});

test('two folders to which an edited file gives one slot are named', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const [first, second] = [await makeCopy(join(folder, 'one')), await makeCopy(join(folder, 'two'))];
  const claim = { project: 'project', slot: 77, composeProject: 'one' };
  await mkdir(settings.stateDirectory);
  const file = join(settings.stateDirectory, 'slots.json');
  await writeFile(file, formatClaims(new Map([first, second].map((directory) => [directory, claim]))));
  await expect(resolveCopy(second, settings)).rejects.toMatchObject({
    code: 'slot-taken',
    message: `Slot 77 of project is claimed by two folders: ${first} and ${second}.`,
  });
  await rm(first, { recursive: true });
  expect((await resolveCopy(second, settings)).slot).toBe(77);
});

test('very many claims of folders that are gone are dropped', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const gone = Array.from({ length: 1500 }, (_, index) => [
    join(folder, `gone-${index}`),
    { project: 'other', slot: index + 1, composeProject: 'x' },
  ]);
  await write(
    join(settings.stateDirectory, 'slots.json'),
    JSON.stringify({ version: 1, claims: Object.fromEntries(gone) }),
  );
  const directory = await makeCopy(join(folder, 'feature'));
  await resolveCopy(directory, settings);
  expect([...(await claimsIn(settings.stateDirectory)).keys()]).toEqual([directory]);
});
