import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A temporary folder with the given folders in it; removed with the test. */
export const makeFolders = async (...names: readonly string[]): Promise<string> => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'sidings-registry-')));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const name of names) await mkdir(join(root, name), { recursive: true });
  return root;
};

export interface ListeningChild {
  readonly pid: number;
  readonly ports: readonly number[];
  readonly stop: () => Promise<void>;
}

interface Listening {
  readonly host?: string;
  readonly port?: number;
  readonly backlog?: number;
  readonly ipv6Only?: boolean;
}

/** Runs `node -e` in a folder until it prints a line of JSON; killed with the test. */
export const startNode = async (cwd: string, code: string, ...args: readonly string[]) => {
  const child = spawn(process.execPath, ['-e', code, ...args], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => stopChild(child));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, pid: child.pid ?? 0, said: JSON.parse(line) as unknown, stop: () => stopChild(child) };
};

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

const listenCode = `
const { createServer } = require('node:net');
const wanted = JSON.parse(process.argv[1]);
Promise.all(wanted.map((options) => new Promise((resolve, reject) => {
  const server = createServer((socket) => socket.end('hello')).on('error', reject);
  server.listen({ port: 0, host: '127.0.0.1', ...options }, () => resolve(server.address().port));
}))).then((ports) => console.log(JSON.stringify(ports)));`;

/** A process that works in a folder and listens; killed with the test. */
export const startListening = async (cwd: string, ...wanted: readonly Listening[]): Promise<ListeningChild> => {
  const { pid, said, stop } = await startNode(cwd, listenCode, JSON.stringify(wanted.length === 0 ? [{}] : wanted));
  return { pid, ports: said as readonly number[], stop };
};

/** The first of the ports that a child listens on. */
export const firstPort = ({ ports }: ListeningChild): number => {
  const [port] = ports;
  if (port === undefined) throw new Error('The process does not listen.');
  return port;
};
