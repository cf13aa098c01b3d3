import { parseMoment } from '../../model/moment.ts';
import { fail } from '../../model/problem.ts';

/**
 * The moment that somebody says, in milliseconds since 1970. Read here and not by the daemon: a time without a zone is the one that this
 * person's clock shows, and a daemon, such as one in a container, may live by another. Errors: `usage`.
 */
export const momentOf = (said: string | undefined): number | undefined => {
  if (said === undefined) return undefined;
  // A unit was forgotten, or it is seconds: either way a day in 1970, and thus everything.
  const isShort = /^[1-9]\d{0,10}$/.test(said);
  const moment = isShort ? undefined : parseMoment(said, Date.now());
  if (moment === undefined)
    throw fail('usage', { reason: `${said} is no moment: 90s, 5m, 2h, an ISO time or milliseconds` });
  return moment;
};
