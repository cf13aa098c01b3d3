import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fail } from '../model/problem.ts';
import type { State, Workstream } from '../model/workstream.ts';
import type { Events } from './events.ts';
import { findWorkstream } from './find-service.ts';
import type { AddRoute } from './route.ts';
import { answerOf, failureOf } from './schemas.ts';
import { streamAnswers } from './streams.ts';

interface Known {
  readonly state: () => State;
  /** The nearest workstream at or above a real path. */
  readonly lookup: (directory: string) => Workstream | undefined;
}

/** What is known now: all of it, one workstream, and as it changes. */
export const addStateRoutes = (add: AddRoute, { state, lookup }: Known, events: Events): void => {
  const workstreams = { summary: 'All workstreams', response: { 200: answerOf('State', 'Everything known now.') } };
  add('workstreams', workstreams, () => state());

  const byName = {
    summary: 'One workstream',
    params: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    response: {
      200: answerOf('Workstream', 'The workstream of that name.'),
      404: failureOf('There is none of that name.'),
      409: failureOf('Two folders have that name.'),
    },
  };
  add('workstreams/:name', byName, (request) => {
    const { name } = request.params as { name: string };
    return findWorkstream(state(), name);
  });

  const byDirectory = {
    summary: 'The workstream that a folder belongs to',
    querystring: {
      type: 'object',
      properties: { directory: { type: 'string', description: 'An absolute path.' } },
      required: ['directory'],
    },
    response: {
      200: answerOf('Workstream', 'The nearest workstream at or above the folder.'),
      400: failureOf('The path is missing or not absolute.'),
      404: failureOf('The folder is in no known workstream.'),
    },
  };
  add('lookup', byDirectory, async (request) => {
    const { directory } = request.query as { directory: string };
    if (!isAbsolute(directory)) throw fail('parameter-invalid', { parameter: 'directory', reason: 'is not absolute' });
    // Copies are known by their real path. A folder that is gone may still lie in one.
    const found = lookup(await realpath(directory).catch(() => directory));
    if (found === undefined) throw fail('directory-unknown', { directory });
    return found;
  });

  const live = {
    summary: 'The state as server-sent events',
    description:
      'An event `state` on connect and on each change: `data` is what /api/workstreams gives, `id` its version. ' +
      'A client that reads slowly gets the newest state and misses those between.',
    response: streamAnswers,
  };
  add('events', live, (request, reply) => {
    events.follow(request, reply);
    return reply;
  });
};
