import { Socket } from 'node:net';
import type { DatabaseLogin, Finding } from '../../model/health.ts';
import type { Address } from './address.ts';

/** Asked for a password where none is known. */
const asked = new Error('asked for a password');

/**
 * Begins a session with a PostgreSQL server, as the user of the login where one is known. Whoever it is, a server says whether it takes
 * sessions now. Rejects where it does not, or is no PostgreSQL.
 */
export const checkPostgres = async (
  { host, port }: Address,
  login: DatabaseLogin | undefined,
  signal: AbortSignal,
): Promise<Finding> => {
  const { default: postgres } = await import('pg');
  const socket = new Socket();
  const client = new postgres.Client({
    host,
    port,
    user: login?.user ?? 'postgres',
    database: login?.database ?? 'postgres',
    // As a function, or it would look for one in the environment and in the home folder of who runs this.
    password: () => {
      if (login === undefined) throw asked;
      return login.password;
    },
    ssl: false,
    stream: () => socket,
    application_name: 'sidings',
  });
  client.on('error', () => {});
  const end = (): void => void socket.destroy(new Error('it took too long'));
  signal.addEventListener('abort', end);
  let isIn = false;
  try {
    await client.connect();
    isIn = true;
    const answer = { healthy: true, detail: `accepts sessions${login === undefined ? '' : ` in ${login.database}`}` };
    // The size of a large database may take longer than one waits here.
    const { rows } = await client.query(query).catch(() => ({ rows: [] }));
    const [{ version, size } = { version: undefined, size: undefined }] = rows as { version?: string; size?: string }[];
    return {
      ...answer,
      ...(version !== undefined && { version: version.split(' ')[0] ?? version }),
      ...(size !== undefined && login !== undefined && { sizeBytes: Number(size) }),
    };
  } catch (error) {
    if (error === asked) return { healthy: true, detail: 'answers, and asks for a password' };
    const { code = '', message } = error as { code?: string; message: string };
    // Without a login it was a guess who may come in; that it says no is an answer as well.
    const isAnswer = login === undefined && /^(28|3D)[0-9A-Z]{3}$/.test(code);
    if (isAnswer) return { healthy: true, detail: `answers: ${message}` };
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    // Whoever leaves a session says good-bye, and whoever was asked for a password does not, or the server writes it into its log.
    if (isIn) socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
    else socket.end();
    socket.once('finish', () => socket.destroy());
  }
};

const query = "SELECT current_setting('server_version') AS version, pg_database_size(current_database())::text AS size";
