import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A pipe as a shell makes one. */
export interface Pipe {
  /** The descriptor that a command writes to; closed once the command has its own. */
  readonly writer: number;
  readonly reader: Socket;
}

/**
 * Two pipes for the output of a command, undefined where none can be made. What Node gives for `stdio: 'pipe'` is a socket, and a command
 * cannot open that by its name: `echo >/dev/stderr`, a server's `error_log /dev/stderr` fail with "No such device or address".
 */
export const openPipes = (): readonly [Pipe, Pipe] | undefined => {
  let folder: string | undefined;
  const opened: number[] = [];
  try {
    folder = mkdtempSync(join(tmpdir(), 'stack-env-'));
    const paths = [join(folder, 'stdout'), join(folder, 'stderr')] as const;
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    const open = (path: string, flags: number): number => {
      const fd = openSync(path, flags);
      opened.push(fd);
      return fd;
    };
    // Opening one end waits for the other, unless told not to; so the reader comes first.
    const ends = paths.map((path) => ({
      read: open(path, constants.O_RDONLY | constants.O_NONBLOCK),
      writer: open(path, constants.O_WRONLY),
    }));
    const [stdout, stderr] = ends.map(({ read, writer }) => ({
      writer,
      reader: new Socket({ fd: read, readable: true, writable: false }),
    }));
    return [stdout, stderr] as readonly [Pipe, Pipe];
  } catch {
    for (const fd of opened) closeSync(fd);
    return undefined;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
};
