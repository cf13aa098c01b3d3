import { loadSettings } from '../../config/load.ts';
import type { Service, Workstream } from '../../model/workstream.ts';
import { printJson, printText, report } from '../report.ts';
import { table } from '../table.ts';
import { currentState } from './current-state.ts';
import type { SettingOptions } from './setting-options.ts';

const heads = ['WORKSTREAM', 'SLOT', 'BRANCH', 'SERVICE', 'STATE', 'PORT', 'ADDRESS'] as const;

/** `sidings ls`: every workstream, its services and their addresses. */
export const ls = async ({ json, ...flags }: SettingOptions & { readonly json?: boolean }): Promise<number> => {
  const { state, daemon } = await currentState(await loadSettings({ flags }), process.cwd());
  if (json) {
    printJson(state);
    return 0;
  }
  printText(table(heads, state.workstreams.flatMap(rows)));
  if (!daemon)
    printText('\nNo sidings runs: this is what the folders and the ports say, and the addresses lead nowhere yet.\n');
  report([...state.problems, ...state.workstreams.flatMap(({ problems }) => problems)]);
  return 0;
};

const rows = ({ name, slot, branch = '', services }: Workstream): readonly (readonly string[])[] => {
  const head = [name, String(slot), branch];
  if (services.length === 0) return [head];
  return services.map((service, index) => [...(index === 0 ? head : ['', '', '']), ...cells(service)]);
};

const cells = ({ name, state, port, url = '' }: Service): readonly string[] => [name, state, String(port), url];
