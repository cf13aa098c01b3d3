import { claimsFile, isGone, readClaims } from '../../../resolver/claims.ts';
import { type Check, count, ok, warn } from './finding.ts';

/** Slots that are held for folders that are gone. */
export const claimsCheck: Check = {
  name: 'claims',
  look: async ({ settings: { stateDirectory } }) => {
    const claims = await readClaims(stateDirectory);
    const stale = [...claims].filter(([directory]) => isGone(directory));
    if (stale.length === 0) return [ok(`${count(claims.size, 'claimed slot')}, none of a folder that is gone.`)];
    const hint = `If it does not come back, remove its entry from ${claimsFile(stateDirectory)}; containers and volumes of it may be left.`;
    return stale.map(([directory, { project, slot }]) =>
      warn(`Slot ${slot} of ${project} is held for ${directory}, which is gone.`, hint),
    );
  },
};
