import { printable } from '../model/text.ts';

/** Rows as text, each column as wide as its widest cell, and a line of heads above them unless there are none. Cells are text from anywhere. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [...(heads.length > 0 ? [heads] : []), ...rows.map((row) => row.map(printable))];
  const widths: number[] = [];
  for (const row of all)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
};
