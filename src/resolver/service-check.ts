import type { ServiceCheck } from '../model/health.ts';
import type { Resolution } from '../model/workstream.ts';
import { parseDatabaseUrl } from './database.ts';

/**
 * How a service of a copy is checked. A service of kind `tcp` is what a URL with its port says in the copy's environment, or else what its
 * name or its base port says; only of a URL the credentials are known.
 */
export const serviceCheck = (
  { env, services, slot }: Pick<Resolution, 'env' | 'services' | 'slot'>,
  name: string,
): ServiceCheck => {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service?.kind === 'http') {
    const { health: path, localUrl, protocol } = service;
    return path === undefined ? { kind: 'tcp' } : { kind: 'http', path, host: new URL(localUrl).host, protocol };
  }
  const { DATABASE_URL: usual, ...others } = env;
  for (const url of [usual, ...Object.values(others)]) {
    const found = url === undefined || service === undefined ? undefined : checkOfUrl(url, service.port);
    if (found !== undefined) return found;
  }
  const base = service === undefined ? undefined : service.port - slot;
  if (/postgres|postgis|^(pg|psql)$/i.test(name) || base === 5432) return { kind: 'postgres' };
  if (/redis|valkey/i.test(name) || base === 6379) return { kind: 'redis' };
  return { kind: 'tcp' };
};

const checkOfUrl = (url: string, port: number): ServiceCheck | undefined => {
  const database = parseDatabaseUrl(url);
  if (database?.port === port) {
    const { user, password, name } = database;
    return { kind: 'postgres', login: { user, password, database: name } };
  }
  const redis = /^(?:redis|valkey):\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (redis === undefined || Number(redis.port || 6379) !== port) return undefined;
  const [user, password] = [redis.username, redis.password].map(decoded);
  return { kind: 'redis', ...(user && { user }), ...(password && { password }) };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
