export interface Sparkline {
  /** The line, and the area below it, as paths of SVG. */
  readonly line: string;
  readonly area: string;
}

/** Draws numbers, oldest first, into a box. The highest touches the top, but a single request in a minute does not look like a flood. */
export const sparkline = (values: readonly number[], width: number, height: number): Sparkline => {
  const most = Math.max(4, ...values);
  const step = width / Math.max(1, values.length - 1);
  const round = (value: number): number => Math.round(value * 10) / 10;
  const points = values.map((value, index) => `${round(index * step)},${round(height - (value / most) * height)}`);
  const line = points.length === 0 ? '' : `M${points.join('L')}`;
  return { line, area: line === '' ? '' : `${line}L${width},${height}L0,${height}Z` };
};
