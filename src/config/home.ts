import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** Who knows a home folder, the first that is to be believed first; either may throw. */
const usual = [homedir, (): string => userInfo().homedir];

/**
 * The home folder: that of HOME, else that of the user. A user without an entry of its own, as in many containers, has `/`, as it has for
 * Docker; a HOME that is empty or relative would give each folder a state folder of its own, and so one slot to two copies.
 */
export const homeFolder = (homes: readonly (() => string)[] = usual): string =>
  homes.map(attempt).find((home) => isAbsolute(home)) ?? '/';

const attempt = (home: () => string): string => {
  try {
    return home();
  } catch {
    return '';
  }
};
