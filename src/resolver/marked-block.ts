/** The lines around a generated block. */
export interface Markers {
  readonly start: string;
  readonly end: string;
}

/** What is wrong with the markers of a file. */
export interface BrokenBlock {
  readonly line: number;
  readonly reason: string;
}

/**
 * The text of a file with its generated block replaced, or with a new one at its end; without content the block is taken out. Everything
 * else stays as it is, to the byte; only a last line without an end gets one. The block has the line ends of the file.
 */
export const withBlock = (text: string, { start, end }: Markers, content: string | undefined): string | BrokenBlock => {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const found = findBlock(lines, { start, end });
  if (found !== undefined && 'reason' in found) return found;

  const lineEnd = lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
  const block = content === undefined ? '' : `${start}\n${content}${end}\n`.replaceAll('\n', lineEnd);
  if (found !== undefined) {
    const before = lines.slice(0, found.first).join('');
    const after = lines.slice(found.last + 1).join('');
    return before + block + after;
  }
  return text + (block === '' || text === '' || text.endsWith('\n') ? '' : lineEnd) + block;
};

/** Index of the first and the last line of the block. */
const findBlock = (
  lines: readonly string[],
  { start, end }: Markers,
): { readonly first: number; readonly last: number } | BrokenBlock | undefined => {
  const where = (marker: string) => lines.flatMap((line, index) => (line.trimEnd() === marker ? [index] : []));
  const [starts, ends] = [where(start), where(end)];
  const [first, last] = [starts[0], ends[0]];
  if (first === undefined) return last === undefined ? last : { line: last + 1, reason: 'an end without a start' };
  if (last === undefined) return { line: first + 1, reason: 'a start without an end' };
  if (last < first) return { line: last + 1, reason: 'an end without a start' };
  const second = starts[1] ?? ends[1];
  return second === undefined ? { first, last } : { line: second + 1, reason: 'a second marker' };
};
