import type { WorkstreamHealth } from '../model/health.ts';
import type { State } from '../model/workstream.ts';
import { findWorkstream } from './find-service.ts';
import type { AddRoute } from './route.ts';
import { failureOf, wrapped } from './schemas.ts';

export interface HealthRouteOptions {
  readonly state: () => State;
  /** How the services are, of all workstreams or of the one in a folder. */
  readonly health: (directory?: string) => Promise<readonly WorkstreamHealth[]>;
}

/** The path that says how services are. */
export const addHealthRoutes = (add: AddRoute, { state, health }: HealthRouteOptions): void => {
  const all = {
    summary: 'How the services are',
    description:
      'Asked now, or a moment ago: the path of health of a service of kind http, a session with PostgreSQL, a PING of Redis, or else ' +
      'whether a connection is accepted. Nothing is asked at a port that is not its own.',
    querystring: {
      type: 'object',
      properties: { workstream: { type: 'string', description: 'Only this one.' } },
    },
    response: {
      200: wrapped('workstreams', 'WorkstreamHealth', 'All of them, or the one.'),
      404: failureOf('There is no such workstream.'),
      409: failureOf('Two folders have that name.'),
    },
  };
  add('health', all, async (request) => {
    const { workstream: name } = request.query as { workstream?: string };
    const directory = name === undefined ? undefined : findWorkstream(state(), name).directory;
    return { workstreams: await health(directory) };
  });
};
