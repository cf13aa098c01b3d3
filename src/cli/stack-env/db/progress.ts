import { printable } from '../../../model/text.ts';

export interface Progress {
  readonly bytes: number;
  readonly seconds: number;
}

/** How often a line is written where nobody watches it change. */
const quietMs = 5000;
const lively = 200;

/** `12.3 MB` */
export const sizeOf = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
};

/** Says on the error output how much has gone over, in one line that changes on a terminal. */
export const showProgress = (what: string, output: NodeJS.WriteStream = process.stderr) => {
  const start = performance.now();
  let bytes = 0;
  let shown = false;
  const now = (): Progress => ({ bytes, seconds: Math.round((performance.now() - start) / 100) / 10 });
  const show = (): void => {
    const { seconds } = now();
    const line = `${printable(what)}: ${sizeOf(bytes)}, ${seconds.toFixed(1)} s`;
    output.write(output.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
    shown = true;
  };
  const timer = setInterval(show, output.isTTY ? lively : quietMs);
  timer.unref();
  return {
    add: (count: number): void => {
      bytes += count;
    },
    end: (): Progress => {
      clearInterval(timer);
      if (shown && output.isTTY) output.write('\r\u001b[K');
      shown = false;
      return now();
    },
  };
};
