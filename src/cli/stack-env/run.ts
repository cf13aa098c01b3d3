import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { openServiceLog, type ServiceLog, serviceLogFile } from '../../feedback/service-log.ts';
import { fail, type SidingsError, warning } from '../../model/problem.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { exitCodeOf, report } from '../report.ts';
import { type BundleOptions, type CommonOptions, type GuardOptions, inspect } from './inspect.ts';

export interface RunOptions extends CommonOptions, Pick<GuardOptions, 'replace'>, BundleOptions {
  readonly service?: string | undefined;
}

/** Runs a command with this copy's environment, in the current folder or that of --dir. Ends as the command ended. */
export const run = async ([command = '', ...args]: readonly string[], options: RunOptions): Promise<number> => {
  const { copy, env, problems, settings, directory } = await inspect(options);
  const { service, dir } = options;
  if (service !== undefined && !Object.hasOwn(copy.services, service)) {
    const known = Object.keys(copy.services).join(', ');
    throw fail('service-unknown', { name: copy.name, service, known });
  }
  report(problems);
  const code = exitCodeOf(problems);
  if (code !== 0) return code;

  const log =
    service === undefined ? undefined : openLog(serviceLogFile(settings.stateDirectory, copy.directory, service));
  let child: ChildProcess | undefined;
  // First of all: a signal that comes while the command starts must not leave it alone.
  passSignals((signal) => child?.kill(signal));
  child = start(command, args, {
    cwd: directory,
    env: { ...process.env, ...(dir !== undefined && { PWD: directory }), ...(log && colours()), ...env },
    stdio: log === undefined ? 'inherit' : ['inherit', 'pipe', 'pipe'],
  });
  const streams =
    log === undefined ? [] : [tee(child.stdout, process.stdout, log), tee(child.stderr, process.stderr, log)];
  const ended = await endOf(child, command);
  await Promise.all(streams.map((drained) => drained()));
  log?.close();
  return typeof ended === 'number' ? ended : raise(ended);
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

/** A service must start even where its log cannot be kept. */
const openLog = (file: string): ServiceLog | undefined => {
  const complain = (error: unknown): void => report([warning('state-unwritable', { file, reason: reasonOf(error) })]);
  try {
    const log = openServiceLog(file);
    let broken = false;
    return {
      close: log.close,
      write: (bytes) => {
        try {
          log.write(bytes);
          broken = false;
        } catch (error) {
          if (!broken) complain(error);
          broken = true;
        }
      },
    };
  } catch (error) {
    complain(error);
    return undefined;
  }
};

/** The command writes to a pipe, so that its output can be kept. What would show colours in this terminal still does. */
const colours = (): Readonly<Record<string, string>> => {
  const { NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE } = process.env;
  if (!process.stdout.isTTY || NO_COLOR || FORCE_COLOR !== undefined || CLICOLOR_FORCE !== undefined) return {};
  const level = { 1: '0', 4: '1', 8: '2', 24: '3' }[process.stdout.getColorDepth()] ?? '1';
  return level === '0' ? {} : { FORCE_COLOR: level, CLICOLOR_FORCE: '1' };
};

/** How often a pipe is looked at after the command has ended, when something that it left running holds it open. */
const silenceMs = 50;

/**
 * Passes bytes on as they come, to the terminal and the log; a reader that is slow slows the command down. Gives a function that waits
 * for what the command wrote before it ended.
 */
const tee = (from: Readable | null, to: Writable, log: ServiceLog): (() => Promise<void>) => {
  if (from === null) return async () => undefined;
  let closed = false;
  let waiting = false;
  let seen = 0;
  from.on('data', (bytes: Buffer) => {
    seen += bytes.length;
    log.write(bytes);
    if (to.write(bytes)) return;
    waiting = true;
    from.pause();
    to.once('drain', () => {
      waiting = false;
      from.resume();
    });
  });
  from.once('close', () => {
    closed = true;
  });
  // Nobody reads any more (`| head`): the command finds its pipe closed too, as it would without us in between.
  to.on('error', () => from.destroy());
  return () =>
    new Promise((resolve) => {
      if (closed) return resolve();
      let before = -1;
      // Between two looks the pipe was read, however long the writing took; nothing new in it means that nothing is left.
      const timer = setInterval(() => {
        if (!waiting && seen === before) from.destroy();
        before = seen;
      }, silenceMs);
      from.once('close', () => {
        clearInterval(timer);
        resolve();
      });
    });
};

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
