import { planUntrust } from '../../tls/trust.ts';
import { type Change, changeStores, type StoreOptions } from './change-stores.ts';

/** `sidings untrust`: takes the root certificate, and earlier ones, out of every trust store. The certificate itself stays. */
export const untrust = (options: StoreOptions): Promise<number> => changeStores(options, takeOut);

const takeOut: Change = {
  prepare: async () => [],
  plan: planUntrust,
  advice: ({ status, steps }) => {
    if (status.kind === 'unknown') return status.advice;
    if (status.kind !== 'trusted' || steps.length > 0) return undefined;
    return status.removal ?? 'Somebody else put it there, so it is left alone.';
  },
  words: {
    trusted: 'trusted',
    missing: 'not in there',
    manual: 'not in there',
    unknown: 'not known',
    changed: 'taken out',
    none: 'There is no root certificate',
  },
};
