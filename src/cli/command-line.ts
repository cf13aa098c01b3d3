import { readFileSync } from 'node:fs';
import type { Command, CommanderError } from 'commander';
import { fail, SidingsError } from '../model/problem.ts';
import { printJson, printText, report } from './report.ts';

/** The version of this package. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Makes a command throw what commander would print and end with; what it prints is written at once. Subcommands inherit it. */
export const throwing = (command: Command): Command =>
  command.exitOverride().configureOutput({ writeOut: printText, outputError: () => undefined });

/** Reads a command line. A mistake in it is an error of the table (`usage`); help and the version are printed and are none. */
export const parse = async (program: Command, args: readonly string[]): Promise<void> => {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!isCommanderError(error)) throw error;
    if (error.exitCode === 0) return;
    // error: unknown option '--jsn'\n(Did you mean --json?); where a subcommand is missing, help was printed instead.
    const said = error.message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ');
    const reason = error.code === 'commander.help' ? 'a command is missing' : said;
    throw fail('usage', { reason });
  }
};

/** Told by its shape: loading commander would cost those who do without it a tenth of their time. */
const isCommanderError = (error: unknown): error is CommanderError =>
  error instanceof Error && error.name === 'CommanderError';

/** Does what a command line says; `work` gives the exit code. Errors are reported, as JSON too where JSON was asked for. */
export const runCommand = async (args: readonly string[], work: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await work();
  } catch (error) {
    const { problem, exitCode } = asSidingsError(error);
    process.exitCode = exitCode;
    report([problem]);
    const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
    if (!own.includes('--json') && !own.join('=').includes('--format=json')) return;
    try {
      printJson({ problems: [problem] });
    } catch {
      // The output cannot be written, and standard error has the problem.
    }
  }
};

const asSidingsError = (error: unknown): SidingsError => {
  if (error instanceof SidingsError) return error;
  const { message, stack } = error as Error;
  // Nobody expected this one; whoever mends it needs to know where it comes from.
  process.stderr.write(`${stack}\n`);
  return fail('internal', { reason: message });
};
