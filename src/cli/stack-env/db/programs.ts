import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fail } from '../../../model/problem.ts';
import { reasonOf } from '../../../resolver/regular-file.ts';
import type { Instance } from './instance.ts';

export interface RunningProgram {
  readonly input: Writable;
  readonly output: Readable;
  /** Settles when it has done its work. Errors: `database-failed`. */
  readonly ended: Promise<void>;
}

/** Starts a program of PostgreSQL at a database of a server; it ends with the signal. */
export const startProgram = (
  instance: Instance,
  name: string,
  args: readonly string[],
  { database, signal }: { readonly database: string; readonly signal: AbortSignal },
): RunningProgram => {
  const { command, args: all, env } = instance.program(name, args, { database });
  const child = spawn(command, all, { env, signal, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const failed = (reason: string) =>
    fail('database-failed', { command: name, place: instance.place, name: instance.copy.name, reason });
  // It may have ended before it read everything; what it said is the reason, not the broken pipe.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(
    ([code, by]) => {
      if (code !== 0) throw failed(lastLine(said) ?? `it ended with ${code ?? by}`);
    },
    (error: unknown) => {
      throw failed(signal.aborted ? 'it was interrupted' : reasonOf(error));
    },
  );
  return { input: child.stdin, output: child.stdout, ended };
};

/** `psql: error: FATAL: …` and `ERROR: …` are what matters; LINE, DETAIL and CONTEXT stand behind it. */
const lastLine = (text: string): string | undefined => {
  const lines = text.trim().split('\n');
  const line = lines.find((one) => /error|fatal/i.test(one)) ?? lines.at(-1);
  return line === undefined || line === '' ? undefined : line.replace(/\.$/, '');
};

/** Runs statements one after the other. Values reach them as variables of psql: `:"name"` for an identifier, `:'name'` for text. */
export const runSql = async (
  instance: Instance,
  sql: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> => {
  const { name } = instance.database;
  // Nobody can rename or drop the database that they are connected with.
  const database = name === 'postgres' ? 'template1' : 'postgres';
  const set = Object.entries(variables).map(([variable, value]) => `--set=${variable}=${value}`);
  const options = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1', '--file=-'];
  const { input, output, ended } = startProgram(instance, 'psql', [...options, ...set], { database, signal });
  output.resume();
  input.end(sql);
  await ended;
};
