import { formatDotenv, formatShell } from '../../resolver/formats.ts';
import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { type BundleOptions, type CommonOptions, type GuardOptions, inspect } from './inspect.ts';

export const formats = ['shell', 'dotenv', 'json'] as const;

export type Format = (typeof formats)[number];

export const isFormat = (text: string): text is Format => (formats as readonly string[]).includes(text);

export interface PrintOptions extends CommonOptions, GuardOptions, BundleOptions {
  readonly format?: Format | undefined;
}

/** Prints this copy's environment. Rejected, a shell gets nothing to evaluate; a program gets the reasons with the rest. */
export const print = async (options: PrintOptions): Promise<number> => {
  const { copy, env, problems } = await inspect(options);
  report(problems);
  const code = exitCodeOf(problems);
  if (options.json === true || options.format === 'json') printJson({ ...copy, env, problems });
  else if (code === 0) printText(options.format === 'dotenv' ? formatDotenv(env) : formatShell(env));
  return code;
};
