import { readRoots } from '../../../tls/certificate-folder.ts';
import { findStores, planTrust, type StorePlan } from '../../../tls/trust.ts';
import { type Check, type Finding, ok, warn, wrong } from './finding.ts';

/** Whether each trust store of the machine and of its user holds the root. */
export const trustCheck: Check = {
  name: 'trust',
  look: async ({ settings, machine }) => {
    if (settings.tls !== true) return [ok('No root of ours is in use, so none has to be trusted.')];
    const { current } = await readRoots(settings.certificateDirectory);
    // The check of the root says so.
    if (current === undefined) return [];
    return (await planTrust(settings.certificateDirectory, await findStores(machine))).map(judgeStore);
  },
};

/** Pure: what the state of a store means. */
export const judgeStore = ({
  store: { name },
  status,
  steps,
}: Pick<StorePlan, 'store' | 'status' | 'steps'>): Finding => {
  switch (status.kind) {
    case 'missing':
      return wrong(`${name}: the root is not trusted.`, 'Run: sidings trust');
    case 'manual':
      return warn(`${name}: the root is not trusted there, and Sidings leaves that to you.`, status.advice);
    case 'unknown':
      return warn(`${name}: it is not known whether the root is trusted.`, status.advice);
    case 'trusted':
      return steps.length === 0
        ? ok(`${name}: trusted`)
        : warn(`${name}: trusted, and so is an earlier root.`, 'Run: sidings trust');
  }
};
