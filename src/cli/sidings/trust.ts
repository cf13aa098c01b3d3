import type { Settings } from '../../config/settings.ts';
import { fail, type Problem } from '../../model/problem.ts';
import { openAuthority } from '../../tls/authority.ts';
import { readRoots } from '../../tls/certificate-folder.ts';
import { planTrust } from '../../tls/trust.ts';
import { type Change, changeStores, type StoreOptions } from './change-stores.ts';

/** `sidings trust`: puts the root certificate into every trust store that lacks it, and makes one first where there is none. */
export const trust = (options: StoreOptions): Promise<number> => changeStores(options, putIn);

const putIn: Change = {
  prepare: async (settings, dryRun) => {
    if (typeof settings.tls === 'object') throw fail('root-certificate-unused', { file: settings.tls.cert });
    return dryRun ? [] : await makeRoot(settings);
  },
  plan: async (folder, stores) => {
    const { current } = await readRoots(folder);
    if (current !== undefined) return planTrust(folder, stores);
    // Only before a root is made: what is done with one depends on it.
    return stores.map((store) => ({ store, status: { kind: 'missing' }, steps: [], done: async () => true }));
  },
  advice: ({ status }) => ('advice' in status ? status.advice : undefined),
  words: {
    trusted: 'trusted',
    missing: 'not trusted',
    manual: 'left to you',
    unknown: 'not known',
    changed: 'trusted now',
    none: 'A root certificate would be made',
  },
};

const makeRoot = async ({ certificateDirectory, suffixes }: Settings): Promise<readonly Problem[]> => {
  const { problems } = await openAuthority({ folder: certificateDirectory, suffixes });
  // That is what is about to happen.
  return problems.filter(({ code }) => code !== 'root-certificate-created');
};
