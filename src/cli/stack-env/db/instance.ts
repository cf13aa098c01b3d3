import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fail, SidingsError } from '../../../model/problem.ts';
import type { Resolution } from '../../../model/workstream.ts';
import { readListeners } from '../../../registry/listeners-linux.ts';
import { copyAround } from '../../../registry/merge.ts';
import { portOwners } from '../../../registry/port-owners.ts';
import type { ComposeContainer } from '../../../resolver/compose-containers.ts';
import { type Database, databaseContainer, databaseOf } from '../../../resolver/database.ts';
import type { KnownCopy } from '../../../resolver/known-copies.ts';
import { composeContainers } from '../../docker.ts';

/** A PostgreSQL server that is shown to be a copy's own, and how its programs are run. */
export interface Instance {
  readonly copy: Resolution;
  readonly database: Database;
  /** Where it is, for messages. */
  readonly place: string;
  /** Seen from where its programs run. */
  readonly host: string;
  /** A program of PostgreSQL as the owner of the server, at a database: nothing of it goes through a shell or stands in `ps`. */
  readonly program: (name: string, args: readonly string[], at: { database: string; terminal?: boolean }) => Program;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** What the environment of a copy says of its database. Errors: `database-unknown`. */
export const requireDatabase = (copy: Resolution): Database => {
  const database = databaseOf(copy);
  if (database === undefined) throw fail('database-unknown', { name: copy.name });
  return database;
};

/**
 * The running server of a copy: a container of its compose project that was started in its folder, or a process that works there and
 * listens on its port. Errors: `database-unknown`, `database-stopped`, `database-foreign`, `database-ambiguous`.
 */
export const findInstance = async (copy: Resolution, others: readonly KnownCopy[]): Promise<Instance> => {
  const database = requireDatabase(copy);
  const { name, directory } = copy;
  const { service, port } = database;
  const { containers, silence } = await containersOf(copy);
  const found = databaseContainer(containers, copy, database);
  if (found.kind === 'running') return untilReady(inContainer(copy, database, found.container));
  if (found.kind === 'several') {
    const names = found.containers.map((container) => container.name).join(', ');
    throw fail('database-ambiguous', { name, containers: names });
  }
  if (found.kind === 'foreign') {
    const { container } = found;
    const reason = `the container ${container.name} of the compose project ${container.project} was started in ${container.directory}`;
    throw fail('database-foreign', { name, service, reason });
  }
  const holder = await holderOf(port, copy, others);
  if (holder === 'own') return untilReady(onPort(copy, database));
  if (holder !== undefined) throw fail('database-foreign', { name, service, reason: holder });
  const nothing = `nothing listens on port ${port}${silence === undefined ? '' : `, and ${silence}`}`;
  const reason = found.kind === 'stopped' ? `the container ${found.container.name} has stopped` : nothing;
  throw fail('database-stopped', { name, service, directory, reason });
};

/** Without an engine there are no containers; why is told where nothing else is found. */
const containersOf = async ({
  env,
  directory,
}: Resolution): Promise<{ readonly containers: readonly ComposeContainer[]; readonly silence?: string }> => {
  try {
    const labels = { project: env.COMPOSE_PROJECT_NAME ?? '', 'project.working_dir': directory };
    return { containers: await composeContainers(labels) };
  } catch (error) {
    if (!(error instanceof SidingsError)) throw error;
    return { containers: [], silence: error.message.replace(/\.$/, '') };
  }
};

/** Who listens on a port: `own` for processes of this copy and nobody else, undefined for nobody, else what speaks against it. */
const holderOf = async (port: number, copy: Resolution, others: readonly KnownCopy[]): Promise<string | undefined> => {
  if (process.platform !== 'linux') return `on this system it cannot be seen which process listens on port ${port}`;
  const listeners = (await readListeners()).filter((listener) => listener.port === port);
  const owners = await portOwners()(new Set(listeners.map(({ inode }) => inode)));
  const copies = new Set([copy.directory, ...others.flatMap(({ directory }) => directory ?? [])]);
  for (const { inode } of listeners) {
    const owner = owners.get(inode);
    if (owner === undefined) return `port ${port} is held by a process of another user`;
    if (copyAround(owner.directory, copies) === copy.directory) continue;
    return `port ${port} is held by process ${owner.pid} (${owner.command}), which works in ${owner.directory}`;
  }
  return listeners.length === 0 ? undefined : 'own';
};

const readyMs = 30_000;
const pauseMs = 200;

/**
 * Waits for a server that is starting: a container runs a while before its database does. It is asked over TCP, because the server with
 * which an image prepares itself listens on its socket only.
 */
const untilReady = async (instance: Instance): Promise<Instance> => {
  const { copy, database, place, host } = instance;
  const { command, args, env } = instance.program('pg_isready', ['--quiet', `--host=${host}`], {
    database: database.name,
  });
  for (const end = performance.now() + readyMs; ; await setTimeout(pauseMs)) {
    const [code] = await once(spawn(command, args, { env, stdio: 'ignore' }), 'close').catch(() => []);
    // 1: it starts or ends, 2: it does not answer. Anything else is not about the server.
    if (code !== 1 && code !== 2) return instance;
    if (performance.now() < end) continue;
    const reason = `${place} accepts no connections`;
    throw fail('database-stopped', { name: copy.name, service: database.service, directory: copy.directory, reason });
  }
};

const inContainer = (copy: Resolution, database: Database, { id, name, env }: ComposeContainer): Instance => {
  // Whoever made the server may do everything; the user of the URL may only be the owner of the database.
  const { POSTGRES_USER: user = database.user, POSTGRES_PASSWORD: password = database.password } = env;
  return {
    copy,
    database,
    place: `the container ${name}`,
    host: '127.0.0.1',
    program: (program, args, { database: at, terminal = false }) => ({
      command: 'docker',
      args: [
        ...['exec', '--interactive', ...(terminal ? ['--tty'] : [])],
        // Without a value it is that of the environment.
        ...['PGUSER', 'PGPASSWORD', 'PGDATABASE'].flatMap((variable) => ['--env', variable]),
        ...[id, program, ...args],
      ],
      env: { ...process.env, PGUSER: user, PGPASSWORD: password, PGDATABASE: at },
    }),
  };
};

const onPort = (copy: Resolution, database: Database): Instance => {
  // PGHOSTADDR, PGSERVICE and others lead elsewhere.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
  const { port, user, password } = database;
  return {
    copy,
    database,
    place: `the server on port ${port}`,
    host: 'localhost',
    program: (command, args, { database: at }) => ({
      command,
      args,
      env: {
        ...inherited,
        PGHOST: 'localhost',
        PGPORT: String(port),
        PGUSER: user,
        PGPASSWORD: password,
        PGDATABASE: at,
      },
    }),
  };
};
