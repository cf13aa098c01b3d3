import { realpath } from 'node:fs/promises';
import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import { isAbsolute } from 'node:path';
import swagger from '@fastify/swagger';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { statusHostnames, toLabel } from '../model/hostname.ts';
import type { Log } from '../model/log.ts';
import { fail, type Problem, problem, SidingsError } from '../model/problem.ts';
import type { State, Workstream } from '../model/workstream.ts';
import { judgeCaller } from './caller.ts';
import { createEvents, type Events } from './events.ts';
import { problemAnswer } from './problem-answer.ts';
import { answerOf, failureOf, sharedSchemas } from './schemas.ts';
import { isKnown, readWebFiles } from './web-files.ts';

export interface StatusOptions {
  readonly state: () => State;
  /** Calls with each new state; gives the function that ends it. */
  readonly subscribe: (listener: (state: State) => void) => () => void;
  /** The nearest workstream at or above a real path. */
  readonly lookup: (directory: string) => Workstream | undefined;
  readonly suffixes: readonly string[];
  readonly log: Log;
  /** Milliseconds between two signs of life on a stream of events. */
  readonly heartbeatMs?: number;
  /** How many clients may follow the events at a time. */
  readonly maxClients?: number;
}

export interface Status {
  /** Answers a request for a status hostname. It listens nowhere itself. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends the streams of events at once. */
  readonly close: () => Promise<void>;
}

const securityHeaders = {
  Server: 'sidings',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** Longest name of a folder in bytes, as each byte may be percent-encoded. */
const maxNameLength = 3 * 255;

/** The status page and the API of the status hosts. Every caller is judged before a route is looked for. */
export const createStatus = async (options: StatusOptions): Promise<Status> => {
  const { state, subscribe, suffixes, log, heartbeatMs = 20_000 } = options;
  const events = createEvents({ state, heartbeatMs });
  const hostnames = new Set(suffixes.flatMap(statusHostnames));

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
  addApi(app, options, events);
  await app.ready();

  const unsubscribe = subscribe(events.changed);

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { method = '', url = '', headers, socket } = request;
    const scheme = 'encrypted' in socket ? 'https' : 'http';
    const refusal = judgeCaller({ method, path: url, scheme, headers }, hostnames);
    if (refusal === undefined) {
      app.routing(request, response);
      return;
    }
    const { status, type, body } = problemAnswer(refusal);
    const length = Buffer.byteLength(body);
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : body);
  };

  const close = async (): Promise<void> => {
    unsubscribe();
    events.close();
    await app.close();
  };

  return { handle, close };
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

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** A path that is read with GET or HEAD, and answers 405 to all else. */
const read = (app: FastifyInstance, url: string, schema: object, handler: Handler): void => {
  app.get(url, { schema }, handler);
  app.route({
    method: app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD'),
    url,
    schema: { hide: true },
    // Before anything is said of a body that is not wanted.
    onRequest: async ({ method }, reply) => {
      reply.header('Allow', 'GET, HEAD');
      throw fail('method-not-allowed', { method });
    },
    handler: () => undefined,
  });
};

const addPage = async (app: FastifyInstance): Promise<void> => {
  for (const { path, type, etag, content } of await readWebFiles())
    read(app, path, { hide: true }, (request, reply) => {
      reply.headers({ ETag: etag, 'Cache-Control': 'no-cache' });
      if (isKnown(request.headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
      return reply.type(type).send(content);
    });
};

const addApi = (app: FastifyInstance, { state, lookup, maxClients = 100 }: StatusOptions, events: Events): void => {
  const api = (path: string, schema: object, handler: Handler): void =>
    read(app, `/api/${path}`, schema, (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return handler(request, reply);
    });

  const workstreams = { summary: 'All workstreams', response: { 200: answerOf('State', 'Everything known now.') } };
  api('workstreams', workstreams, () => state());

  const byName = {
    summary: 'One workstream',
    params: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    response: {
      200: answerOf('Workstream', 'The workstream of that name.'),
      404: failureOf('There is none of that name.'),
      409: failureOf('Two folders have that name.'),
    },
  };
  api('workstreams/:name', byName, (request) => {
    const { name } = request.params as { name: string };
    const [found, other] = state().workstreams.filter((workstream) => workstream.name === name);
    if (found === undefined) throw fail('workstream-unknown', { name });
    if (other === undefined) return found;
    throw fail('label-taken', { first: found.directory, second: other.directory, label: toLabel(name) });
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
  api('lookup', byDirectory, async (request) => {
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
    response: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      503: failureOf('As many clients follow as may.'),
    },
  };
  api('events', live, (request, reply) => {
    if (events.count() >= maxClients) {
      reply.header('Retry-After', '10');
      throw fail('events-full', { count: maxClients });
    }
    reply.hijack();
    reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    if (request.method === 'HEAD') reply.raw.end();
    else events.follow(reply.raw);
    return reply;
  });

  let description: string | undefined;
  api('openapi.json', { hide: true }, (_request, reply) => {
    description ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(description);
  });
};
