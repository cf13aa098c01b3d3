import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runInTerminal } from '../../support/commands.ts';
import { notes } from '../../support/copies.ts';
import { postgresPrograms, startPostgres } from '../../support/postgres.ts';
import { nextBase } from '../../support/project-copies.ts';
import { needs } from '../../support/requirements.ts';
import { openCopies } from '../../support/stack-env.ts';

// Servers without a container: what shows whose they are is the folder that they work in.
test.skipIf(process.platform !== 'linux')(
  'a local server is this copy’s own when it works in it',
  { timeout: 120_000 },
  async (context) => {
    needs(context, 'psql', 'script');
    const base = nextBase();
    const project = { ...notes, services: { ...notes.services, postgres: { ...notes.services.postgres, port: base } } };
    const copies = await openCopies(['project', 'project-2', 'project-3'], project);
    for (const folder of ['', 'project-2', 'project-3']) await chmod(copies.path(folder), 0o755);
    const programs = await postgresPrograms();
    const db = (args: readonly string[], env: Record<string, string> = {}) =>
      copies.stackEnv('project-3', ['db', ...args], env);
    const psql = async (database: string, statement: string) => {
      const url = `postgresql://postgres@localhost:${base + 3}/${database}`;
      return (await promisify(execFile)('psql', ['-qAtX', '-c', statement, url])).stdout;
    };

    expect(await db(['reset', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`The database of project-3 is not running: nothing listens on port ${base + 3}`),
    });

    // On the port of project-3, by somebody who works in project-2.
    const foreign = await startPostgres(programs, copies.path('project-2'), base + 3);
    await psql('postgres', 'CREATE DATABASE project_3');
    await psql('project_3', 'CREATE TABLE kept AS SELECT 1 AS id');
    for (const args of [
      ['reset', '--yes'],
      ['shell', '--', '-c', 'DROP TABLE kept'],
    ]) {
      const { code, stderr } = await db(args);
      expect({ code, stderr }).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(`which works in ${copies.path('project-2', '.postgres')}`),
      });
    }
    expect(await psql('project_3', 'SELECT id FROM kept')).toBe('1\n');
    foreign.child.kill('SIGQUIT');
    await foreign.ended;

    await startPostgres(programs, copies.path('project-3'), base + 3);
    // There is no database of this name yet.
    expect(await db(['reset', '--yes'])).toMatchObject({
      code: 0,
      stdout: 'project_3 of project-3 is empty now.\n',
      stderr: '',
    });
    // What leads elsewhere in this shell is not followed.
    const elsewhere = { PGHOSTADDR: '127.0.0.9', PGOPTIONS: '-c nonsense=1' };
    expect(await db(['shell', '--', '-c', 'CREATE TABLE kept AS SELECT 1 AS id'], elsewhere)).toMatchObject({
      code: 0,
    });
    expect((await db(['shell', '--', '-Atc', 'SELECT id FROM kept'])).stdout).toBe('1\n');
    expect((await db(['shell', '--', '-c', 'nonsense'])).code).toBe(1);

    expect(await db(['reset'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const env = { HOME: copies.folder, SIDINGS_STATE_DIR: copies.path('.state') };
    for (const [answer, code, left] of [
      ['\n', 1, '1'],
      ['n\n', 1, '1'],
      ['y\n', 0, '0'],
    ] as const) {
      const place = { cwd: copies.path('project-3'), env, question: 'Go on? [y/N]', answer };
      const { code: ended, stdout } = await runInTerminal(['db', 'reset'], place, 'stack-env');
      expect({ ended, stdout }).toMatchObject({
        ended: code,
        stdout: expect.stringContaining('All data in project_3 of project-3 (the server on port'),
      });
      expect(await psql('project_3', "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")).toBe(`${left}\n`);
    }
    expect(await psql('postgres', 'SELECT datname FROM pg_database ORDER BY 1')).toBe(
      'postgres\nproject_3\ntemplate0\ntemplate1\n',
    );
  },
);
