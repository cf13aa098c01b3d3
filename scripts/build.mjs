// TypeScript to dist/, the status page beside it, `sidings` put together, and the two commands executable.
import { chmodSync, rmSync } from 'node:fs';
import { bin, ensurePackages, must, root } from './lib.mjs';

export const build = async (tsc = bin('tsc')) => {
  await ensurePackages();
  rmSync(`${root}dist`, { recursive: true, force: true });
  await must(tsc, ['-p', root]);
  // In a process of its own: Vite sets NODE_ENV, and npm would install nothing for development any more.
  for (const part of ['page', 'sidings'])
    await must(bin('vite'), ['build', '--config', `${root}scripts/${part}.vite.mjs`]);
  for (const command of ['sidings', 'stack-env']) chmodSync(`${root}dist/cli/${command}.js`, 0o755);
};

if (process.argv[1] === new URL(import.meta.url).pathname) await build();
