import { spawn } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { fail } from '../model/problem.ts';
import { withLentRoot } from './lent-root.ts';
import { type OwnAnswer, parseOwnAnswer } from './own-answer.ts';
import type { ProjectFile } from './project-file.generated.ts';
import { reasonOf } from './regular-file.ts';

const maxOutput = 1024 * 1024;

/** How often the output is looked at after the command has ended, when something that it left running holds it open. */
const silenceMs = 50;

export interface OwnResolverInput {
  /** Real path of the copy. */
  readonly directory: string;
  readonly project: ProjectFile;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly trustedRoots: readonly string[];
  readonly configFile: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs the resolver command of a project in a copy and reads its answer. It runs only under a trusted root, as the folder's
 * owner, without a shell, with a clean environment, and it ends with its whole process group.
 * Errors: `resolver-untrusted`, `resolver-failed`, `resolver-timeout`.
 */
export const askOwnResolver = async (input: OwnResolverInput): Promise<OwnAnswer> => {
  const { directory, project, command, trustedRoots, configFile } = input;
  if (!(await isTrusted(directory, trustedRoots))) throw fail('resolver-untrusted', { directory, config: configFile });
  const failed = (reason: string) => fail('resolver-failed', { command: command.join(' '), directory, reason });
  const owner = await ownerOf(directory);
  if (owner === undefined) throw failed('the folder belongs to another user');
  const output = await run(input, owner, failed);
  try {
    return parseOwnAnswer(output, basename(directory), project);
  } catch (error) {
    throw failed(reasonOf(error));
  }
};

const isTrusted = async (directory: string, roots: readonly string[]): Promise<boolean> => {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  return real.some(
    (root) => root !== undefined && `${directory}${sep}`.startsWith(root === sep ? sep : `${root}${sep}`),
  );
};

interface Owner {
  /** What the process has to change to; empty where it is the owner already. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
  readonly home: string;
}

/** The owner of a folder, unless this process is neither that user nor root. */
const ownerOf = async (directory: string): Promise<Owner | undefined> => {
  const { uid, gid } = await stat(directory);
  // The real user: with sudo, root, even where its rights are put aside.
  const own = process.getuid?.();
  if (uid === own) return { identity: {}, home: process.env.HOME ?? '/' };
  return own === 0 ? { identity: { uid, gid }, home: await homeOf(uid) } : undefined;
};

const homeOf = async (uid: number): Promise<string> => {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = users.split('\n').map((line) => line.split(':'));
  return fields.find((user) => user[2] === String(uid))?.[5] || '/';
};

const cleanEnvironment = (home: string): Readonly<Record<string, string>> => {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', LANG, TMPDIR } = process.env;
  return { PATH, HOME: home, ...(LANG && { LANG }), ...(TMPDIR && { TMPDIR }) };
};

const run = (
  { directory, command, timeoutSeconds, signal }: OwnResolverInput,
  { identity, home }: Owner,
  failed: (reason: string) => Error,
): Promise<string> =>
  new Promise((settle, reject) => {
    const [program = '', ...args] = command;
    const child = withLentRoot(() =>
      spawn(program, args, {
        cwd: directory,
        env: cleanEnvironment(home),
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own, so that what it starts ends with it.
        detached: true,
        ...identity,
      }),
    );
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Nobody is left.
      }
    };
    // What left the group holds the pipes open still: nobody listens to it, and this process may end.
    const hangUp = (): void => {
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const end = (error: Error): void => {
      reject(error);
      killGroup();
      hangUp();
    };
    const timer = setTimeout(() => {
      end(fail('resolver-timeout', { command: command.join(' '), directory, seconds: timeoutSeconds }));
    }, timeoutSeconds * 1000);

    const stop = (): void => end(failed('nobody waits for it any more'));
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();

    const output: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stdout.on('data', (data: Buffer) => {
      size += data.length;
      if (size > maxOutput) end(failed('it printed more than 1 MB'));
      else output.push(data);
    });
    child.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString('utf8')).slice(-400);
    });
    child.on('error', (error) => {
      over();
      reject(failed(reasonOf(error)));
    });
    // What it left running would keep the pipes open; what it wrote itself is in them already.
    child.on('exit', () => {
      killGroup();
      let before = -1;
      const timer = setInterval(() => {
        if (size === before) hangUp();
        before = size;
      }, silenceMs);
      child.once('close', () => clearInterval(timer));
    });
    child.on('close', (code, endedBy) => {
      over();
      if (code === 0) settle(Buffer.concat(output).toString('utf8'));
      else
        reject(failed([endedBy ?? `it ended with ${code}`, complaint.trim()].filter((text) => text !== '').join(': ')));
    });
  });
