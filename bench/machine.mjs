// The machine under the measurements: processes pinned to its cores, and what the kernel says of them.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { onPath } from '../scripts/lib.mjs';

/** The proxy has a core for itself; load and upstream share the other. */
export const proxyCore = 0;
export const loadCore = 1;
export const canPin = availableParallelism() > 1 && onPath('taskset');

export const pinned = (core, command, args) =>
  canPin ? ['taskset', ['--cpu-list', String(core), command, ...args]] : [command, args];

const running = new Set();

/** Starts a process on a core; ended with all others by `endAll`. */
export const start = (core, command, args, options = {}) => {
  const child = spawn(...pinned(core, command, args), { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(chunk));
  child.said = () => Buffer.concat(said).toString();
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};

/** The first line that a process prints; throws what it said when it ends before. */
export const firstLine = async (child) => {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`${child.spawnargs.join(' ')} ended: ${child.said()}`);
};

export const end = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
};

export const endAll = () => Promise.all([...running].map(end));

/** Waits until `done` gives something; throws after so many seconds. */
export const until = async (what, done, seconds = 20) => {
  const giveUp = performance.now() + seconds * 1000;
  for (;;) {
    const result = await done();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > giveUp) throw new Error(`Waited ${seconds} s for ${what()}`);
    await sleep(5);
  }
};

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The process and all that it started. Linux only; elsewhere itself. */
const family = (pid) => {
  if (!existsSync(`/proc/${pid}/task`)) return [pid];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => family(Number(child)))];
};

const fieldOf = (pid, name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);

/** Resident memory of a process and its children in MiB. */
export const residentOf = (pid) => family(pid).reduce((sum, one) => sum + fieldOf(one, 'VmRSS'), 0) / 1024;

const ticksPerSecond = 100;

/** Processor time of a process and its children in seconds. */
export const cpuOf = (pid) =>
  family(pid).reduce((sum, one) => {
    const stat = readFileSync(`/proc/${one}/stat`, 'latin1');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return sum + (Number(user) + Number(system)) / ticksPerSecond;
  }, 0);

/** The version that a command tells; undefined where it is not installed. */
export const versionOf = (command, args, pattern) => {
  if (!onPath(command)) return undefined;
  try {
    // Some say it on the standard error.
    const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8' });
    return pattern.exec(said)?.[1] ?? 'unknown';
  } catch {
    return undefined;
  }
};

export const describeMachine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  pinned: canPin,
});
