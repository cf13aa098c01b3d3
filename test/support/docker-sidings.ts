import { onTestFinished, vi } from 'vitest';
import { mergeSettings } from '../../src/config/settings.ts';
import { startDaemon } from '../../src/daemon.ts';
import type { Service, State, Workstream } from '../../src/model/workstream.ts';
import { type Answer, ask } from './commands.ts';
import { keptLog } from './directories.ts';
import { engineSocket } from './docker.ts';
import { temporaryFolder } from './folder.ts';
import { makeCopies } from './project-copies.ts';

export interface WatchingSidings {
  readonly folder: string;
  readonly port: number;
  /** Warnings and errors. */
  readonly messages: readonly string[];
  /** The folder of a copy. */
  readonly directory: (name: string) => string;
  /** The computed port of a service of a copy. */
  readonly portOf: (name: string, service: string) => number;
  readonly get: (hostname: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly state: () => Promise<State>;
  readonly workstream: (name: string) => Promise<Workstream | undefined>;
  readonly service: (name: string, service: string) => Promise<Service | undefined>;
}

/** The daemon with copies of a project and the engine at a socket, or at an address and with more commands on the path; ended with the test. */
export const startWatching = async (
  names: readonly string[] = ['project', 'project-2', 'project-3'],
  engine: string | { readonly host: string; readonly path: string } = engineSocket,
): Promise<WatchingSidings> => {
  const folder = await temporaryFolder();
  const copies = await makeCopies(folder, names);
  vi.stubEnv('DOCKER_HOST', typeof engine === 'string' ? `unix://${engine}` : engine.host);
  if (typeof engine !== 'string') vi.stubEnv('PATH', `${engine.path}:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const settings = mergeSettings({
    flags: { httpPort: '0', tls: false, root: [folder], stateDir: `${folder}/.state` },
    environment: {},
    file: { path: `${folder}/config.json`, directory: folder, content: {} },
    cwd: folder,
    home: folder,
  });
  const end = new AbortController();
  const { log, messages } = keptLog();
  const bind = <Result>(work: () => Promise<Result>) => work();
  const daemon = await startDaemon({ settings, version: '0', log, home: folder, signal: end.signal, bind });
  if (daemon === undefined) throw new Error('the daemon ended');
  onTestFinished(async () => {
    end.abort();
    await daemon.closed;
  });
  const port = daemon.ports.http;
  const state = async (): Promise<State> => JSON.parse((await ask(port, 'localhost', '/api/workstreams')).text);
  const workstream = async (name: string) => (await state()).workstreams.find((one) => one.name === name);
  const copy = (name: string) => {
    const found = copies.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  return {
    folder,
    port,
    messages,
    directory: (name) => copy(name).directory,
    portOf: (name, service) => copy(name).ports[service] ?? 0,
    get: (hostname, headers = {}) => ask(port, hostname, '/', { headers }),
    state,
    workstream,
    service: async (name, service) => (await workstream(name))?.services.find((one) => one.name === service),
  };
};
