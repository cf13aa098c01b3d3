import { closeSync, fstatSync, mkdirSync, renameSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toLabel } from '../model/hostname.ts';
import { shortHash } from '../model/text.ts';
import { openLogTimes, openToAppend, timesFile } from './log-times.ts';

const usualCap = 5 * 1024 * 1024;

/** The captured output of a service. */
export interface ServiceLog {
  /** Appends; throws the system's error. */
  readonly write: (bytes: Uint8Array) => void;
  readonly close: () => void;
}

/** Where `stack-env run --service` keeps the output of a service of a copy, in the state folder. */
export const serviceLogFile = (stateDirectory: string, copyDirectory: string, service: string): string => {
  const name = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(service) ? service : `${toLabel(service)}-${shortHash(service)}`;
  return join(stateDirectory, 'logs', folderOf(copyDirectory), `${name}.log`);
};

/** Where `sidings verify` keeps the moment at which it last looked at a copy, in the state folder. */
export const verifiedFile = (stateDirectory: string, copyDirectory: string): string =>
  join(stateDirectory, 'verified', folderOf(copyDirectory));

const folderOf = (copyDirectory: string): string => `${toLabel(basename(copyDirectory))}-${shortHash(copyDirectory)}`;

/** Times may take as much room as the log, and this much in any case. */
const leastTimesCap = 64 * 1024;

/**
 * Opens a log to append to. When it would grow beyond its cap it becomes `FILE.1`, in place of the one before, and a new one begins: at
 * most twice the cap is kept, and `tail -F` goes on reading. Writes are done when the call returns, so nothing is lost when the process is
 * killed, and nothing piles up. Several processes may write one log; the one that finds it full moves it. When what was written, is kept
 * beside it. Throws the system's error.
 */
export const openServiceLog = (file: string, capBytes: number = usualCap, now: () => number = Date.now): ServiceLog => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const openFiles = () => {
    const log = openToAppend(file);
    try {
      return { fd: log, times: openLogTimes(file, now) };
    } catch (error) {
      closeSync(log);
      throw error;
    }
  };
  let { fd, times } = openFiles();

  const move = (name: string, to: string): void => {
    if (statSync(name, { throwIfNoEntry: false }) !== undefined) renameSync(name, to);
  };

  /** Gives the offset of what is written next. */
  const makeRoom = (wanted: number): number => {
    const { size, ino } = fstatSync(fd);
    const isFull = size + wanted > capBytes || times.bytes() > Math.max(capBytes, leastTimesCap);
    if (size === 0 || !isFull) return size;
    // Somebody else may have moved it already; then there is a new one to go on in.
    if (statSync(file, { throwIfNoEntry: false })?.ino === ino) {
      // First the times, so that whoever finds the new log finds new times.
      move(timesFile(file), timesFile(`${file}.1`));
      renameSync(file, `${file}.1`);
    }
    const next = openFiles();
    closeSync(fd);
    times.close();
    ({ fd, times } = next);
    return makeRoom(wanted);
  };

  return {
    write: (bytes) => {
      const kept = bytes.subarray(Math.max(0, bytes.length - capBytes));
      const offset = makeRoom(kept.length);
      try {
        times.stamp(offset);
      } finally {
        for (let done = 0; done < kept.length; ) done += writeSync(fd, kept, done);
      }
    },
    close: () => {
      closeSync(fd);
      times.close();
    },
  };
};
