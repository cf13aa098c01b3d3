import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** The file of a command on the PATH. */
export const fileOf = (command: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file));

/** Skips a test where commands that it needs are missing, and says how to get them. With CI=true nothing is skipped. */
export const needs = ({ skip }: TestContext, ...commands: readonly string[]): void => {
  const missing = commands.filter((command) => fileOf(command) === undefined);
  if (missing.length === 0 || process.env.CI === 'true') return;
  const reason = `needs ${missing.join(', ')}; on Debian, "npm test" names the package to install`;
  // Vitest's usual report leaves the reason out.
  process.stderr.write(`skipped, ${reason}\n`);
  skip(reason);
};
