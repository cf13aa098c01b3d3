import pg from 'pg';
import { buildApp } from './app.js';
import { readConfig } from './config.js';
import { migrate } from './migrate.js';

const { name, host, port, databaseUrl, origins } = readConfig(process.env);

const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 });
const app = buildApp({ name, origins, pool });

// A connection that breaks while nobody uses it: the pool opens another one for the next query.
pool.on('error', (error) => app.log.warn(error, 'lost a database connection'));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await app.close();
    await pool.end();
  });
}

await migrate(pool);
await app.listen({ port, host });
