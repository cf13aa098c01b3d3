import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the real git, untouched by the configuration of whoever runs the tests. Gives its output without the line end. */
export const git = async (directory: string, ...args: readonly string[]): Promise<string> => {
  const identity = ['user.name=Test', 'user.email=test@example.org', 'protocol.file.allow=always'];
  const settings = identity.flatMap((setting) => ['-c', setting]);
  const { stdout } = await run('git', [...settings, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', HOME: directory, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  return stdout.trimEnd();
};
