#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { fail, SidingsError } from '../model/problem.ts';
import { isFormat, type PrintOptions, print } from './stack-env/print.ts';
import { printJson, report } from './stack-env/report.ts';

/**
 * The options of the form that prints the environment, or undefined for any other command line. That form runs in every shell that is
 * opened: reading it without commander saves a tenth of its time. What is not understood here commander explains.
 */
const printOptions = (args: string[]): PrintOptions | undefined => {
  try {
    const { values } = parseArgs({
      args,
      options: {
        dir: { type: 'string' },
        'state-dir': { type: 'string' },
        format: { type: 'string' },
        json: { type: 'boolean' },
        replace: { type: 'boolean' },
      },
    });
    const { dir, 'state-dir': stateDir, format, json, replace } = values;
    return format === undefined || isFormat(format) ? { dir, stateDir, format, json, replace } : undefined;
  } catch {
    return undefined;
  }
};

const asSidingsError = (error: unknown): SidingsError => {
  if (error instanceof SidingsError) return error;
  const { message, stack } = error as Error;
  // Nobody expected this one; whoever mends it needs to know where it comes from.
  process.stderr.write(`${stack}\n`);
  return fail('internal', { reason: message });
};

const args = process.argv.slice(2);
try {
  const options = printOptions(args);
  process.exitCode =
    options === undefined ? await (await import('./stack-env/program.ts')).runProgram(args) : await print(options);
} catch (error) {
  const { problem, exitCode } = asSidingsError(error);
  process.exitCode = exitCode;
  report([problem]);
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (own.includes('--json') || own.join('=').includes('--format=json')) printJson({ problems: [problem] });
}
