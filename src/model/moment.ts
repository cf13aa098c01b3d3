const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A moment as people and programs say it, in milliseconds since 1970: how long ago (`90s`, `5m`, `2h`), a time of ISO 8601, or the
 * milliseconds themselves. Undefined where it is none of these.
 */
export const parseMoment = (text: string, now: number): number | undefined => {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * unitMs[unit as keyof typeof unitMs];
  if (/^\d{1,15}$/.test(text)) return Number(text);
  // A plus that was not encoded in a query.
  const time = /^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(text) ? Date.parse(text.replace(/ (\d\d:?\d\d)$/, '+$1')) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};
