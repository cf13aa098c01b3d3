import { fail } from '../model/problem.ts';

type Environment = Readonly<Record<string, string>>;

/** Any text as one word of a POSIX shell: between single quotes nothing has a meaning but the quote. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For `eval "$(stack-env)"`. */
export const formatShell = (env: Environment): string =>
  Object.entries(env)
    .map(([variable, value]) => `export ${variable}=${shellQuote(value)}\n`)
    .join('');

/**
 * A value so that dotenv, compose and sh read it back alike, or undefined where no notation does that. What they differ in:
 *
 * - bare: sh ends a word at most punctuation; letters, digits and a few signs are safe everywhere.
 * - single quotes: compose v1 takes `\\` for one backslash, `\'` for a quote, and fills in `${name}`; sh takes all as it is,
 *   compose v2 and dotenv all but a backslash before the end.
 * - double quotes: all but dotenv expand `$` and know escapes, each its own; dotenv knows `\n`.
 * - dotenv reads every carriage return as a line feed.
 */
export const dotenvValue = (value: string): string | undefined => {
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(value)) return value;
  if (/[\r\0]/.test(value)) return undefined;
  if (!/'|\\\\|\\$(?![\s\S])|\$\{/.test(value)) return `'${value}'`;
  return /["\\$`]/.test(value) ? undefined : `"${value}"`;
};

/** One line of an env file. Throws `dotenv-inexpressible`. */
export const dotenvLine = (variable: string, value: string): string => {
  const written = dotenvValue(value);
  if (written === undefined) throw fail('dotenv-inexpressible', { variable });
  return `${variable}=${written}`;
};

/** For env files that dotenv, compose and `. file` in sh read. Throws `dotenv-inexpressible`. */
export const formatDotenv = (env: Environment): string =>
  Object.entries(env)
    .map(([variable, value]) => `${dotenvLine(variable, value)}\n`)
    .join('');
