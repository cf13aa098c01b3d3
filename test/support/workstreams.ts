import type { Service, State, Workstream } from '../../src/model/workstream.ts';

export const serviceOf = (more: Partial<Service> = {}): Service => ({
  name: 'api',
  kind: 'http',
  port: 8003,
  state: 'up',
  provider: 'directory',
  upstream: '127.0.0.1:8003',
  url: 'http://project-3.api.localhost',
  urls: ['http://project-3.api.localhost', 'http://api.project-3.localhost'],
  ...more,
});

export const workstreamOf = (more: Partial<Workstream> = {}): Workstream => ({
  name: 'project-3',
  project: 'project',
  mode: 'workstream',
  slot: 3,
  directory: '/code/project-3',
  live: true,
  problems: [],
  services: [serviceOf()],
  ...more,
});

export const stateOf = (version: number, workstreams: readonly Workstream[] = [workstreamOf()]): State => ({
  version,
  problems: [],
  workstreams,
});
