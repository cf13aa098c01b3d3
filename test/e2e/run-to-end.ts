import { execFile } from 'node:child_process';

export interface Outcome {
  /** Undefined where the command does not exist or was stopped. */
  readonly code: number | undefined;
  readonly output: string;
}

/** Runs a command of this machine without a shell, in an environment that holds PATH and what is given, for so many milliseconds at most. */
export const runToEnd = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeout = 60_000,
): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ code, output: stdout + stderr });
    });
    child.stdin?.end();
  });
