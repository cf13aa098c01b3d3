import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Problem, problem } from '../model/problem.ts';
import type { Question, Surroundings } from './surroundings.ts';
import { withHint } from './with-hint.ts';

const program = fileURLToPath(new URL('look.js', import.meta.url));
const patienceMs = 60_000;

/** How the workers of a run are told, which must not find out something else than the run did. */
const variable = 'SIDINGS_PLAYWRIGHT';
/** Several calls in one configuration share an answer. In a window of Playwright's UI, the next look is a new one. */
const freshMs = 5000;

interface Told {
  /** Who has found out: the parent of the workers that this is meant for. */
  readonly pid: number;
  readonly question: string;
  readonly surroundings: Surroundings;
}

let last: (Told & { readonly at: number }) | undefined;

/**
 * Finds out about a copy, at once: a configuration is read in one go. A worker gets what its run has found out.
 * Errors: those of `stack-env check`, `base-url-foreign`, `foreign-owner`.
 */
export const ask = (wanted: Question): Surroundings => {
  const question = JSON.stringify(wanted);
  const told = toldByParent();
  if (told?.question === question) return told.surroundings;
  if (last?.question === question && performance.now() - last.at < freshMs) return last.surroundings;
  const surroundings = run(question);
  for (const { message, hint } of surroundings.warnings)
    process.stderr.write(`sidings: warning: ${message}\n  hint: ${hint}\n`);
  last = { pid: process.pid, question, surroundings, at: performance.now() };
  return surroundings;
};

const toldByParent = (): Told | undefined => {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  try {
    const told = JSON.parse(text) as Told;
    return told.pid === process.ppid ? told : undefined;
  } catch {
    // Whatever it is, it is not from us.
    return undefined;
  }
};

/** Leaves word for the workers that this process starts. */
export const tellWorkers = (): void => {
  if (last === undefined) return;
  const { pid, question, surroundings } = last;
  process.env[variable] = JSON.stringify({ pid, question, surroundings } satisfies Told);
};

const run = (question: string): Surroundings => {
  const { status, stdout, error, signal } = spawnSync(process.execPath, [program, question], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // What else Node trusts is nobody's business here, and a debugger of this process is not meant for that one.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '' },
    timeout: patienceMs,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status === 0) return JSON.parse(stdout) as Surroundings;
  throw withHint(
    stdout === ''
      ? problem('internal', { reason: String(error ?? signal ?? status) })
      : (JSON.parse(stdout) as Problem),
  );
};
