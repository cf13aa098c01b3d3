// TypeScript to dist/, the files of the status page beside it, and the two commands executable.
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { bin, ensurePackages, must, root } from './lib.mjs';

export const build = async (tsc = bin('tsc')) => {
  await ensurePackages();
  rmSync(`${root}dist`, { recursive: true, force: true });
  await must(tsc, ['-p', root]);
  cpSync(`${root}src/status/web`, `${root}dist/status/web`, {
    recursive: true,
    filter: (file) => !file.endsWith('.ts'),
  });
  for (const command of ['sidings', 'stack-env']) chmodSync(`${root}dist/cli/${command}.js`, 0o755);
};

if (process.argv[1] === new URL(import.meta.url).pathname) await build();
