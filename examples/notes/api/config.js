/** Reads the configuration from environment variables; throws an error that names the variable when one is missing or wrong. */
export const readConfig = (env) => {
  const databaseUrl = env.DATABASE_URL;
  // No default on purpose: a database that was not asked for may be another copy's.
  if (!databaseUrl) throw new Error('DATABASE_URL is not set. Start with: stack-env run -- npm run dev');
  const webPort = readPort(env, 'WEB_PORT', 5173);
  const localWebUrl = `http://localhost:${webPort}`;
  return {
    name: env.STACK_NAME ?? 'notes',
    // Only this machine, unless it runs in a container.
    host: env.API_HOST ?? 'localhost',
    port: readPort(env, 'API_PORT', 8000),
    databaseUrl,
    // The pages that may call this API: the web service of this copy, at its address and on its own port.
    origins: [...new Set([env.WEB_URL ?? localWebUrl, localWebUrl].map((url) => new URL(url).origin))],
  };
};

const readPort = (env, variable, fallback) => {
  const text = env[variable] ?? String(fallback);
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port < 1 || port > 65535) throw new Error(`${variable} is not a port: ${text}`);
  return port;
};
