import { fail } from '../model/problem.ts';
import { hash32 } from '../model/text.ts';
import type { ServiceKind } from '../model/workstream.ts';
import { isBlockedPort } from './blocked-ports.ts';

/** A service with its base port: the port it has in the main checkout. */
export interface BasePort {
  readonly service: string;
  readonly kind: ServiceKind;
  readonly port: number;
}

/** Which slots a project has. `first` and `second` are what bounds them: two neighbours, or the service with the highest port. */
export interface SlotRange {
  /** The largest slot at which every port exists and no service's range touches another's. */
  readonly max: number;
  /** Slots 1 to this need no claim: only the copies with these numbers use them. */
  readonly numbered: number;
  readonly first: string;
  readonly second: string | undefined;
}

/**
 * What a folder's name says about its slot: it follows from the name, or one of `from`-`to` has to be claimed, looking from
 * `start` on. A number claims itself.
 */
export type SlotPlan =
  | { readonly kind: 'computed'; readonly slot: number }
  | { readonly kind: 'claimed'; readonly from: number; readonly to: number; readonly start: number };

const maxPort = 65535;

/** Port = base + slot, so ranges are as wide as the largest slot, and the nearest two neighbours decide. */
export const slotRange = (bases: readonly BasePort[]): SlotRange => {
  const sorted = [...bases].sort((a, b) => a.port - b.port);
  const highest = sorted.at(-1);
  let range = {
    max: maxPort - (highest?.port ?? 0),
    first: highest?.service ?? '',
    second: undefined as string | undefined,
  };
  sorted.slice(1).forEach((upper, index) => {
    const lower = sorted[index] as BasePort;
    const max = upper.port - lower.port - 1;
    if (max < range.max) range = { max, first: lower.service, second: upper.service };
  });
  return { ...range, numbered: Math.floor(range.max / 5) };
};

/** The two services that have one base port, if there are any. */
export const overlap = (bases: readonly BasePort[]): readonly [BasePort, BasePort] | undefined => {
  const byPort = new Map<number, BasePort>();
  for (const base of bases) {
    const earlier = byPort.get(base.port);
    if (earlier !== undefined) return [earlier, base];
    byPort.set(base.port, base);
  }
  return undefined;
};

/** Whether a folder's name makes it the main checkout. Names are compared composed, since file systems differ in that. */
export const isMain = (name: string, project: string): boolean => name.normalize() === project.normalize();

/**
 * The digits of N in `project-N`, `project_N` and `projectN`, without leading zeros; undefined for any other name. Slot 0 is
 * main's alone, so `project-0` is a name like any other.
 */
export const copyNumber = (name: string, project: string): string | undefined => {
  const [composed, prefix] = [name.normalize(), project.normalize()];
  if (!composed.startsWith(prefix)) return undefined;
  return /^[-_]?0*([1-9][0-9]*)$/.exec(composed.slice(prefix.length))?.[1];
};

/** The slot that follows from a name alone. */
export const slotInName = (name: string, project: string): number | undefined => {
  if (isMain(name, project)) return 0;
  const digits = copyNumber(name, project);
  return digits === undefined ? undefined : Number(digits);
};

/** The http service that would get a port which browsers refuse to open. */
export const blockedService = (bases: readonly BasePort[], slot: number): BasePort | undefined =>
  bases.find(({ kind, port }) => kind === 'http' && isBlockedPort(port + slot));

export interface SlotQuestion {
  readonly name: string;
  readonly project: string;
  readonly bases: readonly BasePort[];
  /** The project's file, for messages. */
  readonly file: string;
}

/**
 * How a copy gets its slot. Main has 0, `project-N` has N, and any other name one of the slots beyond the first fifth. A number
 * that lies there has to claim itself, because a name may have it already.
 * Errors: `slot-too-large`, `port-too-large`, `port-blocked`.
 */
export const planSlot = ({ name, project, bases, file }: SlotQuestion): SlotPlan => {
  if (isMain(name, project)) return { kind: 'computed', slot: 0 };
  const { max, numbered, first, second } = slotRange(bases);
  const digits = copyNumber(name, project);
  const slot = digits === undefined ? numbered + 1 : Number(digits);
  if (slot > max) {
    const shown = digits ?? slot;
    if (second !== undefined) throw fail('slot-too-large', { slot: shown, name, first, second, file, max });
    throw fail('port-too-large', { slot: shown, name, service: first, port: maxPort - max + slot });
  }
  if (digits === undefined) {
    return { kind: 'claimed', from: slot, to: max, start: slot + (hash32(name.normalize()) % (max - numbered)) };
  }
  const blocked = blockedService(bases, slot);
  if (blocked !== undefined) {
    throw fail('port-blocked', { slot, name, service: blocked.service, port: blocked.port + slot });
  }
  return slot <= numbered ? { kind: 'computed', slot } : { kind: 'claimed', from: slot, to: slot, start: slot };
};

export type Claimable = Extract<SlotPlan, { kind: 'claimed' }>;

/** Whether a copy may have this slot, as far as its name and the project's ports go. */
export const isAllowed = (slot: number, { from, to }: Claimable, bases: readonly BasePort[]): boolean =>
  slot >= from && slot <= to && blockedService(bases, slot) === undefined;

/** The slot to claim: the first one from `start` on, round the end, that is allowed and not taken. */
export const chooseSlot = (
  plan: Claimable,
  bases: readonly BasePort[],
  taken: ReadonlySet<number>,
): number | undefined => {
  const size = plan.to - plan.from + 1;
  for (let step = 0; step < size; step++) {
    const slot = plan.from + ((plan.start - plan.from + step) % size);
    if (!taken.has(slot) && isAllowed(slot, plan, bases)) return slot;
  }
  return undefined;
};
