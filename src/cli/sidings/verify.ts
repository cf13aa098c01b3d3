import { loadSettings } from '../../config/load.ts';
import { printJson, printText, report } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import { table } from '../table.ts';
import { type Verification, verifyCopy } from './agent/verify-copy.ts';
import type { SettingOptions } from './setting-options.ts';

type Options = SettingOptions & { readonly dir?: string; readonly json?: boolean };

/** `sidings verify [SERVICE…]`: whether this copy works. Ends with 0, with 1 where it does not, with 3 where a guard rejects. */
export const verify = async (services: readonly string[], { dir, json, ...flags }: Options): Promise<number> => {
  const settings = await loadSettings({ flags });
  const found = await verifyCopy({ directory: startFolder(dir), services, settings });
  if (json) printJson(found);
  else {
    report(found.problems);
    printText(describe(found));
  }
  return found.exit;
};

const describe = ({ name, ok, checks, failures }: Verification): string => {
  const rows = checks.map((check) => [check.ok ? 'ok' : 'FAILED', check.name, check.detail]);
  const failed = failures
    .slice(0, 10)
    .map(({ startedAt, method, path, service = '', status, error = '', id }) => [
      `  ${new Date(startedAt).toISOString()}`,
      service,
      `${method} ${path}`,
      String(status),
      error,
      `#${id}`,
    ]);
  return `${table([], rows)}${table([], failed)}${table([], [[`${name} ${ok ? 'works' : 'does not work'}`]])}`;
};
