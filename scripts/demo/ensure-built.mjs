import { existsSync, readdirSync, statSync } from 'node:fs';
import { build } from '../build.mjs';
import { root } from '../lib.mjs';

const changed = (file) => statSync(`${root}${file}`).mtimeMs;

/**
 * Builds, unless the commands are newer than every source. A second demo starts sooner, and one that a test starts leaves `dist` alone
 * while other tests run from it.
 */
export const ensureBuilt = async () => {
  const commands = ['dist/cli/sidings.js', 'dist/cli/stack-env.js'];
  const sources = readdirSync(`${root}src`, { recursive: true }).map((file) => `src/${file}`);
  const newest = Math.max(...['tsconfig.json', ...sources].map(changed));
  if (commands.every((file) => existsSync(root + file) && changed(file) > newest)) return;
  await build();
};
