import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** The file of a command on the PATH. */
export const fileOf = (command: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file));

/** Skips a test that cannot run here, and says what it needs. With CI=true it fails instead. */
export const skipWithout = ({ skip }: TestContext, what: string): never => {
  const reason = `needs ${what}`;
  if (process.env.CI === 'true') throw new Error(reason);
  // Vitest's usual report leaves the reason out.
  process.stderr.write(`skipped, ${reason}\n`);
  return skip(reason);
};

/** Skips a test where commands that it needs are missing, and says how to get them. With CI=true nothing is skipped. */
export const needs = (context: TestContext, ...commands: readonly string[]): void => {
  const missing = commands.filter((command) => fileOf(command) === undefined);
  if (missing.length > 0)
    skipWithout(context, `${missing.join(', ')}; on Debian, "npm test" names the package to install`);
};
