import type { Resolution } from '../model/workstream.ts';
import { type ComposeContainer, isOwnContainer } from './compose-containers.ts';

/** The PostgreSQL database of a copy, as its environment says. */
export interface Database {
  readonly url: string;
  readonly service: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly name: string;
}

/** The database that `DATABASE_URL`, or else the first other variable, leads to: one on this machine, at the port of a service. */
export const databaseOf = ({ env, services }: Pick<Resolution, 'env' | 'services'>): Database | undefined => {
  const { DATABASE_URL: usual, ...others } = env;
  for (const url of [usual, ...Object.values(others)]) {
    const parsed = url === undefined ? undefined : parseDatabaseUrl(url);
    if (parsed === undefined) continue;
    const [service] =
      Object.entries(services).find(([, { kind, port }]) => kind === 'tcp' && port === parsed.port) ?? [];
    if (service !== undefined) return { ...parsed, service };
  }
  return undefined;
};

/** What the URL of a PostgreSQL database on this machine says; undefined where it is none. */
export const parseDatabaseUrl = (url: string): Omit<Database, 'service'> | undefined => {
  if (!/^postgres(?:ql)?(?:\+\w+)?:\/\//.test(url)) return undefined;
  try {
    const { hostname, port, username, password, pathname } = new URL(url);
    if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return undefined;
    const user = decodeURIComponent(username) || 'postgres';
    const name = decodeURIComponent(pathname.slice(1)) || user;
    const found = { url, port: Number(port || 5432), user, password: decodeURIComponent(password), name };
    // No name has it, and no program can be given it.
    return Object.values(found).join('').includes('\0') ? undefined : found;
  } catch {
    // `%` without a number, or no URL at all.
    return undefined;
  }
};

export type DatabaseContainer =
  | { readonly kind: 'running'; readonly container: ComposeContainer }
  | { readonly kind: 'stopped'; readonly container: ComposeContainer }
  /** Of this copy's compose project, but started in another folder. */
  | { readonly kind: 'foreign'; readonly container: ComposeContainer }
  | { readonly kind: 'several'; readonly containers: readonly ComposeContainer[] }
  | { readonly kind: 'none' };

/**
 * The container of this very copy that is its database: that of the service of the same name, or else the one that is PostgreSQL.
 */
export const databaseContainer = (
  containers: readonly ComposeContainer[],
  copy: Pick<Resolution, 'env' | 'directory'>,
  { service }: Pick<Database, 'service'>,
): DatabaseContainer => {
  const lasting = containers.filter(({ isOneOff }) => !isOneOff);
  const own = lasting.filter((container) => isOwnContainer(container, copy));
  const named = own.filter((container) => container.service === service);
  const candidates = named.length > 0 ? named : own.filter(isPostgres);
  const running = candidates.filter((container) => container.running);
  const [container, second] = running.length > 0 ? running : candidates;
  if (container === undefined) {
    const foreign = lasting.find(
      (one) => one.project === copy.env.COMPOSE_PROJECT_NAME && (one.service === service || isPostgres(one)),
    );
    return foreign === undefined ? { kind: 'none' } : { kind: 'foreign', container: foreign };
  }
  if (second !== undefined) return { kind: 'several', containers: candidates };
  return { kind: container.running ? 'running' : 'stopped', container };
};

/** By the name of its image, or by what every image of PostgreSQL sets. */
const isPostgres = ({ image, env }: ComposeContainer): boolean =>
  /(?:^|\/)(?:postgres|postgresql|postgis|pgvector|timescaledb)(?:[:@-]|$)/.test(image) || Object.hasOwn(env, 'PGDATA');
