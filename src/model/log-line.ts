import type { Service } from './workstream.ts';

/** A line that a service has written. */
export interface LogLine {
  /** Text as `colouredText` leaves it: nothing in it acts on a terminal but colours. */
  readonly text: string;
  /** When its first byte was written, in milliseconds since 1970; undefined where nobody took the time. */
  readonly at?: number;
}

/** Which lines are wanted: the last ones of those between two moments, both in milliseconds since 1970. */
export interface LogQuery {
  readonly lines: number;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Who kept a log: `stack-env run`, or the engine that the container runs in. */
export type LogSource = 'process' | 'container';

/** The end of the log of a service, as the status API gives it. */
export interface ServiceLines {
  readonly workstream: string;
  readonly service: string;
  readonly source: LogSource;
  readonly lines: readonly LogLine[];
}

/** The logs of all services, each from where it is kept. */
export interface ServiceLogs {
  readonly read: (
    directory: string,
    service: Service,
    query: LogQuery,
  ) => Promise<Pick<ServiceLines, 'source' | 'lines'>>;
  /** The last lines and then each line as it is written, until the signal ends it. */
  readonly follow: (
    directory: string,
    service: Service,
    query: LogQuery,
    signal: AbortSignal,
  ) => AsyncIterable<LogLine>;
}

/** The logs of containers, by the copy's folder and the service. */
export interface ContainerLogs {
  /** State of the containers of a service, for people; undefined where it has none. */
  readonly describe: (directory: string, service: string) => string | undefined;
  /** The last lines that the container of a service has written; none where that cannot be known. */
  readonly readLog: (directory: string, service: string, query: LogQuery) => Promise<readonly LogLine[]>;
  /** The same and then each line as it is written, by that container and those that come after it, until the signal ends it. */
  readonly followLog: (
    directory: string,
    service: string,
    query: LogQuery,
    signal: AbortSignal,
  ) => AsyncIterable<LogLine>;
}

/** Longest text of a line, in characters; of a longer one the beginning is kept. */
const longestLine = 16_384;

/** A line of a log made of what was written; of one that a program wrote over (a progress bar) the last state counts. */
export const logLine = (written: string, at: number | undefined): LogLine => {
  const whole = written.replace(/\r+$/, '');
  const last = whole.slice(whole.lastIndexOf('\r') + 1);
  const text = colouredText(last.length > longestLine ? `${last.slice(0, longestLine)}…` : last);
  return at === undefined ? { text } : { text, at };
};

/** Whether a line was written between the moments of a query; one of unknown time was not. */
export const isBetween = ({ at }: LogLine, { since, until }: Pick<LogQuery, 'since' | 'until'>): boolean =>
  (since === undefined || (at !== undefined && at >= since)) &&
  (until === undefined || (at !== undefined && at <= until));

/**
 * What may stand in a stream of text for a terminal (ECMA-48): control sequences; strings (OSC, DCS, SOS, PM, APC) that end in the same
 * line; other escapes; and what acts alone, with the bidirectional controls and separators of `printable`.
 */
const controls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /(?:\u001b\[|\u009b)([0-?]*)([ -/]*[@-~])|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The text with colours and nothing else that acts on a terminal: of all control sequences only SGR (`ESC [ 1;31 m`) is kept, tabs
 * stay, and every other control is taken out.
 */
export const colouredText = (text: string): string =>
  text.replace(controls, (_whole, parameters: string | undefined, end: string | undefined) =>
    end === 'm' && parameters !== undefined && /^[0-9;:]{0,64}$/.test(parameters) ? `\u001b[${parameters}m` : '',
  );

/** The text without its colours. */
export const plainText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what `colouredText` keeps begins with one
  text.replace(/\u001b\[[0-9;:]*m/g, '');
