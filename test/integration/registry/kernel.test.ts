import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readListeners } from '../../../src/registry/listeners-linux.ts';
import { createListeningIn } from '../../../src/registry/listening-in.ts';
import { portOwners } from '../../../src/registry/port-owners.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { firstPort, makeFolders, startListening, startNode } from './processes.ts';

const listenersOn = async (port: number) => (await readListeners()).filter((listener) => listener.port === port);

const inodeOf = async (port: number): Promise<number> => {
  const [listener] = await listenersOn(port);
  if (listener === undefined) throw new Error(`Nobody listens on ${port}.`);
  return listener.inode;
};

const isLinux = process.platform === 'linux';

test.runIf(isLinux)('sockets of both families are in the tables while they listen', async () => {
  const root = await makeFolders('project-3');
  const child = await startListening(root, {}, { host: '::1' }, { host: '0.0.0.0' }, { host: '::' });
  const found = await Promise.all(child.ports.map(listenersOn));
  expect(found.map((listeners) => listeners.map(({ address }) => address))).toEqual([
    ['127.0.0.1'],
    ['::1'],
    ['0.0.0.0'],
    ['::'],
  ]);
  expect(found.flat().map(({ uid }) => uid)).toEqual(child.ports.map(() => process.getuid?.()));
  await child.stop();
  expect((await Promise.all(child.ports.map(listenersOn))).flat()).toEqual([]);
});

test.runIf(isLinux)('none of many listeners is missing, and connections are not among them', async () => {
  const root = await makeFolders('project-3');
  const child = await startListening(root, ...Array.from({ length: 300 }, () => ({})));
  const port = firstPort(child);
  for (let count = 0; count < 100; count += 1) await rawClient(port).until(/hello/);
  const listening = (await readListeners()).map((listener) => listener.port);
  expect(child.ports.filter((one) => !listening.includes(one))).toEqual([]);
  expect(listening.filter((one) => one === port)).toHaveLength(1);
});

test.runIf(isLinux)('the owner of a port: process, command, folder', async () => {
  const root = await makeFolders('project 3/api (deleted)');
  const directory = join(root, 'project 3/api (deleted)');
  const child = await startListening(directory);
  const inode = await inodeOf(firstPort(child));
  const owner = (await portOwners()(new Set([inode]))).get(inode);
  expect(owner).toMatchObject({ pid: child.pid, directory, heirs: [] });
  expect(owner?.command.startsWith(`${process.execPath} -e`)).toBe(true);
  expect(owner?.command.length).toBeLessThanOrEqual(201);
});

test.runIf(isLinux)('a folder that was removed is known by the path it had', async () => {
  const root = await makeFolders('project-3');
  const directory = join(root, 'project-3');
  const child = await startListening(directory);
  await rm(directory, { recursive: true });
  await mkdir(directory);
  const inode = await inodeOf(firstPort(child));
  expect((await portOwners()(new Set([inode]))).get(inode)?.directory).toBe(directory);
});

test.runIf(isLinux)('owners are remembered, looked for anew on request, and forgotten when nobody asks', async () => {
  const root = await makeFolders('project-3', 'project-2');
  const child = await startListening(join(root, 'project-3'));
  const inode = await inodeOf(firstPort(child));
  const ownersOf = portOwners();
  const [first, second] = await Promise.all([ownersOf(new Set([inode])), ownersOf(new Set([inode, 1]))]);
  expect(second.get(inode)).toBe(first.get(inode));
  expect([...second.keys()]).toEqual([inode]);
  const anew = await ownersOf(new Set([inode]), new Set([inode]));
  expect(anew.get(inode)).not.toBe(first.get(inode));
  expect(anew.get(inode)).toEqual(first.get(inode));
  await ownersOf(new Set());
  expect((await ownersOf(new Set([inode]))).get(inode)).not.toBe(anew.get(inode));
});

// The listening socket becomes file 3 of a process that works elsewhere.
const inheritCode = `
const { spawn } = require('node:child_process');
const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  const stdio = ['pipe', 'ignore', 'inherit', server._handle.fd];
  const heirs = JSON.parse(process.argv[1]).map((cwd) => spawn(process.execPath, ['-e', 'process.stdin.resume()'], { cwd, stdio }));
  console.log(JSON.stringify({ port: server.address().port, heirs: heirs.map(({ pid }) => pid) }));
});`;

test.runIf(isLinux)(
  'a socket that others inherited belongs to the oldest process; the others are its heirs',
  async () => {
    const root = await makeFolders('project-3', 'project-2');
    const [three, two] = [join(root, 'project-3'), join(root, 'project-2')];
    const parent = await startNode(three, inheritCode, JSON.stringify([three, two, two]));
    const { port, heirs } = parent.said as { port: number; heirs: readonly number[] };
    const inode = await inodeOf(port);
    const ownersOf = portOwners();
    expect((await ownersOf(new Set([inode]))).get(inode)).toMatchObject({
      pid: parent.pid,
      directory: three,
      heirs: [{ pid: heirs[1], directory: two }],
    });
    await parent.stop();
    // Their standard input is closed now, so they end too.
    await eventually(async () => (await ownersOf(new Set([inode]), new Set([inode]))).size === 0);
  },
);

test.runIf(isLinux)('ports that processes of a folder listen on, without those of copies within it', async () => {
  const root = await makeFolders('project/api', 'project/worktrees/fix', 'project-2');
  const project = join(root, 'project');
  const nested = join(project, 'worktrees/fix');
  const [own, api, fix] = [
    await startListening(project, {}, { host: '::' }),
    await startListening(join(project, 'api')),
    await startListening(nested),
  ];
  await startListening(join(root, 'project-2'));
  const listeningIn = createListeningIn();
  const found = await listeningIn(project, new Set([project, nested]));
  const expected = [...own.ports.map((port) => [port, own.pid]), [firstPort(api), api.pid]];
  expect(found.map(({ port, pid }) => [port, pid])).toEqual(expected.sort(([one = 0], [other = 0]) => one - other));
  expect(found[0]?.command).toContain(process.execPath);
  const all = await listeningIn(project, new Set([project]));
  expect(all.map(({ port }) => port)).toContain(firstPort(fix));
  expect(await listeningIn(join(root, 'nowhere'), new Set())).toEqual([]);
});
