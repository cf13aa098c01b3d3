import { join } from 'node:path';
import type { ProjectFile } from '../../src/resolver/project-file.ts';
import type { ResolverSettings } from '../../src/resolver/resolve.ts';
import { write } from './folder.ts';

/** The project that DESIGN computes its figures with. */
export const notes = {
  project: 'project',
  services: {
    api: { port: 8000, env: ['API_PORT'], health: '/healthz' },
    web: { port: 5173, env: ['WEB_PORT'], default: true },
    postgres: { port: 5432, kind: 'tcp', env: ['POSTGRES_PORT'] },
    redis: { port: 6379, kind: 'tcp', env: ['REDIS_PORT'] },
  },
  env: { DATABASE_URL: 'postgresql://postgres:postgres@localhost:{postgres.port}/{database}', API_URL: '{api.url}' },
} as const satisfies ProjectFile;

/** Makes a copy of a project; gives its folder. */
export const makeCopy = async (directory: string, project: unknown = notes): Promise<string> => {
  await write(join(directory, 'sidings.json'), JSON.stringify(project));
  return directory;
};

/** Settings with the state folder inside the folder of a test. */
export const settingsIn = (folder: string, more: Partial<ResolverSettings> = {}): ResolverSettings => ({
  stateDirectory: join(folder, 'state'),
  suffix: 'localhost',
  proxy: { scheme: 'https', port: 443 },
  trustedRoots: [],
  configFile: join(folder, 'config.json'),
  ...more,
});
