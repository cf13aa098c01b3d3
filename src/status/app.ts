import { METHODS } from 'node:http';
import swagger from '@fastify/swagger';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Activity } from '../model/activity.ts';
import type { WorkstreamHealth } from '../model/health.ts';
import type { Log } from '../model/log.ts';
import type { ServiceLogs } from '../model/log-line.ts';
import { type Problem, problem, SidingsError } from '../model/problem.ts';
import type { Requests } from '../model/requests.ts';
import type { Setup } from '../model/setup.ts';
import type { State, Workstream } from '../model/workstream.ts';
import type { Events } from './events.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addLogRoutes } from './log-routes.ts';
import { addOverviewRoutes } from './overview-routes.ts';
import { problemAnswer } from './problem-answer.ts';
import { addRequestRoutes } from './request-routes.ts';
import { type AddRoute, apiRoutes, read } from './route.ts';
import { sharedSchemas } from './schemas.ts';
import { addStateRoutes } from './state-routes.ts';
import type { Streams } from './streams.ts';
import { isKnown, readWebFiles } from './web-files.ts';

export interface AppOptions {
  readonly state: () => State;
  /** The nearest workstream at or above a real path. */
  readonly lookup: (directory: string) => Workstream | undefined;
  /** The history of requests. */
  readonly requests: Requests;
  /** What git and the files of every copy tell of the work in it. */
  readonly activity: () => Promise<readonly Activity[]>;
  readonly setup: () => Promise<Setup>;
  readonly logs: ServiceLogs;
  /** How the services are, of all workstreams or of the one in a folder. */
  readonly health: (directory?: string) => Promise<readonly WorkstreamHealth[]>;
  readonly log: Log;
  readonly events: Events;
  readonly streams: Streams;
}

/** Longest name of a folder in bytes, as each byte may be percent-encoded. */
const maxNameLength = 3 * 255;

/** The status page and the API, for those who may ask. It listens nowhere itself. */
export const createApp = async (options: AppOptions): Promise<FastifyInstance> => {
  const { state, requests, logs, health, log, events, streams } = options;
  const app = fastify({
    routerOptions: { maxParamLength: maxNameLength },
    return503OnClosing: false,
    frameworkErrors: (_error, _request, reply) => answer(reply as FastifyReply, problem('not-found')),
  });
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  // Nothing here takes a body, so none is read.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // An answer and an event about the same state are the same text. That it has the shape of its schema is for the compiler and the tests.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setNotFoundHandler((_request, reply) => answer(reply, problem('not-found')));
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const cause = problemOf(error);
    if (cause.code === 'internal') log.error({ err: error }, 'the status API failed');
    return answer(reply, cause);
  });
  for (const schema of sharedSchemas) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sidings', description: 'What runs in which copy, and where it answers.', version: '1.0.0' },
    },
    refResolver: { buildLocalReference: ({ $id }, _base, _fragment, index) => String($id ?? `schema-${index}`) },
  });
  await addPage(app);
  const add = apiRoutes(app);
  addStateRoutes(add, options, events);
  addRequestRoutes(add, requests, streams);
  addOverviewRoutes(add, options);
  addLogRoutes(add, { state, logs, streams });
  addHealthRoutes(add, { state, health });
  addDescription(add, app);
  await app.ready();
  return app;
};

const answer = (reply: FastifyReply, cause: Problem): FastifyReply => {
  const { status, type, body } = problemAnswer(cause);
  return reply.code(status).header('Cache-Control', 'no-store').type(type).send(body);
};

const problemOf = (error: FastifyError | SidingsError): Problem => {
  if (error instanceof SidingsError) return error.problem;
  const [invalid] = error.validation ?? [];
  if (invalid === undefined) return problem('internal', { reason: error.message });
  if (invalid.keyword === 'required')
    return problem('parameter-invalid', { parameter: String(invalid.params.missingProperty), reason: 'is missing' });
  const reason = invalid.message ?? 'is not valid';
  return problem('parameter-invalid', { parameter: invalid.instancePath.slice(1), reason });
};

const addPage = async (app: FastifyInstance): Promise<void> => {
  for (const { path, type, etag, content } of await readWebFiles())
    read(app, path, { hide: true }, (request, reply) => {
      reply.headers({ ETag: etag, 'Cache-Control': 'no-cache' });
      if (isKnown(request.headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
      return reply.type(type).send(content);
    });
};

const addDescription = (add: AddRoute, app: FastifyInstance): void => {
  let description: string | undefined;
  add('openapi.json', { hide: true }, (_request, reply) => {
    description ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(description);
  });
};
