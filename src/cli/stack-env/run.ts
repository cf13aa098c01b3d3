import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openServiceLog, type ServiceLog, serviceLogFile } from '../../feedback/service-log.ts';
import { fail, warning } from '../../model/problem.ts';
import { makeFolder } from '../../resolver/make-folder.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { openPipes } from '../pipes.ts';
import { exitCodeOf, report } from '../report.ts';
import { runToEnd } from '../run-to-end.ts';
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
    service === undefined ? undefined : await openLog(serviceLogFile(settings.stateDirectory, copy.directory, service));
  const pipes = log && openPipes();
  const [out, err] = pipes?.map(({ writer }) => writer) ?? ['pipe' as const, 'pipe' as const];
  const ended = runToEnd(
    command,
    args,
    {
      cwd: directory,
      env: { ...process.env, ...(dir !== undefined && { PWD: directory }), ...(log && colours()), ...env },
      stdio: log === undefined ? 'inherit' : ['inherit', out, err],
    },
    async ({ stdout, stderr }, ended) => {
      if (log === undefined) return;
      const [fromOut, fromErr] = pipes?.map(({ reader }) => reader) ?? [stdout, stderr];
      const streams = [tee(fromOut, process.stdout, log), tee(fromErr, process.stderr, log)];
      await ended;
      await Promise.all(streams.map((drained) => drained()));
      log.close();
    },
  );
  // By now the command has been started, or never will be.
  for (const { writer } of pipes ?? []) closeSync(writer);
  return ended;
};

/** A service must start even where its log cannot be kept. */
const openLog = async (file: string): Promise<ServiceLog | undefined> => {
  const complain = (error: unknown): void => report([warning('state-unwritable', { file, reason: reasonOf(error) })]);
  try {
    await makeFolder(dirname(file));
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
const tee = (from: Readable | null | undefined, to: Writable, log: ServiceLog): (() => Promise<void>) => {
  if (!from) return async () => undefined;
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
