import { loadSettings } from '../../config/load.ts';
import { fail, problem } from '../../model/problem.ts';
import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import { table } from '../table.ts';
import { type Readiness, waitUntilReady } from './agent/wait-until-ready.ts';
import type { SettingOptions } from './setting-options.ts';

type Options = SettingOptions & { readonly dir?: string; readonly timeout?: string; readonly json?: boolean };

const usualTimeout = '60';

/** `sidings wait [SERVICE…]`: ends when they listen, are healthy and answer through the proxy; with 124 when they do not in time. */
export const wait = async (services: readonly string[], options: Options): Promise<number> => {
  const { dir, timeout = usualTimeout, json, ...flags } = options;
  const seconds = Number(timeout);
  if (timeout.trim() === '' || !(seconds >= 0 && seconds <= 86_400))
    throw fail('usage', { reason: `--timeout ${timeout} is no number of seconds` });
  const settings = await loadSettings({ flags });
  const found = await waitUntilReady({ directory: startFolder(dir), services, timeoutMs: seconds * 1000, settings });
  if (json) printJson(found);
  else printText(describe(found));
  if (found.ready) return 0;
  const late = problem('wait-timeout', { name: found.name, seconds });
  report([late]);
  return exitCodeOf([late]);
};

const describe = ({ name, ready, services, problem: cause, waitedMs }: Readiness): string => {
  const rows = services.map((service) => [service.ready ? 'ready' : 'NOT', service.name, service.detail]);
  if (cause !== undefined) rows.push(['NOT', name, cause]);
  const hints = services.flatMap(({ hint }) => (hint === undefined ? [] : [`  hint: ${hint}`]));
  const end = ready ? [`${name} is ready after ${(waitedMs / 1000).toFixed(1)} s`] : [];
  return (
    table([], rows) +
    table(
      [],
      [...new Set([...hints, ...end])].map((line) => [line]),
    )
  );
};
