import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Problem, problem } from '../../model/problem.ts';
import type { Resolution } from '../../model/workstream.ts';
import { type ComposeOptions, composeOptions } from '../../resolver/compose-options.ts';
import { findCompose } from '../docker.ts';
import { exitCodeOf, report } from '../report.ts';
import { runToEnd } from '../run-to-end.ts';
import { type CommonOptions, type GuardOptions, inspect } from './inspect.ts';
import { inspectCompose } from './inspect-compose.ts';

/**
 * Runs compose for this copy: with its environment and project name, in its folder, with the arguments as they are. Ends as compose ended.
 */
export const compose = async (
  args: readonly string[],
  options: CommonOptions & Pick<GuardOptions, 'replace'>,
): Promise<number> => {
  const found = await inspect(options);
  const { copy, env } = found;
  const said = composeOptions(args);
  const problems = [
    ...found.problems,
    ...(await guardOptions(said, copy)),
    ...(await inspectCompose(found, said.files)),
  ];
  report(problems);
  const code = exitCodeOf(problems);
  if (code !== 0) return code;

  const [command = '', ...start] = await findCompose();
  // Otherwise the first file would say which folder it is.
  const place = said.directory === undefined ? ['--project-directory', copy.directory] : [];
  return runToEnd(command, [...start, ...place, ...args], {
    cwd: copy.directory,
    env: { ...process.env, ...env, PWD: copy.directory },
    stdio: 'inherit',
  });
};

/** Options of compose that would have it work on something else than this copy. */
const guardOptions = async ({ project, directory }: ComposeOptions, copy: Resolution): Promise<readonly Problem[]> => {
  const { name, directory: own, env } = copy;
  const expected = env.COMPOSE_PROJECT_NAME ?? '';
  const problems: Problem[] = [];
  if (project !== undefined && project.value !== expected) {
    problems.push(problem('compose-foreign-option', { ...project, name, what: 'project', expected }));
  }
  if (directory === undefined) return problems;
  const path = resolve(own, directory.value);
  if ((await realpath(path).catch(() => path)) !== own) {
    problems.push(problem('compose-foreign-option', { ...directory, name, what: 'folder', expected: own }));
  }
  return problems;
};
