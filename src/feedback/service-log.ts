import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { toLabel } from '../model/hostname.ts';
import { shortHash } from '../model/text.ts';

const usualCap = 5 * 1024 * 1024;

/** The captured output of a service. */
export interface ServiceLog {
  /** Appends; throws the system's error. */
  readonly write: (bytes: Uint8Array) => void;
  readonly close: () => void;
}

/** Where `stack-env run --service` keeps the output of a service of a copy, in the state folder. */
export const serviceLogFile = (stateDirectory: string, copyDirectory: string, service: string): string => {
  const copy = `${toLabel(basename(copyDirectory))}-${shortHash(copyDirectory)}`;
  const name = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(service) ? service : `${toLabel(service)}-${shortHash(service)}`;
  return join(stateDirectory, 'logs', copy, `${name}.log`);
};

/**
 * Opens a log to append to. When it would grow beyond its cap it becomes `FILE.1`, in place of the one before, and a new one begins: at
 * most twice the cap is kept, and `tail -F` goes on reading. Writes are done when the call returns, so nothing is lost when the process is
 * killed, and nothing piles up. Several processes may write one log; the one that finds it full moves it. Throws the system's error.
 */
export const openServiceLog = (file: string, capBytes: number = usualCap): ServiceLog => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const openFile = (): number => openSync(file, 'a', 0o600);
  let fd = openFile();

  const makeRoom = (wanted: number): void => {
    const { size, ino } = fstatSync(fd);
    if (size === 0 || size + wanted <= capBytes) return;
    // Somebody else may have moved it already; then there is a new one to go on in.
    if (statSync(file, { throwIfNoEntry: false })?.ino === ino) renameSync(file, `${file}.1`);
    const next = openFile();
    closeSync(fd);
    fd = next;
    if (fstatSync(fd).size + wanted > capBytes) makeRoom(wanted);
  };

  return {
    write: (bytes) => {
      const kept = bytes.subarray(Math.max(0, bytes.length - capBytes));
      makeRoom(kept.length);
      for (let done = 0; done < kept.length; ) done += writeSync(fd, kept, done);
    },
    close: () => closeSync(fd),
  };
};

/** How much of the end of a file is looked at. */
const tailBytes = 64 * 1024;

/**
 * The last lines of a log, oldest first and without colours; none where there is no log. Of a line that a program wrote over (a progress
 * bar) the last state counts.
 */
export const tailServiceLog = async (file: string, lines: number): Promise<readonly string[]> => {
  const found = await lastLines(file);
  const all = found.length < lines ? [...(await lastLines(`${file}.1`)), ...found] : found;
  return lines > 0 ? all.slice(-lines) : [];
};

const lastLines = async (file: string): Promise<readonly string[]> => {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, tailBytes)), { position: from });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (lines.at(-1) === '') lines.pop();
    // The first line was cut, unless it is all there is.
    if (from > 0 && lines.length > 1) lines.shift();
    return lines.map((line) => stripVTControlCharacters(line).replace(/\r+$/, '').split('\r').at(-1) ?? '');
  } finally {
    await handle.close();
  }
};
