import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { type CommonOptions, type GuardOptions, inspect } from './inspect.ts';

/** Runs the guards and nothing else. */
export const check = async (options: CommonOptions & GuardOptions): Promise<number> => {
  const { copy, problems } = await inspect({ ...options, replace: false });
  report(problems);
  if (options.json) printJson({ name: copy.name, directory: copy.directory, problems });
  else if (problems.length === 0) printText(`Nothing here belongs to another copy than ${copy.name}.\n`);
  return exitCodeOf(problems);
};
