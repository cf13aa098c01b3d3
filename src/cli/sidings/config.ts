import { loadSettings } from '../../config/load.ts';
import { printable } from '../../model/text.ts';
import { printJson, printText } from '../report.ts';
import { table } from '../table.ts';
import type { SettingOptions } from './setting-options.ts';

/** `sidings config`: the effective settings, and where each came from. */
export const config = async ({ json, ...flags }: SettingOptions & { readonly json?: boolean }): Promise<number> => {
  const { sources, file, trustedRoots, ...values } = await loadSettings({ flags });
  const settings = Object.entries(values).map(([name, value]) => ({
    name,
    value,
    source: sources[name as keyof typeof sources],
  }));
  if (json) {
    printJson({ file, trustedRoots, settings });
    return 0;
  }
  const rows = [
    ...settings.map(({ name, value, source }) => [name, show(value), source]),
    ['trustedRoots', show(trustedRoots), trustedRoots.length > 0 ? file : 'default'],
  ];
  printText(`${table(['SETTING', 'VALUE', 'FROM'], rows)}\nConfiguration file: ${printable(file)}\n`);
  return 0;
};

const show = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));
