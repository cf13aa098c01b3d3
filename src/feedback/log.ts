import { createRequire } from 'node:module';
import { type LevelWithSilent, pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { PrettyOptions } from 'pino-pretty';
import type { Log } from '../model/log.ts';
import { printable, printableJson } from '../model/text.ts';

/** What a log is written to: text, line by line. */
export interface LogStream {
  readonly write: (text: string) => unknown;
  readonly on?: (event: 'error', listener: () => void) => unknown;
}

export interface LogOptions {
  readonly level: LevelWithSilent;
  /** People read it: lines with colours, made of text. Otherwise programs do: one JSON object a line. */
  readonly terminal: boolean;
  readonly stream?: LogStream;
}

/** The log, on stderr unless told otherwise. Levels that are off cost nothing. */
export const createLog = ({ level, terminal, stream = process.stderr }: LogOptions): Log => {
  // A log that nobody takes any more (`sidings start 2>&1 | head`) must not end what it is about.
  stream.on?.('error', () => {});
  const format = terminal ? prettyLine() : printableJson;
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
    },
    { write: (line: string) => stream.write(format(line)) },
  );
};

/** pino-pretty as a function: no stream, no thread, and loaded only where somebody looks. */
const prettyLine = (): ((line: string) => string) => {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as {
    prettyFactory: (options: PrettyOptions) => (line: object) => string;
  };
  const format = prettyFactory({
    colorize: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    // The line of the access log says it in words already.
    ignore: 'exchange',
  });
  return (line) => format(asText(JSON.parse(line)) as object);
};

/** A copy in which no text can act on a terminal. Only the lines of a stack stay lines; they are printed indented. */
const asText = (value: unknown, key = ''): unknown => {
  if (typeof value === 'string')
    return key === 'stack' ? value.split('\n').map(printable).join('\n') : printable(value);
  if (Array.isArray(value)) return value.map((entry) => asText(entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [printable(name), asText(entry, name)]));
};
