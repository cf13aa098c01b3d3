import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { errors } from '../model/errors.ts';
import { fail, type Problem } from '../model/problem.ts';
import { printable, printableJson } from '../model/text.ts';
import { reasonOf } from '../resolver/regular-file.ts';

/** The exit code that problems end in: that of the first error, 0 where there are only warnings. */
export const exitCodeOf = (problems: readonly Problem[]): number => {
  const error = problems.find(({ severity }) => severity === 'error');
  return error === undefined ? 0 : errors[error.code].exit;
};

/** Tells problems on the terminal; what several of them say to do is said once. */
export const report = (problems: readonly Problem[]): void => {
  const command = basename(process.argv[1] ?? 'sidings', '.js');
  const lines = problems.flatMap(({ severity, message, hint }, index) => [
    `${command}: ${severity === 'warning' ? 'warning: ' : ''}${message}\n`,
    ...(problems[index + 1]?.hint === hint ? [] : [`  hint: ${hint}\n`]),
  ]);
  // Where even that cannot be written there is nobody left to tell.
  writeAll(2, lines.join(''));
};

/** Prints what was asked for; says whether somebody reads on. A reader that has enough (`| head`) is no error. */
export const printText = (text: string): boolean => {
  const error = writeAll(1, text);
  if (error !== undefined && error.code !== 'EPIPE') {
    throw fail('file-unwritable', { file: 'The output', reason: reasonOf(error) });
  }
  return error === undefined;
};

/** Prints a sentence as a line. What it names is text from anywhere, such as the name of a folder. */
export const printLine = (sentence: string): void => {
  printText(`${printable(sentence)}\n`);
};

/** The one JSON document that a command with --json prints. */
export const printJson = (value: unknown): void => {
  printText(`${printableJson(JSON.stringify(value, undefined, 2))}\n`);
};

/** One of many values that a command with --json prints, as a line. */
export const jsonLine = (value: unknown): string => `${printableJson(JSON.stringify(value))}\n`;

/** Writes at once. What is behind `process.stdout` takes longer to load than a copy to resolve. */
const writeAll = (fd: 1 | 2, text: string): NodeJS.ErrnoException | undefined => {
  const bytes = Buffer.from(text);
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done);
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    if (error.code !== 'EAGAIN') return error;
    // Somebody made the pipe non-blocking, and it is full.
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', () => undefined).write(bytes.subarray(done));
  }
  return undefined;
};
