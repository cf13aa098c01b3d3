import { loadSettings } from '../../config/load.ts';
import { type Problem, SidingsError } from '../../model/problem.ts';
import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { inspect } from '../stack-env/inspect.ts';
import { inspectCompose } from '../stack-env/inspect-compose.ts';
import { currentState } from './current-state.ts';
import type { SettingOptions } from './setting-options.ts';

type Options = SettingOptions & {
  readonly dir?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
};

/** `sidings check`: what the guards say about this copy, and every problem of every workstream. Ends with 3 or 1 if there is one. */
export const check = async ({ dir, strict, json, ...flags }: Options): Promise<number> => {
  const cwd = dir ?? process.cwd();
  const settings = await loadSettings({ flags });
  const guarded = await ofGuards({ dir, strict, settings });
  const { state } = await currentState(settings, cwd);
  const all = [...guarded, ...state.problems, ...state.workstreams.flatMap(({ problems }) => problems)];
  // The resolver and the registry may both have found two folders with one slot.
  const problems = [...new Map(all.map((found) => [found.message, found])).values()];
  report(problems);
  if (json) printJson({ problems });
  else if (problems.length === 0) printText(`Nothing is wrong with ${state.workstreams.length} workstreams.\n`);
  return exitCodeOf(problems);
};

const ofGuards = async (options: Parameters<typeof inspect>[0]): Promise<readonly Problem[]> => {
  try {
    const found = await inspect(options);
    return [...found.problems, ...(await inspectCompose(found))];
  } catch (error) {
    if (!(error instanceof SidingsError)) throw error;
    // Outside a copy there is nothing to guard.
    return error.code === 'project-not-found' ? [] : [error.problem];
  }
};
