import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Ended, runCommand, type Started, startCommand } from './commands.ts';
import { cleanProject, engine } from './docker.ts';
import { temporaryFolder } from './folder.ts';
import { nextBase } from './project-copies.ts';

const example = fileURLToPath(new URL('../../examples/notes', import.meta.url));

export interface ExampleCopies {
  /** The folder name of main; the others are `NAME-2`, … */
  readonly project: string;
  readonly path: (copy: string, ...parts: string[]) => string;
  readonly stackEnv: (copy: string, args: readonly string[], env?: Record<string, string>) => Promise<Ended>;
  readonly start: (copy: string, args: readonly string[], env?: Record<string, string>) => Started;
  /** The same; rejects when it fails. */
  readonly must: (copy: string, args: readonly string[], env?: Record<string, string>) => Promise<string>;
  /** What psql prints for statements. */
  readonly sql: (copy: string, ...statements: readonly string[]) => Promise<string>;
}

let count = 0;

/**
 * Copies of the example, as main and with these numbers, on ports and under a name that nothing else has on an engine that several may use.
 * All that they have on the engine is removed with the test.
 */
export const openExampleCopies = async (
  numbers: readonly number[],
  { database, modules = false }: { readonly database?: string; readonly modules?: boolean } = {},
): Promise<ExampleCopies> => {
  const folder = await temporaryFolder();
  count += 1;
  const project = `notes${process.pid}x${count}`;
  const postgres = nextBase();
  for (const name of [project, ...numbers.map((number) => `${project}-${number}`)]) {
    const copy = join(folder, name);
    await cp(example, copy, { recursive: true, filter: (file) => !file.endsWith('/node_modules') });
    // Many times faster than Node's own copying.
    if (modules) await promisify(execFile)('cp', ['-R', join(example, 'node_modules'), copy]);
    const file = join(copy, 'sidings.json');
    const content = JSON.parse(await readFile(file, 'utf8'));
    content.project = project;
    content.services.postgres.port = postgres;
    content.services.redis.port = postgres + 10_000;
    if (database !== undefined) {
      content.env.POSTGRES_DB = database;
      content.env.DATABASE_URL = `postgresql://postgres:postgres@localhost:{postgres.port}/${encodeURIComponent(database)}`;
    }
    await writeFile(file, JSON.stringify(content));
    cleanProject(name);
  }
  const path = (copy: string, ...parts: string[]): string => join(folder, copy, ...parts);
  const place = (copy: string, env: Record<string, string> = {}) => ({
    cwd: path(copy),
    env: {
      SIDINGS_STATE_DIR: join(folder, '.state'),
      DOCKER_HOST: process.env.DOCKER_HOST ?? '',
      POSTGRES_IMAGE: 'sidings-test/postgres',
      REDIS_IMAGE: 'sidings-test/redis',
      NODE_IMAGE: 'sidings-test/node',
      ...env,
    },
  });
  const stackEnv: ExampleCopies['stackEnv'] = (copy, args, env) => runCommand('stack-env', args, place(copy, env));
  const must: ExampleCopies['must'] = async (copy, args, env) => {
    const { code, stdout, stderr } = await stackEnv(copy, args, env);
    if (code !== 0) throw new Error(`stack-env ${args.join(' ')} in ${copy} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    project,
    path,
    stackEnv,
    must,
    start: (copy, args, env) => startCommand('stack-env', args, place(copy, env)),
    sql: (copy, ...statements) =>
      must(copy, ['db', 'shell', '--', '-qAtX', '-v', 'ON_ERROR_STOP=1', ...statements.flatMap((one) => ['-c', one])]),
  };
};

/** All that a compose project has on the engine, by kind. */
export const belongingsOf = async (project: string) => {
  const filters = { label: [`com.docker.compose.project=${project}`] };
  const [containers, { Volumes: volumes }, networks] = await Promise.all([
    engine().listContainers({ all: true, filters }),
    engine().listVolumes({ filters }),
    engine().listNetworks({ filters }),
  ]);
  return { containers, volumes: volumes ?? [], networks };
};
