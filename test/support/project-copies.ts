import { join } from 'node:path';
import { makeCopy } from './copies.ts';

/**
 * Base ports that no other test uses: tests run side by side, and copies need the same bases. They are far below the
 * ports that Linux gives to outgoing connections (32,768 and up), any of which may be taken at any moment. The workers of one run are
 * told apart by their numbers: two whose process ids end alike met in the same bases.
 */
let lastBase = 10_000 + ((process.pid % 5) * 4 + (Number(process.env.VITEST_POOL_ID ?? 0) % 4)) * 500;
export const nextBase = (): number => {
  lastBase += 20;
  return lastBase;
};

export interface TestCopy {
  readonly name: string;
  readonly directory: string;
  readonly ports: Readonly<Record<string, number>>;
}

/** Makes copies of a project with a `web` and an `api` service in a folder; numbered ones get the slots of their names. */
export const makeCopies = async (folder: string, names: readonly string[]): Promise<readonly TestCopy[]> => {
  const api = nextBase();
  const web = api + 10_000;
  const project = {
    project: 'project',
    services: { api: { port: api, env: ['API_PORT'], health: '/healthz' }, web: { port: web, default: true } },
  };
  return Promise.all(
    names.map(async (name) => {
      const directory = await makeCopy(join(folder, name), project);
      const slot = Number(/\d+$/.exec(name)?.[0] ?? 0);
      return { name, directory, ports: { api: api + slot, web: web + slot } };
    }),
  );
};
