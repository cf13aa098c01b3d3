import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * When the parts of a log were written: records of one length in a file beside it, each the offset of a byte of the log and the time at
 * which that byte and those behind it were written. The log itself stays as the service wrote it.
 */
export interface LogTimes {
  /** What is written at the offset is written now. Throws the system's error. */
  readonly stamp: (offset: number) => void;
  readonly bytes: () => number;
  readonly close: () => void;
}

/** `000000001234 1764493912000` and the end of the line: found by a search, and read by people. */
const recordBytes = 27;
/** Between two records at least, in milliseconds: what is written meanwhile was written together. */
const restMs = 5;

export const timesFile = (log: string): string => `${log}.times`;

/** Opens a file to append to. A FIFO in its place would be waited for without `O_NONBLOCK`. Throws the system's error. */
export const openToAppend = (file: string): number => {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error('it is not a regular file');
};

/** Opens the times of a log to append to. Throws the system's error. */
export const openLogTimes = (log: string, now: () => number = Date.now): LogTimes => {
  const fd = openToAppend(timesFile(log));
  const { size } = fstatSync(fd);
  // A disk that was full may have cut the last one, and all that follow would be out of place.
  if (size % recordBytes !== 0) ftruncateSync(fd, size - (size % recordBytes));
  let last = Number.NEGATIVE_INFINITY;
  return {
    stamp: (offset) => {
      const time = now();
      // A clock that was set back counts as well.
      if (Math.abs(time - last) < restMs) return;
      last = time;
      writeSync(fd, `${String(offset).padStart(12, '0')} ${String(time).padStart(13, '0')}\n`);
    },
    bytes: () => fstatSync(fd).size,
    close: () => closeSync(fd),
  };
};

interface TimeRecord {
  readonly offset: number;
  readonly time: number;
}

/** The record that stands at an index of the file; undefined where there is none that can be read. */
const recordAt = async (handle: FileHandle, index: number): Promise<TimeRecord | undefined> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(recordBytes), { position: index * recordBytes });
  return readRecord(buffer.toString('latin1', 0, bytesRead));
};

const readRecord = (text: string): TimeRecord | undefined => {
  const [, offset, time] = /^(\d{12}) (\d{13})$/.exec(text.trimEnd()) ?? [];
  return offset === undefined ? undefined : { offset: Number(offset), time: Number(time) };
};

/** How many records come before the first one that is beyond; they are in order. */
const countUntil = async (handle: FileHandle, isBeyond: (record: TimeRecord) => boolean): Promise<number> => {
  let low = 0;
  let high = Math.floor((await handle.stat()).size / recordBytes);
  while (low < high) {
    const middle = (low + high) >> 1;
    const record = await recordAt(handle, middle);
    if (record === undefined || isBeyond(record)) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Reads when bytes from an offset on were written: gives the time for an offset there, asked for in rising order. */
export const readTimes = async (handle: FileHandle, from: number): Promise<(offset: number) => number | undefined> => {
  const first = Math.max(0, (await countUntil(handle, ({ offset }) => offset > from)) - 1);
  const position = first * recordBytes;
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - position)), { position });
  const text = buffer.toString('latin1', 0, bytesRead);
  let at = 0;
  let time: number | undefined;
  return (offset) => {
    for (; at + recordBytes <= text.length; at += recordBytes) {
      const record = readRecord(text.slice(at, at + recordBytes));
      if (record !== undefined && record.offset > offset) break;
      time = record?.time ?? time;
    }
    return time;
  };
};

/** The offset of the first byte that was written after a moment; undefined where all were written before. */
export const offsetAfter = async (handle: FileHandle, moment: number): Promise<number | undefined> =>
  (await recordAt(handle, await countUntil(handle, ({ time }) => time > moment)))?.offset;
