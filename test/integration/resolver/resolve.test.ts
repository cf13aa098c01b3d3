import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCopy } from '../../../src/resolver/find-copy.ts';
import { knownCopies } from '../../../src/resolver/known-copies.ts';
import { readProjectFile } from '../../../src/resolver/project-file.ts';
import { resolveCopy } from '../../../src/resolver/resolve.ts';
import { makeCopy, notes, settingsIn } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { git } from '../../support/git.ts';

const ports = async (directory: string, folder: string) => {
  const { services } = await resolveCopy(directory, settingsIn(folder));
  return Object.fromEntries(Object.entries(services).map(([name, { port }]) => [name, port]));
};

test('project-3 is a workstream with everything counted up by three', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'project-3'));
  expect(await resolveCopy(directory, settingsIn(folder))).toEqual({
    name: 'project-3',
    project: 'project',
    mode: 'workstream',
    slot: 3,
    directory,
    services: {
      api: {
        kind: 'http',
        port: 8003,
        hostname: 'project-3.api.localhost',
        url: 'https://project-3.api.localhost',
        localUrl: 'http://localhost:8003',
        health: '/healthz',
      },
      web: {
        kind: 'http',
        port: 5176,
        hostname: 'project-3.web.localhost',
        url: 'https://project-3.web.localhost',
        localUrl: 'http://localhost:5176',
        default: true,
      },
      postgres: { kind: 'tcp', port: 5435 },
      redis: { kind: 'tcp', port: 6382 },
    },
    env: {
      STACK_NAME: 'project-3',
      STACK_MODE: 'workstream',
      STACK_SLOT: '3',
      STACK_DIRECTORY: directory,
      COMPOSE_PROJECT_NAME: 'project-3',
      API_PORT: '8003',
      WEB_PORT: '5176',
      POSTGRES_PORT: '5435',
      REDIS_PORT: '6382',
      DATABASE_URL: 'postgresql://postgres:postgres@localhost:5435/project_3',
      API_URL: 'https://project-3.api.localhost',
    },
    problems: [],
  });
});

test('a service may speak another protocol than HTTP/1.1 in clear text', async () => {
  const folder = await temporaryFolder();
  const services = { web: { port: 5173, protocol: 'https' }, rpc: { port: 50051, protocol: 'h2c' } };
  const directory = await makeCopy(join(folder, 'project'), { project: 'project', services });
  expect((await resolveCopy(directory, settingsIn(folder))).services).toMatchObject({
    web: { protocol: 'https', localUrl: 'https://localhost:5173', url: 'https://localhost:5173' },
    rpc: { protocol: 'h2c', localUrl: 'http://localhost:50051' },
  });
});

test('main keeps its usual ports and addresses, and needs no state folder', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'project'));
  const settings = settingsIn(folder, { stateDirectory: '/dev/null/state' });
  const main = await resolveCopy(directory, settings);
  expect(main).toMatchObject({
    mode: 'main',
    slot: 0,
    services: {
      api: { port: 8000, url: 'http://localhost:8000', hostname: 'project.api.localhost' },
      web: { port: 5173 },
    },
    env: { API_URL: 'http://localhost:8000', DATABASE_URL: 'postgresql://postgres:postgres@localhost:5432/project' },
  });
  await makeCopy(join(folder, 'project-51'));
  expect((await resolveCopy(join(folder, 'project-51'), settings)).slot).toBe(51);
});

test('the suffix, the port of the proxy and the root certificate show where they matter', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'project-2'));
  const rootCertificate = join(folder, 'root.pem');
  const settings = settingsIn(folder, { suffix: 'test', proxy: { scheme: 'http', port: 8080 }, rootCertificate });
  const before = await resolveCopy(directory, settings);
  expect(before.services.api).toMatchObject({ url: 'http://project-2.api.test:8080' });
  expect(before.env).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
  await writeFile(rootCertificate, '');
  expect((await resolveCopy(directory, settings)).env.NODE_EXTRA_CA_CERTS).toBe(rootCertificate);
});

