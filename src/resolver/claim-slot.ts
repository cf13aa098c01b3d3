import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { fail } from '../model/problem.ts';
import { shortHash } from '../model/text.ts';
import {
  type Claim,
  type Claimant,
  type Claims,
  claimsFile,
  formatClaims,
  isGone,
  readClaimsNow,
  validClaim,
} from './claims.ts';
import { composeName } from './environment.ts';
import { makeFolder } from './make-folder.ts';
import { reasonOf } from './regular-file.ts';
import { namedSiblings } from './siblings.ts';
import { chooseSlot, slotInName } from './slots.ts';
import { writeWhole } from './whole-file.ts';

/** A lock that was not touched for this long was left over by a process that was killed; a claim takes some milliseconds. */
const staleMs = 5000;
const waitMs = 15_000;

/** Beyond this many claims those of folders that are gone are dropped. */
const manyClaims = 1000;

interface Waiting {
  readonly claimant: Claimant;
  readonly settle: (claim: Claim) => void;
  readonly reject: (error: unknown) => void;
}

/** By state folder: who waits in this process. All of them are served under one lock and with one write. */
const queues = new Map<string, Waiting[]>();

/**
 * Claims a slot for a copy and remembers it in the state folder, under a lock that all processes respect.
 * Errors: `slots-exhausted`, `slot-taken`, `state-locked`, `state-unwritable`, `state-unreadable`, `state-corrupt`.
 */
export const claimSlot = (stateDirectory: string, claimant: Claimant): Promise<Claim> =>
  new Promise((settle, reject) => {
    const waiting = { claimant, settle, reject };
    const queue = queues.get(stateDirectory);
    if (queue !== undefined) {
      queue.push(waiting);
      return;
    }
    const own = [waiting];
    queues.set(stateDirectory, own);
    void serve(stateDirectory, own);
  });

const serve = async (stateDirectory: string, queue: Waiting[]): Promise<void> => {
  while (queue.length > 0) {
    const batch: Waiting[] = [];
    // Called under the lock, so that those who came while it was waited for are served as well.
    const take = (): readonly Waiting[] => {
      batch.push(...queue.splice(0));
      return batch;
    };
    try {
      const answer = await claimAll(stateDirectory, take);
      for (const waiting of batch) answer(waiting);
    } catch (error) {
      for (const { reject } of take()) reject(error);
    }
  }
  queues.delete(stateDirectory);
};

type Answer = (waiting: Waiting) => void;

const claimAll = async (stateDirectory: string, take: () => readonly Waiting[]): Promise<Answer> => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { isOurs, release } = await acquire(stateDirectory);
    try {
      const before = await readClaimsNow(stateDirectory);
      const after = new Map(before);
      const outcomes = new Map<Waiting, { readonly claim: Claim } | { readonly error: unknown }>();
      const siblings = siblingReader();
      for (const waiting of take()) {
        const outcome = await assign(after, waiting.claimant, siblings).then(
          (claim) => ({ claim }),
          (error: unknown) => ({ error }),
        );
        outcomes.set(waiting, outcome);
      }
      if (after.size > manyClaims) for (const folder of after.keys()) if (isGone(folder)) after.delete(folder);
      const text = formatClaims(after);
      if (text !== formatClaims(before)) await replace(stateDirectory, text);
      if (await isOurs()) {
        return (waiting) => {
          const outcome = outcomes.get(waiting);
          if (outcome === undefined) return;
          if ('claim' in outcome) waiting.settle(outcome.claim);
          else waiting.reject(outcome.error);
        };
      }
    } finally {
      await release();
    }
  }
  throw fail('state-locked', { file: lockFile(stateDirectory) });
};

type SiblingReader = (claimant: Claimant) => Promise<readonly string[]>;

/** Reads each folder once, however many of its copies want a slot. */
const siblingReader = (): SiblingReader => {
  const read = new Map<string, Promise<readonly string[]>>();
  return ({ directory, project }) => {
    const parent = dirname(directory);
    const key = JSON.stringify([parent, project]);
    const siblings = read.get(key) ?? namedSiblings(parent, project);
    read.set(key, siblings);
    return siblings;
  };
};

