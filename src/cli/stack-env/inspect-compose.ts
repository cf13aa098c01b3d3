import { type Problem, SidingsError } from '../../model/problem.ts';
import { guardContainers } from '../../resolver/compose-containers.ts';
import { guardCompose } from '../../resolver/compose-guards.ts';
import { readEnvFiles } from '../../resolver/env-files.ts';
import { composeFileNames, readComposeFiles } from '../compose-files.ts';
import { composeContainers } from '../docker.ts';
import type { FoundCopy } from './inspect.ts';

/**
 * What the compose files of a copy have in them that is the same in every copy, and containers whose project and folder disagree. `named`
 * are files that compose is told to take. Where no engine answers there are no containers.
 */
export const inspectCompose = async (
  { copy, others, directory }: FoundCopy,
  named: readonly string[] = [],
): Promise<readonly Problem[]> => {
  const [dotenv] = (await readEnvFiles(copy.directory)).filter(({ file }) => file === '.env');
  const environment = {
    ...Object.fromEntries((dotenv?.entries ?? []).map(({ name, value }) => [name, value])),
    ...process.env,
  };
  const { COMPOSE_FILE: list, COMPOSE_PATH_SEPARATOR: separator = ':' } = environment;
  const chosen = named.length > 0 ? named : list?.split(separator);
  const names = chosen ?? (await composeFileNames(copy.directory)).standard;
  const [{ files, problems }, containers] = await Promise.all([
    readComposeFiles(copy.directory, names, directory),
    names.length === 0 ? [] : containersOf(copy),
  ]);
  return [...problems, ...guardCompose({ copy, files, environment }), ...guardContainers(containers, copy, others)];
};

/** An engine that does not answer at once is left to compose itself. */
const engineMs = 3000;

const containersOf = async ({ env, directory }: FoundCopy['copy']) => {
  try {
    const labels = { project: env.COMPOSE_PROJECT_NAME ?? '', 'project.working_dir': directory };
    return await composeContainers(labels, engineMs);
  } catch (error) {
    if (error instanceof SidingsError) return [];
    throw error;
  }
};
