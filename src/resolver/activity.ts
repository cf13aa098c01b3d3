import type { Activity } from '../model/activity.ts';
import { type GitStatus, gitStatus } from './git-status.ts';

export interface ActivityOptions {
  /** The copies as they are known now. */
  readonly copies: () => readonly { readonly name: string; readonly directory: string }[];
  readonly signal: AbortSignal;
  readonly read?: typeof gitStatus;
  /** How long an answer is good for, in milliseconds; longer where it took long. */
  readonly maxAgeMs?: number;
}

/** Copies that are looked at at a time: each takes some processes and many reads. */
const atOnce = 2;
/** Looking takes at most this share of the time: git reads all files of a copy that was made with `cp -r`, each time. */
const share = 1 / 20;

interface Known {
  readonly found: GitStatus;
  readonly until: number;
}

/** Gives what goes on in every copy. Looks when it is asked, shares what is under way, and remembers it for some seconds. Never rejects. */
export const createActivity = ({
  copies,
  signal,
  read = gitStatus,
  maxAgeMs = 3000,
}: ActivityOptions): (() => Promise<readonly Activity[]>) => {
  let known = new Map<string, Known>();

  const lookAt = async (directory: string): Promise<Known> => {
    const begun = performance.now();
    const found = await read(directory, signal).catch(() => ({}));
    const now = performance.now();
    return { found, until: now + Math.max(maxAgeMs, (now - begun) / share) };
  };

  const look = async (): Promise<readonly Activity[]> => {
    const current = copies();
    const next = new Map<string, Known>();
    const waiting = [...new Set(current.map(({ directory }) => directory))];
    const work = async (): Promise<void> => {
      for (let directory = waiting.shift(); directory !== undefined; directory = waiting.shift()) {
        const before = known.get(directory);
        const isGood = before !== undefined && performance.now() < before.until;
        next.set(directory, isGood ? before : await lookAt(directory));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    known = next;
    return current.map(({ name, directory }) => ({ name, directory, ...next.get(directory)?.found }));
  };

  let underWay: Promise<readonly Activity[]> | undefined;
  return () => {
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
};
