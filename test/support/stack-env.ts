import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { makeCopy, notes } from './copies.ts';
import { temporaryFolder, write as writeText } from './folder.ts';

/** The built command. */
export const stackEnvFile = fileURLToPath(new URL('../../dist/cli/stack-env.js', import.meta.url));

export interface Ended {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What both streams gave until now. */
  readonly output: () => string;
  readonly ended: Promise<Ended>;
}

export interface Copies {
  readonly folder: string;
  readonly path: (...parts: string[]) => string;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Starts a program with nothing of this shell but PATH, and what is given. */
  readonly start: (command: string, args: readonly string[], options?: StartOptions) => Started;
  /** Runs the built `stack-env` in a copy. */
  readonly stackEnv: (copy: string, args: readonly string[], env?: Record<string, string>) => Promise<Ended>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A process group of its own, which `kill` ends whole. */
  readonly detached?: boolean;
  readonly input?: string;
}

/** A folder with copies of a small project in it, removed with the test. */
export const openCopies = async (names: readonly string[], file: object = notes): Promise<Copies> => {
  const folder = await temporaryFolder();
  const path = (...parts: string[]): string => join(folder, ...parts);
  const write = (name: string, text: string): Promise<void> => writeText(path(name), text);
  for (const name of names) await makeCopy(path(name), file);

  const start: Copies['start'] = (command, args, { cwd = folder, env = {}, detached = false, input } = {}) => {
    const child = spawn(command, args, {
      cwd,
      detached,
      env: { PATH: process.env.PATH ?? '', HOME: folder, SIDINGS_STATE_DIR: path('.state'), ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) =>
        resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr }),
      );
    });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      await ended;
    });
    return { child, ended, output: () => stdout + stderr };
  };
  const stackEnv: Copies['stackEnv'] = (copy, args, env) =>
    start(process.execPath, [stackEnvFile, ...args], { cwd: path(copy), env: env ?? {}, input: '' }).ended;
  return { folder, path, write, start, stackEnv };
};
