import type { Settings } from '../../../config/settings.ts';
import { type Problem, SidingsError } from '../../../model/problem.ts';
import { printable } from '../../../model/text.ts';
import type { State, Workstream } from '../../../model/workstream.ts';
import type { Machine } from '../../../tls/trust-stores/trust-store.ts';

/** `warning`: worth knowing, and the command does not fail because of it. */
export type Level = 'ok' | 'warning' | 'error';

/** One thing that a check has found. */
export interface Finding {
  readonly level: Level;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** What checks look at. */
export interface Scene {
  readonly settings: Settings;
  /** As its user sees it. Its commands do not wait long, and nothing in their environment changes which roots they trust. */
  readonly machine: Machine;
  /** Whether `sidings start` would bind ports as root, here by sudo. */
  readonly bindsAsRoot: boolean;
  /** What the running daemon says. */
  readonly daemon: State | undefined;
  /** Why the running daemon says nothing of use. */
  readonly refusal: Problem | undefined;
  /** All that are known, by the daemon or else by a look through the folders. */
  readonly workstreams: readonly Workstream[];
}

/** Looks at one thing and changes nothing. */
export interface Check {
  readonly name: string;
  readonly look: (scene: Scene) => Promise<readonly Finding[]>;
}

// Commands, paths and names of others are text, so nothing in them may act on a terminal.
const finding = (level: Level, message: string, hint?: string): Finding => ({
  level,
  message: printable(message),
  ...(hint !== undefined && { hint: printable(hint) }),
});

export const ok = (message: string): Finding => finding('ok', message);
export const warn = (message: string, hint: string): Finding => finding('warning', message, hint);
export const wrong = (message: string, hint: string): Finding => finding('error', message, hint);
export const ofProblem = ({ severity, message, hint }: Problem): Finding => ({ level: severity, message, hint });

/** `a`, `a and b`, `a, b and c`. */
export const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** `1 warning`, `2 warnings`. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** What a check finds, or that it failed or took too long: none keeps another from its result. */
export const findingsOf = async ({ name, look }: Check, scene: Scene, limitMs: number): Promise<readonly Finding[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    const finding = wrong(`The check took longer than ${limitMs / 1000} s.`, 'Something that it asks does not answer.');
    timer = setTimeout(() => resolve([finding]), limitMs);
  });
  try {
    return await Promise.race([look(scene), late]);
  } catch (error) {
    if (error instanceof SidingsError) return [ofProblem(error.problem)];
    return [wrong(`The check ${name} failed: ${String(error)}.`, 'This is a bug; please report it.')];
  } finally {
    clearTimeout(timer);
  }
};
