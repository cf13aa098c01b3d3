import { thisMachine } from '../../tls/trust.ts';
import { commandRunner, type Machine, type Run, runCommand, runWithSudo } from '../../tls/trust-stores/trust-store.ts';
import { canAsk, confirm } from '../ask.ts';
import type { Invoker } from './invoker.ts';

/** On whose behalf a command acts, and whether it may act as root. */
export interface Rights {
  /** As the user sees it; its commands run as that user, also behind sudo. */
  readonly machine: Machine;
  /** Set where this process has the rights of root already. */
  readonly runAsRoot: Run | undefined;
}

export const rightsOf = (invoker: Invoker | undefined): Rights => {
  const machine = thisMachine();
  if (invoker === undefined) return { machine, runAsRoot: process.geteuid?.() === 0 ? runCommand : undefined };
  const { home } = invoker.identity;
  const environment = { ...process.env, HOME: home };
  return {
    machine: { ...machine, home, environment, run: commandRunner({ identity: invoker.user, environment }) },
    runAsRoot: commandRunner({ identity: { uid: 0, gid: 0 } }),
  };
};

export interface HowToAsk {
  /** The person has agreed already. */
  readonly yes: boolean;
  /** Nothing was shown that one could agree to. */
  readonly json: boolean;
}

/** How commands run as root: as they can already, or by sudo where a person at a terminal agrees. */
export const askForRoot = async ({ runAsRoot }: Rights, { yes, json }: HowToAsk): Promise<Run | undefined> => {
  if (runAsRoot !== undefined) return runAsRoot;
  if (!canAsk()) return undefined;
  return yes || (!json && (await confirm('Run the commands that begin with sudo?'))) ? runWithSudo : undefined;
};
