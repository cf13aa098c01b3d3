import { parseMoment } from '../../model/moment.ts';
import { fail } from '../../model/problem.ts';

/**
 * The moment that somebody says, in milliseconds since 1970. Read here and not by the daemon: a time without a zone is the one that this
 * person's clock shows, and a daemon, such as one in a container, may live by another. Errors: `usage`.
 */
export const momentOf = (said: string | undefined): number | undefined => {
  if (said === undefined) return undefined;
  const moment = parseMoment(said, Date.now());
  if (moment === undefined)
    throw fail('usage', { reason: `${said} is no moment: 90s, 5m, 2h, an ISO time or milliseconds` });
  return moment;
};
