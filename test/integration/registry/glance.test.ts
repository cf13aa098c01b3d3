import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { hasStarted, newestProcess } from '../../../src/registry/glance.ts';
import { startNode } from './processes.ts';

const isLinux = process.platform === 'linux';

test.runIf(isLinux)('a process that was started is news as long as it runs', async () => {
  const { pid, stop } = await startNode(process.cwd(), 'console.log(0); setInterval(() => {}, 1000)');
  expect(newestProcess()).toBeGreaterThanOrEqual(pid);
  expect(hasStarted(pid - 1, pid)).toBe(true);
  expect(hasStarted(pid, pid)).toBe(false);
  await stop();
  expect(hasStarted(pid - 1, pid)).toBe(false);
});

test.runIf(isLinux)('a thread is no news', async () => {
  const worker = new Worker(
    `const { readlinkSync } = require('node:fs');
     require('node:worker_threads').parentPort.postMessage(readlinkSync('/proc/thread-self').split('/').at(-1));`,
    { eval: true },
  );
  const [thread] = (await once(worker, 'message')) as [string];
  expect(hasStarted(Number(thread) - 1, Number(thread))).toBe(false);
  await worker.terminate();
});

test.runIf(isLinux)('ids that begin anew and too many of them are news', () => {
  expect(hasStarted(4_000_000, 5)).toBe(true);
  expect(hasStarted(4_000_000_000, 4_000_000_017)).toBe(true);
  expect(hasStarted(4_000_000_000, 4_000_000_016)).toBe(false);
});
