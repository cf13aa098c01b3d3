// TypeScript to dist/, the status page beside it, and the two commands executable.
import { chmodSync, rmSync } from 'node:fs';
import { bin, ensurePackages, must, root } from './lib.mjs';

/** The page: one script and one stylesheet, whose names never change. Nothing of it is inline, as its policy demands. */
const buildPage = async () => {
  const { build: bundle } = await import('vite');
  await bundle({
    root: `${root}src/status/web`,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: `${root}dist/status/web`,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false,
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      rolldownOptions: {
        output: { entryFileNames: 'page.js', chunkFileNames: '[name].js', assetFileNames: '[name][extname]' },
      },
    },
  });
};

export const build = async (tsc = bin('tsc')) => {
  await ensurePackages();
  rmSync(`${root}dist`, { recursive: true, force: true });
  await must(tsc, ['-p', root]);
  await buildPage();
  for (const command of ['sidings', 'stack-env']) chmodSync(`${root}dist/cli/${command}.js`, 0o755);
};

if (process.argv[1] === new URL(import.meta.url).pathname) await build();
