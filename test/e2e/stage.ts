import { chmod, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, start, startSidings } from '../support/commands.ts';
import { postgresPrograms, startPostgres } from '../support/postgres.ts';
import { nextBase } from '../support/project-copies.ts';
import { eventually } from '../support/raw.ts';
import { runToEnd } from './run-to-end.ts';

const example = fileURLToPath(new URL('../../examples/notes', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));
const sessionApi = fileURLToPath(new URL('session-api.mjs', import.meta.url));

export interface StageCopy {
  readonly name: string;
  readonly directory: string;
  readonly ports: Readonly<Record<'api' | 'web', number>>;
}

/** Copies of examples/notes behind `sidings start`, for all tests of a file. */
export interface Stage {
  readonly copies: readonly StageCopy[];
  readonly httpPort: number;
  readonly httpsPort: number;
  /** File with the root certificate. */
  readonly root: string;
  /** The variables with which commands find this stage, and nothing of the shell that runs the tests. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    request({ host: 'localhost', port, agent: false }, (response) => {
      response.resume();
      resolve(true);
    })
      .on('error', () => resolve(false))
      .end();
  });

/** The same base ports in all copies, which no other test uses. */
const moveBases = async (directory: string, bases: Readonly<Record<string, number>>): Promise<void> => {
  const file = join(directory, 'sidings.json');
  const project = JSON.parse(await readFile(file, 'utf8')) as { services: Record<string, { port: number }> };
  for (const [service, port] of Object.entries(bases))
    project.services[service] = { ...project.services[service], port };
  await writeFile(file, JSON.stringify(project));
};

export interface StageOptions {
  /** Each copy has its own PostgreSQL server and the API of the example. */
  readonly database?: boolean;
}

/** In place of the package that `npm install --save-dev sidings` would bring. */
const linkSidings = async (directory: string): Promise<void> => {
  const link = join(directory, 'node_modules/sidings');
  await rm(link, { recursive: true, force: true });
  await symlink(repository, link);
};

/** Makes copies with these names. Each has its real Vite, and an API; without a database, one that needs none and sets a cookie. */
export const openStage = async (names: readonly string[], { database = false }: StageOptions = {}): Promise<Stage> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'sidings-stage-')));
  const endings: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 3 })];
  const ending = (end: () => Promise<void>): void => void endings.push(end);
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };

  const open = async (): Promise<Omit<Stage, 'close'>> => {
    const base = nextBase();
    const bases = { api: base, web: base + 10_000, ...(database && { postgres: base + 10 }) };
    // PostgreSQL runs as another user than root, who may pass through.
    if (database) await chmod(folder, 0o755);
    const programs = database ? await postgresPrograms(folder) : undefined;
    for (const name of names) {
      await runToEnd('cp', ['-R', example, join(folder, name)]);
      await linkSidings(join(folder, name));
      await moveBases(join(folder, name), bases);
      await writeFile(join(folder, name, 'web/empty.html'), '<!doctype html><title>Empty</title>\n');
    }
    const own = { SIDINGS_STATE_DIR: join(folder, '.state'), SIDINGS_CERTS_DIR: join(folder, '.certs') };
    const { port: httpPort, httpsPort } = await startSidings(['--root', folder], { cwd: folder, env: own, ending });

    const startCopy = async (name: string): Promise<StageCopy> => {
      const directory = join(folder, name);
      const env = { ...own, SIDINGS_HTTPS_PORT: String(httpsPort) };
      const { code, stdout } = await runCommand('stack-env', ['--json'], { cwd: directory, env, ending });
      if (code !== 0) throw new Error(stdout);
      const resolved = JSON.parse(stdout) as {
        env: Record<string, string>;
        services: Record<'api' | 'web' | 'postgres', { port: number }>;
      };
      if (programs !== undefined) {
        const { port } = resolved.services.postgres;
        await startPostgres(programs, directory, port, ending);
        const url = `postgresql://postgres@localhost:${port}/postgres`;
        const create = `CREATE DATABASE ${resolved.env.POSTGRES_DB}`;
        const { code, output } = await runToEnd('psql', ['-qX', '-c', create, url]);
        if (code !== 0) throw new Error(output);
      }
      const options = { cwd: directory, env: { PATH: process.env.PATH, HOME: folder, ...resolved.env } };
      start(process.execPath, [database ? 'api/server.js' : sessionApi], options, ending);
      start(process.execPath, ['node_modules/vite/bin/vite.js'], options, ending);
      for (const service of ['api', 'web'] as const)
        await eventually(() => answers(resolved.services[service].port), `${service} of ${name} answers`);
      const { api, web } = resolved.services;
      return { name, directory, ports: { api: api.port, web: web.port } };
    };
    const copies = await Promise.all(names.map(startCopy));
    const ports = { SIDINGS_HTTP_PORT: String(httpPort), SIDINGS_HTTPS_PORT: String(httpsPort) };
    const env = { PATH: process.env.PATH ?? '', HOME: folder, ...own, ...ports };
    return { copies, httpPort, httpsPort, root: join(folder, '.certs/root.pem'), env };
  };

  try {
    return { ...(await open()), close };
  } catch (error) {
    await close();
    throw error;
  }
};
