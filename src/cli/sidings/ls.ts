import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { fail } from '../../model/problem.ts';
import type { Service, State, Workstream } from '../../model/workstream.ts';
import { jsonLine, printJson, printLine, printText, report } from '../report.ts';
import { table } from '../table.ts';
import { currentState } from './current-state.ts';
import { followDaemon } from './daemon-client.ts';
import type { SettingOptions } from './setting-options.ts';

const heads = ['WORKSTREAM', 'SLOT', 'BRANCH', 'SERVICE', 'STATE', 'PORT', 'ADDRESS'] as const;

type Options = SettingOptions & { readonly json?: boolean; readonly watch?: boolean };

/** `sidings ls`: every workstream, its services and their addresses. */
export const ls = async ({ json, watch, ...flags }: Options): Promise<number> => {
  const settings = await loadSettings({ flags });
  if (watch) return watchState(settings, process.stdout.isTTY && !json);
  const { state, daemon } = await currentState(settings, process.cwd());
  if (json) {
    printJson(state);
    return 0;
  }
  if (state.workstreams.length === 0)
    printLine(
      'There are no workstreams: no folder with a sidings.json, which `stack-env init` writes, is in a --root.',
    );
  else printText(table(heads, state.workstreams.flatMap(rows)));
  if (!daemon && state.workstreams.length > 0)
    printText('\nNo sidings runs: this is what the folders and the ports say, and the addresses lead nowhere yet.\n');
  report([...state.problems, ...state.workstreams.flatMap(({ problems }) => problems)]);
  return 0;
};

/**
 * A table that is kept up to date on a terminal; otherwise each state as a line of JSON. Until nobody reads any more.
 * Errors: `daemon-unreachable`, also when the daemon ends.
 */
const watchState = async (settings: Settings, isTerminal: boolean): Promise<number> => {
  // Some terminals say that they have no rows.
  const height = (): number => process.stdout.rows || Number.POSITIVE_INFINITY;
  const shown = (state: State): string => (isTerminal ? screenOf(state, height()) : jsonLine(state));
  for await (const { name, data } of await followDaemon('/api/events', settings))
    if (name === 'state' && !printText(shown(data as State))) return 0;
  throw fail('daemon-unreachable', { port: settings.httpPort });
};

/** What a terminal of so many rows is to show in the place of all that it shows. Whatever is too wide or too much for it is cut. */
export const screenOf = ({ workstreams }: Pick<State, 'workstreams'>, height: number): string => {
  const lines = table(heads, workstreams.flatMap(rows)).trimEnd().split('\n');
  const live = workstreams.filter((workstream) => workstream.live).length;
  const end = ['', `${live} of ${workstreams.length} workstreams are live. Ctrl-C ends this.`, ''];
  const room = Math.max(1, height - end.length);
  const seen = lines.length <= room ? lines : lines.slice(0, room - 1);
  const cut = seen.length < lines.length ? [`… ${lines.length - seen.length} more lines: sidings ls`] : [];
  // No line goes on in the next one; home, and what is left from an earlier table is taken away.
  return `\u001b[?7l\u001b[H\u001b[J${[...seen, ...cut, ...end].join('\n')}\u001b[?7h`;
};

const rows = ({ name, slot, branch = '', services }: Workstream): readonly (readonly string[])[] => {
  const head = [name, String(slot), branch];
  if (services.length === 0) return [head];
  return services.map((service, index) => [...(index === 0 ? head : ['', '', '']), ...cells(service)]);
};

const cells = ({ name, state, port, url = '' }: Service): readonly string[] => [name, state, String(port), url];
