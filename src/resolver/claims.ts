import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../model/problem.ts';
import { readRegularFile, reasonOf } from './regular-file.ts';
import { type BasePort, type Claimable, isAllowed } from './slots.ts';

/** A slot that a copy holds because its name does not give it one. */
export interface Claim {
  readonly project: string;
  readonly slot: number;
  /** Kept, so that volumes are found again when the slot has to change. */
  readonly composeProject: string;
}

/** By real path of the copy's folder. */
export type Claims = ReadonlyMap<string, Claim>;

export const claimsFile = (stateDirectory: string): string => join(stateDirectory, 'slots.json');

/** What was read last, for the many copies that one process asks about. */
let latest: { readonly stamp: string; readonly claims: Promise<Claims> } | undefined;

/**
 * All claims of this machine's user; none when there is no file. It is replaced whole, so reading needs no lock.
 * Errors: `state-unreadable`, `state-corrupt`.
 */
export const readClaims = async (stateDirectory: string): Promise<Claims> => {
  const file = claimsFile(stateDirectory);
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  if (found === undefined) return await readClaimsNow(stateDirectory);
  const stamp = [file, found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
  if (latest?.stamp !== stamp) latest = { stamp, claims: readClaimsNow(stateDirectory) };
  const { claims } = latest;
  try {
    return await claims;
  } catch (error) {
    if (latest?.claims === claims) latest = undefined;
    throw error;
  }
};

/**
 * The same, certainly not from memory. A damaged file is never taken for an empty one, since that would give slots away twice.
 */
export const readClaimsNow = async (stateDirectory: string): Promise<Claims> => {
  const file = claimsFile(stateDirectory);
  let text: string;
  try {
    text = await readRegularFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw fail('state-unreadable', { file, reason: reasonOf(error) });
  }
  try {
    return parseClaims(text);
  } catch (error) {
    throw fail('state-corrupt', { file, reason: reasonOf(error) });
  }
};

/** Whether a folder does not exist any more, and is not only out of sight. */
export const isGone = (directory: string): boolean => {
  try {
    statSync(directory);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
};

/** A copy that has to claim its slot. */
export interface Claimant {
  /** Real path. */
  readonly directory: string;
  readonly project: string;
  readonly plan: Claimable;
  readonly bases: readonly BasePort[];
}

/**
 * The claim that a copy holds, if the project's ports still allow it.
 * Errors: `slot-taken`, when another folder has a claim to the same slot: the file was edited.
 */
export const validClaim = (claims: Claims, { directory, project, plan, bases }: Claimant): Claim | undefined => {
  const claim = claims.get(directory);
  if (claim === undefined || claim.project !== project || !isAllowed(claim.slot, plan, bases)) return undefined;
  for (const [other, { project: theirs, slot }] of claims) {
    if (other === directory || theirs !== project || slot !== claim.slot || isGone(other)) continue;
    throw fail('slot-taken', { slot, project, first: other, second: directory });
  }
  return claim;
};

/** Throws an error that says what is wrong with the text. */
export const parseClaims = (text: string): Claims => {
  const content: unknown = JSON.parse(text);
  if (!isRecord(content) || content.version !== 1 || !isRecord(content.claims)) throw new Error('it holds no claims');
  return new Map(
    Object.entries(content.claims).map(([directory, claim]) => {
      if (!isClaim(claim)) throw new Error(`the claim of ${directory} is not complete`);
      return [directory, { project: claim.project, slot: claim.slot, composeProject: claim.composeProject }];
    }),
  );
};

export const formatClaims = (claims: Claims): string =>
  `${JSON.stringify({ version: 1, claims: Object.fromEntries(claims) }, undefined, 2)}\n`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isClaim = (value: unknown): value is Claim =>
  isRecord(value) &&
  typeof value.project === 'string' &&
  Number.isInteger(value.slot) &&
  (value.slot as number) > 0 &&
  typeof value.composeProject === 'string' &&
  /^[a-z0-9][a-z0-9_-]*$/.test(value.composeProject);
