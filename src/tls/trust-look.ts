import { isTrusted } from './trust.ts';
import type { Machine } from './trust-stores/trust-store.ts';

/** How long an answer is good for: to look takes commands of the machine. */
const maxAgeMs = 30_000;

/** Gives whether a browser of this machine may trust the root in a folder. Shares what is under way, and remembers it for a while. */
export const createTrustLook = (folder: string, machine: Machine): (() => Promise<boolean>) => {
  let last: { readonly at: number; readonly found: Promise<boolean> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > maxAgeMs) {
      // What cannot be looked at is nothing to complain about.
      last = { at: performance.now(), found: isTrusted(folder, machine).catch(() => true) };
    }
    return last.found;
  };
};
