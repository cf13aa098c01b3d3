import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isBetween, type LogLine, type LogQuery, logLine } from '../model/log-line.ts';
import { offsetAfter, readTimes, timesFile } from './log-times.ts';

/** A log and its times, open for reading. They stay the same two when the log is moved. */
interface OpenLog {
  readonly handle: FileHandle;
  readonly times: FileHandle | undefined;
  readonly close: () => Promise<void>;
}

/** Opens a file to read; undefined where there is none. A FIFO in its place would be waited for without `O_NONBLOCK`, and is none. */
const tryOpen = async (file: string): Promise<FileHandle | undefined> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
};

const openLog = async (file: string): Promise<OpenLog | undefined> => {
  const handle = await tryOpen(file);
  if (handle === undefined) return undefined;
  const times = await tryOpen(timesFile(file));
  return { handle, times, close: async () => void (await Promise.all([handle.close(), times?.close()])) };
};

const chunkBytes = 64 * 1024;
/** What is read of a log at most, whatever the size of the file; `stack-env run` keeps less. */
const mostBytes = 16 * 1024 * 1024;
const newline = 0x0a;

/** The lines that a service has written last, oldest first; none where there is no log. Those of the log before count as well. */
export const readLog = async (file: string, query: LogQuery): Promise<readonly LogLine[]> => {
  const found = await linesOf(file, query);
  if (found.length >= query.lines) return found;
  return [...(await linesOf(`${file}.1`, { ...query, lines: query.lines - found.length })), ...found];
};

const linesOf = async (file: string, query: LogQuery): Promise<readonly LogLine[]> => {
  const log = query.lines > 0 ? await openLog(file) : undefined;
  if (log === undefined) return [];
  try {
    const { size } = await log.handle.stat();
    const end = query.until === undefined ? size : await endBefore(log, query.until, size);
    return await timed(log, await lastLines(log.handle, end, query.lines), query);
  } finally {
    await log.close();
  }
};

/** Where the line ends that was begun last before a moment. */
const endBefore = async ({ handle, times }: OpenLog, moment: number, size: number): Promise<number> => {
  const offset = times && (await offsetAfter(times, moment));
  if (offset === undefined) return size;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(chunkBytes), { position: Math.max(0, offset - 1) });
  const at = buffer.subarray(0, bytesRead).indexOf(newline);
  return offset === 0 ? 0 : at === -1 ? Math.min(size, offset + bytesRead) : offset + at;
};

/** A line as it is in the file. */
interface WrittenLine {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The last lines before an offset. Of one that is longer than what is read, the end counts. */
const lastLines = async (handle: FileHandle, end: number, count: number): Promise<readonly WrittenLine[]> => {
  const chunks: Buffer[] = [];
  let start = end;
  let ends = 0;
  // One more than there are lines: the one before the first of them.
  while (start > 0 && ends <= count && end - start < mostBytes) {
    const size = Math.min(chunkBytes, start);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), { position: start - size });
    if (bytesRead < size) break;
    chunks.unshift(buffer);
    start -= size;
    for (let at = buffer.indexOf(newline); at !== -1; at = buffer.indexOf(newline, at + 1)) ends += 1;
  }
  const { lines, rest } = splitLines(Buffer.concat(chunks), start);
  return (rest.bytes.length === 0 ? lines : [...lines, rest]).slice(-count);
};

const splitLines = (bytes: Buffer, offset: number) => {
  const lines: WrittenLine[] = [];
  let from = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
    lines.push({ offset: offset + from, bytes: bytes.subarray(from, at) });
    from = at + 1;
  }
  return { lines, rest: { offset: offset + from, bytes: bytes.subarray(from) } };
};

/** The lines with their times, as far as they were written when the query says. */
const timed = async (
  { times }: OpenLog,
  lines: readonly WrittenLine[],
  query: Pick<LogQuery, 'since' | 'until'>,
): Promise<readonly LogLine[]> => {
  const [first] = lines;
  const timeAt = first && times && (await readTimes(times, first.offset));
  return lines
    .map(({ offset, bytes }) => logLine(bytes.toString('utf8'), timeAt?.(offset)))
    .filter((line) => isBetween(line, query));
};

/** How often a log at whose end one is, is looked at. A look is a `stat`. */
const lookMs = 100;
/** A line without an end is told in parts of so many bytes. */
const longestPart = 256 * 1024;

/**
 * The last lines of a log and then each line as it is completed, until the signal ends it. It goes on in the new log when this one is
 * moved, and from the beginning when it was emptied; where there is none yet it waits for one.
 */
export async function* followLog(
  file: string,
  query: Pick<LogQuery, 'lines' | 'since'>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const look = (): Promise<unknown> => wait(lookMs, undefined, { signal }).catch(() => undefined);
  let isFirst = true;
  while (!signal.aborted) {
    const log = await openLog(file);
    if (log === undefined) {
      if (isFirst) yield* await readLog(file, query);
      isFirst = false;
      await look();
      continue;
    }
    try {
      let rest: WrittenLine = { offset: 0, bytes: Buffer.alloc(0) };
      if (isFirst) {
        const { size } = await log.handle.stat();
        const last = await lastLines(log.handle, size, query.lines + 1);
        const whole = last.filter(({ offset, bytes }) => offset + bytes.length < size);
        rest = last[whole.length] ?? { offset: size, bytes: Buffer.alloc(0) };
        const kept = query.lines > 0 ? whole.slice(-query.lines) : [];
        if (kept.length < query.lines)
          yield* await linesOf(`${file}.1`, { ...query, lines: query.lines - kept.length });
        yield* await timed(log, kept, query);
        isFirst = false;
      }
      for (let isMoved = false; !signal.aborted; ) {
        const position = rest.offset + rest.bytes.length;
        const { buffer, bytesRead } = await log.handle.read(Buffer.alloc(chunkBytes), { position });
        if (bytesRead > 0) {
          const split = splitLines(Buffer.concat([rest.bytes, buffer.subarray(0, bytesRead)]), rest.offset);
          rest = split.rest;
          const lines = [...split.lines];
          if (rest.bytes.length >= longestPart) {
            lines.push(rest);
            rest = { offset: rest.offset + rest.bytes.length, bytes: Buffer.alloc(0) };
          }
          yield* await timed(log, lines, query);
          continue;
        }
        // What was written before it was moved has been read now.
        if (isMoved) break;
        const { size } = await log.handle.stat();
        if (size < position) rest = { offset: 0, bytes: Buffer.alloc(0) };
        else if (await isSame(log.handle, file)) await look();
        else isMoved = true;
      }
      if (rest.bytes.length > 0 && !signal.aborted) yield* await timed(log, [rest], query);
    } finally {
      await log.close();
    }
  }
}

/** Whether a file that is open is still the one of that name. One that was removed is, until there is another. */
const isSame = async (handle: FileHandle, file: string): Promise<boolean> => {
  const [mine, named] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)]);
  return named === undefined || (mine.ino === named.ino && mine.dev === named.dev);
};
