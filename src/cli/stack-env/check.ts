import { exitCodeOf, printJson, printLine, report } from '../report.ts';
import { type CommonOptions, type GuardOptions, inspect } from './inspect.ts';
import { inspectCompose } from './inspect-compose.ts';

/** Runs the guards and nothing else. */
export const check = async (options: CommonOptions & GuardOptions): Promise<number> => {
  const found = await inspect({ ...options, replace: false });
  const { copy } = found;
  const problems = [...found.problems, ...(await inspectCompose(found))];
  report(problems);
  if (options.json) printJson({ name: copy.name, directory: copy.directory, problems });
  else if (problems.length === 0) printLine(`Nothing here belongs to another copy than ${copy.name}.`);
  return exitCodeOf(problems);
};
