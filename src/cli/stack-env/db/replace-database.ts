import { SidingsError } from '../../../model/problem.ts';
import type { Instance } from './instance.ts';
import { runSql } from './programs.ts';

/** The name of the database while it is filled. */
export const newDatabase = 'sidings_new';

// A run that was killed leaves one of these at most; nobody has work in it.
const dropLeftovers = `
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('${newDatabase}', 'sidings_old');
DROP DATABASE IF EXISTS ${newDatabase};
DROP DATABASE IF EXISTS sidings_old;
`;

// Renaming wants nobody connected, and keeps newcomers waiting until the transaction ends: all of it happens or nothing.
const swap = `
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'database') AS there \\gset
BEGIN;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'database', '${newDatabase}');
\\if :there
ALTER DATABASE :"database" RENAME TO sidings_old;
\\endif
ALTER DATABASE ${newDatabase} RENAME TO :"database";
COMMIT;
`;

/** A pool that reconnects at once may slip in before the first rename. */
const attempts = 5;

/**
 * Puts a new database in the place of a copy's own, once it is filled. Until then the old one is there and in use; it is lost only when the
 * new one has its name. Errors: `database-failed`.
 */
export const replaceDatabase = async (
  instance: Instance,
  template: 'template0' | 'template1',
  fill: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const { name: database, user: owner } = instance.database;
  await runSql(instance, dropLeftovers, {}, signal);
  try {
    await runSql(instance, `CREATE DATABASE ${newDatabase} OWNER :"owner" TEMPLATE ${template};`, { owner }, signal);
    await fill();
    await swapIn(instance, database, signal);
  } finally {
    // With a signal of its own: this is left to do after an interruption too. If it fails, the next run does it.
    await runSql(instance, dropLeftovers, {}, AbortSignal.timeout(10_000)).catch(() => undefined);
  }
};

const swapIn = async (instance: Instance, database: string, signal: AbortSignal): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runSql(instance, swap, { database }, signal);
    } catch (error) {
      const inUse = error instanceof SidingsError && error.message.includes('being accessed by other users');
      if (!inUse || attempt === attempts) throw error;
    }
  }
};