test('copies are found from nested folders, through symlinks, with any characters in their path', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'a b', 'naïve \'"$(x) 日本', 'project-4'));
  const nested = join(directory, 'src', 'deep');
  await mkdir(nested, { recursive: true });
  await symlink(directory, join(folder, 'project-9'));
  for (const from of [directory, nested, join(folder, 'project-9'), join(folder, 'project-9', 'src')]) {
    expect(await findCopy(from)).toBe(directory);
  }
  expect(await ports(join(folder, 'project-9'), folder)).toMatchObject({ api: 8004 });
});

test('a copy inside another one is a copy of its own', async () => {
  const folder = await temporaryFolder();
  const main = await makeCopy(join(folder, 'project'));
  const inner = await makeCopy(join(main, '.worktrees', 'project-2'));
  expect(await findCopy(join(inner))).toBe(inner);
  expect(await findCopy(join(main, '.worktrees'))).toBe(main);
});

test('without sidings.json there is no copy', async () => {
  const folder = await temporaryFolder();
  for (const directory of [folder, join(folder, 'absent'), '/']) {
    await expect(findCopy(directory)).rejects.toMatchObject({ code: 'project-not-found', exitCode: 2 });
  }
  await expect(resolveCopy(join(folder, 'absent'), settingsIn(folder))).rejects.toMatchObject({
    code: 'project-not-found',
  });
});

test('a copy resolves the same with and without .git, and as a git worktree', async () => {
  const folder = await temporaryFolder();
  const main = await makeCopy(join(folder, 'project'));
  await git(main, 'init', '--quiet', '--initial-branch=main');
  await git(main, 'add', '.');
  await git(main, 'commit', '--quiet', '--message=first');
  await git(main, 'worktree', 'add', '--quiet', join(folder, 'elsewhere', 'project-5'));
  await cp(main, join(folder, 'project-6'), { recursive: true });
  await makeCopy(join(folder, 'project-7'));
  expect(await ports(join(folder, 'elsewhere', 'project-5'), folder)).toMatchObject({ api: 8005 });
  expect(await ports(join(folder, 'project-6'), folder)).toMatchObject({ api: 8006 });
  expect(await ports(join(folder, 'project-7'), folder)).toMatchObject({ api: 8007 });
});

test('a named copy keeps its slot, also when it is renamed back and when another one comes', async () => {
  const folder = await temporaryFolder();
  const directory = await makeCopy(join(folder, 'feature-login'));
  const first = await resolveCopy(directory, settingsIn(folder));
  expect(first.slot).toBeGreaterThan(51);
  expect(first.slot).toBeLessThanOrEqual(258);
  await rename(directory, join(folder, 'other'));
  const other = await resolveCopy(join(folder, 'other'), settingsIn(folder));
  expect(other.slot).not.toBe(first.slot);
  await rename(join(folder, 'other'), directory);
  expect(await resolveCopy(directory, settingsIn(folder))).toEqual(first);
});

