import type { LogLine } from '../../../model/log-line.ts';

/** A line with what tells it from others for as long as it is shown. */
export interface ShownLine extends LogLine {
  readonly key: number;
}

/** Adds lines to those that are shown; the oldest go when there are more than so many. */
export const added = (shown: readonly ShownLine[], lines: readonly LogLine[], most: number): readonly ShownLine[] => {
  const next = (shown.at(-1)?.key ?? -1) + 1;
  return [...shown, ...lines.map((line, index) => ({ ...line, key: next + index }))].slice(-most);
};

/** Around a moment a service may write a little before and after it. */
const slackMs = 100;

/** The first line of a moment, by its place; the last one before it where nothing was written then. Undefined where lines have no times. */
export const placeOfMoment = (lines: readonly LogLine[], from: number): number | undefined => {
  if (!lines.some(({ at }) => at !== undefined)) return undefined;
  const place = lines.findIndex(({ at }) => at !== undefined && at >= from - slackMs);
  return place === -1 ? lines.length - 1 : place;
};

/** Whether a line was written in a moment. */
export const isOfMoment = ({ at }: LogLine, from: number, until: number): boolean =>
  at !== undefined && at >= from - slackMs && at <= until + slackMs;
