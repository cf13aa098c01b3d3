import { type LogLine, logLine } from '../../model/log-line.ts';

/** Reads the log of a container as it comes, in parts of any size. */
export interface LogReader {
  /** The lines that are complete now. */
  readonly read: (bytes: Buffer) => readonly LogLine[];
  /** What is left when nothing more comes. */
  readonly end: () => readonly LogLine[];
}

const headBytes = 8;
/** A line without an end is told in parts of so many bytes. */
const longestPart = 256 * 1024;
const newline = 0x0a;

/**
 * An engine gives a log in frames that say which stream they are of, or as it is where the container has a terminal. It was asked to
 * begin each line with its time.
 */
export const createLogReader = (): LogReader => {
  let isFramed: boolean | undefined;
  /** Beginning of what cannot be read yet: of the head of a frame, and of a line. */
  let head = Buffer.alloc(0);
  let line = Buffer.alloc(0);
  /** What is still to come of the frame. Its length may be a lie, so nothing is kept for it. */
  let left = 0;

  const payloadOf = (bytes: Buffer): Buffer => {
    const parts: Buffer[] = [];
    let rest = Buffer.concat([head, bytes]);
    for (;;) {
      parts.push(rest.subarray(0, left));
      const taken = Math.min(left, rest.length);
      left -= taken;
      rest = rest.subarray(taken);
      if (left > 0 || rest.length < headBytes) break;
      left = rest.readUInt32BE(4);
      rest = rest.subarray(headBytes);
    }
    head = rest;
    return Buffer.concat(parts);
  };

  const read: LogReader['read'] = (bytes) => {
    if (isFramed === undefined) {
      head = Buffer.concat([head, bytes]);
      if (head.length < headBytes) return [];
      isFramed = head.readUInt8(0) <= 2 && head.readUIntBE(1, 3) === 0;
      const first = head;
      head = Buffer.alloc(0);
      return read(first);
    }
    line = Buffer.concat([line, isFramed ? payloadOf(bytes) : bytes]);
    const lines: LogLine[] = [];
    for (let at = line.indexOf(newline); at !== -1; at = line.indexOf(newline)) {
      lines.push(timedLine(line.subarray(0, at)));
      line = line.subarray(at + 1);
    }
    return line.length < longestPart ? lines : [...lines, ...end()];
  };

  const end = (): readonly LogLine[] => {
    const rest = isFramed === undefined ? head : line;
    line = Buffer.alloc(0);
    return rest.length === 0 ? [] : [timedLine(rest)];
  };
  return { read, end };
};

/** `2026-07-01T12:00:00.123456789Z text` */
const timedLine = (bytes: Buffer): LogLine => {
  const written = bytes.toString('utf8');
  const [stamp = '', time] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*(?:Z|\+00:00) ?/.exec(written) ?? [];
  const at = time === undefined ? Number.NaN : Date.parse(`${time}Z`);
  return Number.isNaN(at) ? logLine(written, undefined) : logLine(written.slice(stamp.length), at);
};
