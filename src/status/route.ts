import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../model/problem.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** What is said of a route; it takes the parameters of its `querystring`, and no others. */
type RouteSchema = Readonly<Record<string, unknown>> & { readonly querystring?: { readonly properties: object } };

/** Adds a path below `/api/`; what it answers is not stored anywhere. */
export type AddRoute = (path: string, schema: RouteSchema, handler: Handler) => void;

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
  (path, schema, handler) => {
    const known = Object.keys(schema.querystring?.properties ?? {});
    read(app, `/api/${path}`, schema, (request, reply) => {
      refuseUnknown(Object.keys(request.query as object), known);
      reply.header('Cache-Control', 'no-store');
      return handler(request, reply);
    });
  };

/** A filter with a typing error would let everything through, and nobody would see it. Errors: `parameter-invalid`. */
const refuseUnknown = (names: readonly string[], known: readonly string[]): void => {
  const parameter = names.find((name) => !known.includes(name));
  if (parameter === undefined) return;
  const others = known.length === 0 ? 'there is none' : `not ${known.join(', ')}`;
  throw fail('parameter-invalid', { parameter, reason: `is unknown here: ${others}` });
};