test('broken files end in errors that say where', async () => {
  const folder = await temporaryFolder();
  const code = (text: string) =>
    write(join(folder, 'sidings.json'), text)
      .then(() => readProjectFile(folder))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
  expect(await code('{ "project": "p", // here\n "services": {}, }')).toBeUndefined();
  expect(await code('{ "project" }')).toMatchObject({ code: 'project-file-syntax' });
  const api = '"api": { "port": 8000 }';
  for (const [text, place] of [
    [`{ "project": "p", "services": {\n ${api},\n ${api} } }`, '3:2'],
    [`{ "project": "p", "services": {\n ${api}, // comment\n "\\u0061pi": { "port": 1 }, } }`, '3:2'],
    [`{ "project": "p", "services": { "api": { "port": 80, "port": 81 } } }`, '1:54'],
  ] as const)
    expect(await code(text)).toMatchObject({
      code: 'project-file-syntax',
      message: expect.stringMatching(new RegExp(`:${place}: the key "(?:api|port)" stands here twice\\.$`)),
    });
  expect(await code('{ "project": "p", "services": {}, "env": { "A": "a:\\":", "B": "\\\\" } }')).toBeUndefined();
  expect(await code('{ "project": "p", "sevices": {} }')).toMatchObject({
    code: 'project-file-invalid',
    hint: expect.stringContaining('Did you mean "services"?'),
  });
  expect(await code('{ "project": "p", "services": {}, "env": { "A": "\\u0000" } }')).toMatchObject({
    code: 'project-file-invalid',
  });
  expect(
    await code('{ "project": "p", "services": { "a": { "port": 80 }, "b": { "port": 80, "kind": "tcp" } } }'),
  ).toMatchObject({ code: 'port-overlap', exitCode: 2 });
  await expect(readProjectFile(join(folder, 'absent'))).rejects.toMatchObject({ code: 'project-file-unreadable' });
});

test('main keeps a port that browsers refuse, with a warning', async () => {
  const folder = await temporaryFolder();
  const project = { project: 'project', services: { web: { port: 6000 } } };
  const { problems, services } = await resolveCopy(
    await makeCopy(join(folder, 'project'), project),
    settingsIn(folder),
  );
  expect(services.web?.port).toBe(6000);
  expect(problems).toMatchObject([{ code: 'port-blocked', severity: 'warning' }]);
});

test('the other copies are known by name, worktree and claim', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  const main = await makeCopy(join(folder, 'code', 'project'));
  await git(main, 'init', '--quiet', '--initial-branch=main');
  await git(main, 'add', '.');
  await git(main, 'commit', '--quiet', '--message=first');
  const worktree = join(folder, 'trees', 'project-5');
  await git(main, 'worktree', 'add', '--quiet', worktree);
  const named = await makeCopy(join(folder, 'trees', 'feature'));
  const { slot } = await resolveCopy(named, settings);
  const gone = await makeCopy(join(folder, 'trees', 'gone'));
  await resolveCopy(gone, settings);
  await rename(gone, join(folder, 'trees', 'moved'));
  const foreign = await makeCopy(join(folder, 'trees', 'foreign'), { ...notes, project: 'another' });
  await resolveCopy(foreign, settings);
  const sibling = await makeCopy(join(folder, 'code', 'project-2'));
  await write(join(folder, 'code', 'project-8'), 'a file');
  await mkdir(join(folder, 'code', 'unrelated'));
  await symlink(worktree, join(folder, 'code', 'project-9'));
  await symlink(join(folder, 'nowhere'), join(folder, 'code', 'project-10'));

  const known = await knownCopies(await resolveCopy(main, settings), settings);
  expect([...known].sort((a, b) => a.slot - b.slot)).toEqual([
    { name: 'project-2', slot: 2, directory: sibling },
    { name: 'project-5', slot: 5, directory: worktree },
    { name: 'feature', slot, directory: named },
  ]);
  expect(await knownCopies(await resolveCopy(worktree, settings), settings)).toContainEqual({
    name: 'project',
    slot: 0,
    directory: main,
  });
  expect(await knownCopies(await resolveCopy(named, settings), settings)).toContainEqual({
    name: 'project',
    slot: 0,
    directory: undefined,
  });
});

test('a damaged state folder does not hide the copies that are known by name', async () => {
  const folder = await temporaryFolder();
  const settings = settingsIn(folder);
  await write(join(settings.stateDirectory, 'slots.json'), '');
  const copy = await resolveCopy(await makeCopy(join(folder, 'project-3')), settings);
  const sibling = await makeCopy(join(folder, 'project-2'));
  expect(await knownCopies(copy, settings)).toContainEqual({ name: 'project-2', slot: 2, directory: sibling });
});
