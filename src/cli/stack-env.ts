#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { runCommand } from './command-line.ts';
import { isFormat, type PrintOptions, print } from './stack-env/print.ts';

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
        'ca-bundle': { type: 'boolean' },
      },
    });
    const { dir, 'state-dir': stateDir, format, json, replace, 'ca-bundle': caBundle } = values;
    return format === undefined || isFormat(format) ? { dir, stateDir, format, json, replace, caBundle } : undefined;
  } catch {
    return undefined;
  }
};

const args = process.argv.slice(2);
await runCommand(args, async () => {
  const options = printOptions(args);
  return options === undefined ? (await import('./stack-env/program.ts')).runProgram(args) : print(options);
});
