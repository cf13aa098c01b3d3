import { loadSettings } from '../../config/load.ts';
import { type LogLine, plainText } from '../../model/log-line.ts';
import { jsonLine, printJson, printText } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import { followLogs, readLogs } from './agent/read-logs.ts';
import type { SettingOptions } from './setting-options.ts';

type Options = SettingOptions & {
  readonly dir?: string;
  readonly follow?: boolean;
  readonly lines?: string;
  readonly since?: string;
  readonly json?: boolean;
};

const usualLines = '100';

/** `sidings logs SERVICE`: what a service of the current copy has written, and with -f what it writes. */
export const logs = async (service: string, options: Options): Promise<number> => {
  const { dir, follow, lines = usualLines, since, json, ...flags } = options;
  const settings = await loadSettings({ flags });
  const asked = { directory: startFolder(dir), service, lines: Number(lines), since, settings };
  if (!follow) {
    const found = await readLogs(asked);
    if (json) printJson(found);
    else printText(found.lines.map(shown).join(''));
    return 0;
  }
  const show = json ? (line: LogLine) => jsonLine(line) : shown;
  const end = new AbortController();
  for await (const line of followLogs(asked, end.signal)) if (!printText(show(line))) break;
  return 0;
};

/** With its colours on a terminal that shows them, and none of them beyond its end. */
const shown = ({ text }: LogLine): string =>
  process.stdout.isTTY && !process.env.NO_COLOR
    ? `${text}${text.includes('\u001b') ? '\u001b[0m' : ''}\n`
    : `${plainText(text)}\n`;
