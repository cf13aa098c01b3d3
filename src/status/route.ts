import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../model/problem.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Adds a path below `/api/`; what it answers is not stored anywhere. */
export type AddRoute = (path: string, schema: object, handler: Handler) => void;

/** A path that is read with GET or HEAD, and answers 405 to all else. */
export const read = (app: FastifyInstance, url: string, schema: object, handler: Handler): void => {
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

/** Paths of the API. */
export const apiRoutes =
  (app: FastifyInstance): AddRoute =>
  (path, schema, handler) =>
    read(app, `/api/${path}`, schema, (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return handler(request, reply);
    });
