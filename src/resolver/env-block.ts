const startMarker = '# >>> stack-env: generated, do not edit';
const endMarker = '# <<< stack-env';

/** What is wrong with the markers of a file. */
export interface BrokenBlock {
  readonly line: number;
  readonly reason: string;
}

/**
 * The text of an env file with its generated block replaced, or with a new one at its end, where it wins over lines above it. Everything
 * else stays as it is, to the byte; only a last line without an end gets one. The block has the line ends of the file.
 */
export const withEnvBlock = (text: string, assignments: string): string | BrokenBlock => {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const found = findBlock(lines);
  if (found !== undefined && 'reason' in found) return found;

  const lineEnd = lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
  const block = `${startMarker}\n${assignments}${endMarker}\n`.replaceAll('\n', lineEnd);
  if (found !== undefined) {
    const before = lines.slice(0, found.start).join('');
    const after = lines.slice(found.end + 1).join('');
    return before + block + after;
  }
  return text + (text === '' || text.endsWith('\n') ? '' : lineEnd) + block;
};

/** Index of the first and the last line of the block. */
const findBlock = (
  lines: readonly string[],
): { readonly start: number; readonly end: number } | BrokenBlock | undefined => {
  const where = (marker: string) => lines.flatMap((line, index) => (line.trimEnd() === marker ? [index] : []));
  const [starts, ends] = [where(startMarker), where(endMarker)];
  const [start, end] = [starts[0], ends[0]];
  if (start === undefined && end === undefined) return undefined;
  if (start === undefined) return { line: (end ?? 0) + 1, reason: 'an end without a start' };
  if (end === undefined) return { line: start + 1, reason: 'a start without an end' };
  if (end < start) return { line: end + 1, reason: 'an end without a start' };
  const second = starts[1] ?? ends[1];
  return second === undefined ? { start, end } : { line: second + 1, reason: 'a second marker' };
};
