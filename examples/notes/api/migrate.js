import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('migrations/', import.meta.url);

// Any number will do, as long as it is always the same one.
const lock = 20_010_901;

/** Applies the files of `migrations/` that this database has not seen, in order of name, each in a transaction. */
export const migrate = async (pool) => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const client = await pool.connect();
  try {
    // Two servers that start together wait for each other here. PostgreSQL frees the lock if one of them dies.
    await client.query('SELECT pg_advisory_lock($1)', [lock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (file text PRIMARY KEY, applied_at timestamptz DEFAULT now())',
    );
    const { rows } = await client.query('SELECT file FROM migrations');
    const applied = new Set(rows.map((row) => row.file));
    for (const file of files.filter((name) => !applied.has(name))) await apply(client, file);
    await client.query('SELECT pg_advisory_unlock($1)', [lock]);
    client.release();
  } catch (error) {
    // The connection is closed rather than handed back: it may still hold the lock.
    client.release(true);
    throw error;
  }
};

const apply = async (client, file) => {
  const sql = await readFile(new URL(file, folder), 'utf8');
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO migrations (file) VALUES ($1)', [file]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`Migration ${file} failed: ${error.message}`, { cause: error });
  }
};
