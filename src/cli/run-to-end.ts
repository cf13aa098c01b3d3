import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { fail, type SidingsError } from '../model/problem.ts';
import { reasonOf } from '../resolver/regular-file.ts';

/**
 * Runs a command as if it stood in the place of this process: signals reach it, and its exit code is given; a signal that ended it ends
 * this process as well. `meanwhile` may read its streams. Errors: `command-not-found`.
 */
export const runToEnd = async (
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  meanwhile: (child: ChildProcess, ended: Promise<unknown>) => Promise<void> = async () => undefined,
): Promise<number> => {
  let child: ChildProcess | undefined;
  // First of all: a signal that comes while the command starts must not leave it alone.
  passSignals((signal) => child?.kill(signal));
  child = start(command, args, options);
  const ended = endOf(child, command);
  const [how] = await Promise.all([ended, meanwhile(child, ended)]);
  return typeof how === 'number' ? how : raise(how);
};

// Some errors are thrown, such as that of an environment that is too large; others come as an event.
const start = (command: string, args: readonly string[], options: SpawnOptions): ChildProcess => {
  try {
    return spawn(command, args, options);
  } catch (error) {
    throw notStarted(command, error);
  }
};

const endOf = (child: ChildProcess, command: string): Promise<number | NodeJS.Signals> =>
  new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(command, error)));
    child.once('exit', (status, signal) => resolve(signal ?? status ?? 1));
  });

const notStarted = (command: string, error: unknown): SidingsError =>
  fail('command-not-found', { command, reason: reasonOf(error) });

/**
 * Signals that are sent to this process are meant for the command. Those of the terminal's keys reach it anyway, because it is in the same
 * foreground group; a second one makes many programs give up their orderly end.
 */
const passSignals = (pass: (signal: NodeJS.Signals) => void): void => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, pass);
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      if (!isForeground()) pass(signal);
    });
  }
};

/** Whether this process is in the group that a terminal sends its signals to. */
const isForeground = (): boolean => {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // After the name: state, parent, process group, session, terminal, the terminal's foreground group.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return [0, 1, 2].some((fd) => isatty(fd));
  }
};

/** Ends this process by the signal that ended the command, so that a shell sees what it would have seen. */
const raise = (signal: NodeJS.Signals): number => {
  process.removeAllListeners(signal);
  // A core file of this process would help nobody.
  const dumps = ['SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS'];
  if (!dumps.includes(signal)) process.kill(process.pid, signal);
  return 128 + constants.signals[signal];
};
