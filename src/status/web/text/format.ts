/** Numbers as people read them. All pure. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago something was: `just now`, `5 min ago`, `3 days ago`. */
export const age = (at: number, now: number): string => {
  const past = now - at;
  if (past < 10 * second) return 'just now';
  if (past < minute) return `${Math.floor(past / second)} s ago`;
  if (past < hour) return `${Math.floor(past / minute)} min ago`;
  if (past < day) return `${Math.floor(past / hour)} h ago`;
  const days = Math.floor(past / day);
  if (days < 60) return count(days, 'day', ' ago');
  return days < 730 ? `${Math.floor(days / 30)} months ago` : `${Math.floor(days / 365)} years ago`;
};

/** `1 request`, `2 requests`; with something after it. */
export const count = (number: number, word: string, after = ''): string =>
  `${number} ${word}${number === 1 ? '' : 's'}${after}`;

/** A duration in milliseconds: `0.4 ms`, `12 ms`, `1.2 s`, `2 min 5 s`. */
export const duration = (ms: number): string => {
  if (ms < 9.95) return `${ms.toFixed(1).replace(/\.0$/, '')} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / second).toFixed(1)} s`;
  if (ms < minute) return `${Math.round(ms / second)} s`;
  return `${Math.floor(ms / minute)} min ${Math.floor((ms % minute) / second)} s`;
};

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size in bytes, by thousands: `512 B`, `8.1 MB`. */
export const bytes = (size: number): string => {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};

/** A rate of requests: `0.4/s`, `12/s`. */
export const rate = (perSecond: number): string =>
  `${perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;

const two = (number: number): string => String(number).padStart(2, '0');

/** The time of day where the reader is: `09:05:07`; with milliseconds for what comes fast. */
export const clock = (at: number, withMs = false): string => {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return withMs ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
};
