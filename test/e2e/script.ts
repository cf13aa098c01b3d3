import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** Starts a script of the repository as a user does, with variables on top of those of this shell; killed with the test. */
export const startScript = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // One that is killed cleans up as well.
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data;
      for (const look of waiting) look();
    });
  const ended = new Promise<number | undefined>((resolve) =>
    child.on('close', (code) => {
      resolve(code ?? undefined);
      for (const look of waiting) look();
    }),
  );
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match !== null) resolve(match);
        else if (child.exitCode !== null) reject(new Error(`It ended before it printed ${pattern}:\n${output}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { child, ended, printed, output: () => output };
};

/** Command lines of the processes that know of a text by their arguments or, on Linux, their environment. */
export const processesThatKnow = async (text: string): Promise<readonly string[]> => {
  if (!existsSync('/proc/self/environ')) {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
    return stdout.split('\n').filter((line) => line.includes(text));
  }
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8').replaceAll('\0', ' ');
    } catch {
      // It has ended, or belongs to somebody else.
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const knowing = pids.filter((pid) => `${read(`/proc/${pid}/cmdline`)}${read(`/proc/${pid}/environ`)}`.includes(text));
  return knowing.map((pid) => read(`/proc/${pid}/cmdline`));
};
