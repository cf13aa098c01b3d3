// What the kernel says of the daemon while a soak runs. Linux only: elsewhere there are no samples.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export const canGauge = existsSync('/proc/self/status');

/** Resident memory in MiB, open descriptors, threads. */
export const gauge = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    memory: field('VmRSS') / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
  };
};