/** Adds the claim of one copy to all claims, and gives it. */
const assign = async (claims: Map<string, Claim>, claimant: Claimant, siblings: SiblingReader): Promise<Claim> => {
  const held = validClaim(claims, claimant);
  if (held !== undefined) return held;
  const { directory, project, plan, bases } = claimant;
  const rivals = [...claims].filter(([other, claim]) => other !== directory && claim.project === project);

  // Numbers need no claim, and another branch of the project may have more of them than this one.
  const holders = new Map<number, string>();
  for (const sibling of await siblings(claimant)) {
    if (sibling !== directory) holders.set(slotInName(basename(sibling), project) as number, sibling);
  }
  const taken = new Set([...holders.keys(), ...rivals.map(([, { slot }]) => slot)]);
  let slot = chooseSlot(plan, bases, taken);
  if (slot === undefined) {
    // A folder that is gone may come back, so its slot is the last resort.
    for (const [other, claim] of rivals) if (!isGone(other)) holders.set(claim.slot, other);
    slot = chooseSlot(plan, bases, new Set(holders.keys()));
    if (slot === undefined) throw noSlot(claimant, holders);
    for (const [other, claim] of rivals) if (claim.slot === slot) claims.delete(other);
  }
  const claim = { project, slot, composeProject: claims.get(directory)?.composeProject ?? freeName(claims, claimant) };
  claims.set(directory, claim);
  return claim;
};

const noSlot = ({ directory, project, plan: { from, to } }: Claimant, holders: ReadonlyMap<number, string>) => {
  const holder = from === to ? holders.get(from) : undefined;
  if (holder === undefined) return fail('slots-exhausted', { project, from, to });
  return fail('slot-taken', { slot: from, project, first: holder, second: directory });
};

/** Folders of one name, in different places or of different projects, must not share containers and volumes. */
const freeName = (claims: Claims, { directory, project }: Claimant): string => {
  const name = composeName(basename(directory), project);
  const isTaken = [...claims].some(([other, { composeProject }]) => other !== directory && composeProject === name);
  return isTaken ? `${name.slice(0, 54)}-${shortHash(directory)}` : name;
};

const lockFile = (stateDirectory: string): string => `${claimsFile(stateDirectory)}.lock`;

interface Held {
  /** Whether the lock is still the one that was taken, and not one of a process that took this one for left over. */
  readonly isOurs: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

const acquire = async (stateDirectory: string): Promise<Held> => {
  const file = lockFile(stateDirectory);
  const options = {
    realpath: false,
    lockfilePath: file,
    stale: staleMs,
    // Found out by isOurs; the default throws inside a timer.
    onCompromised: () => undefined,
  };
  const identity = async () => {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    return found && `${found.ino} ${found.birthtimeNs}`;
  };
  const end = performance.now() + waitMs;
  for (;;) {
    try {
      await makeFolder(stateDirectory);
      const release = await lock(claimsFile(stateDirectory), options);
      const taken = await identity();
      return {
        isOurs: async () => taken !== undefined && taken === (await identity()),
        // What cannot be removed becomes stale.
        release: () => release().catch(() => undefined),
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw unwritable(file, error);
    }
    if (performance.now() > end) throw fail('state-locked', { file });
    await delay(5 + Math.random() * 20);
  }
};

const unwritable = (file: string, error: unknown) => fail('state-unwritable', { file, reason: reasonOf(error) });

const replace = async (stateDirectory: string, text: string): Promise<void> => {
  const file = claimsFile(stateDirectory);
  try {
    // With sudo, the file stays with the one whose state this is.
    const owner = process.getuid?.() === 0 ? await stat(stateDirectory) : undefined;
    await writeWhole(file, text, 0o600, owner);
  } catch (error) {
    throw unwritable(file, error);
  }
};
