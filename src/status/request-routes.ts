import { fail } from '../model/problem.ts';
import type { RequestSummary, Requests } from '../model/requests.ts';
import { filterOf, filterParameters, type RequestQuery } from './request-query.ts';
import type { AddRoute } from './route.ts';
import { answerOf, countedOnly, failureOf, wrapped } from './schemas.ts';
import { type Streams, streamAnswers } from './streams.ts';

/** Bytes of events that may wait for a client. A burst fits; who reads more slowly than requests come loses some. */
const mayWait = 256 * 1024;

const limits = { type: 'integer', minimum: 1, maximum: 1000 };
const invalid = failureOf('A parameter is not valid.');

/** The history of requests: listed, one by one, as they end, and as an archive. */
export const addRequestRoutes = (add: AddRoute, requests: Requests, streams: Streams): void => {
  const list = {
    summary: 'Requests that are over, the newest first',
    description:
      'Those for the status page are not among them, nor all of many that came in a short time to one workstream; those that failed are. ' +
      'Secrets are masked, and long texts cut.',
    querystring: {
      type: 'object',
      properties: { ...filterParameters, limit: { ...limits, default: 100, description: 'At most so many.' } },
    },
    response: { 200: wrapped('requests', 'RequestSummary', 'What was found.', { countedOnly }), 400: invalid },
  };
  add('requests', list, (request) => {
    const query = request.query as RequestQuery & { limit: number };
    const filter = filterOf(query, Date.now());
    return { requests: requests.find(filter, query.limit), countedOnly: requests.countedOnly(filter.workstream) };
  });

  const one = {
    summary: 'One request, with its header fields',
    params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
    response: {
      200: answerOf('RequestDetail', 'The request; secrets are masked.'),
      404: failureOf('It is not remembered.'),
    },
  };
  add('requests/:id', one, (request) => {
    const { id } = request.params as { id: string };
    const found = requests.detail(id);
    if (found === undefined) throw fail('request-unknown', { id });
    return found;
  });

  const live = {
    summary: 'Requests as server-sent events, as they end',
    description:
      'An event `request` for each: `data` is what /api/requests lists. A client that reads more slowly than requests come loses ' +
      'some, and is told by an event `lost` how many: `{"count": 3}`.',
    querystring: { type: 'object', properties: filterParameters },
    response: { ...streamAnswers, 400: invalid },
  };
  let last: { readonly request: RequestSummary; readonly text: string } | undefined;
  /** The event for a request: made once, whatever the number of clients. */
  const eventOf = (request: RequestSummary): string => {
    if (last?.request !== request) last = { request, text: `event: request\ndata: ${JSON.stringify(request)}\n\n` };
    return last.text;
  };
  add('requests/events', live, (request, reply) => {
    const filter = filterOf(request.query as RequestQuery, Date.now());
    let lost = 0;
    let unsubscribe = (): void => {};
    const stream = streams.open(request, reply, {
      first: ':\n\n',
      mayWait,
      drained: () => {
        if (lost === 0) return;
        stream?.write(`event: lost\ndata: {"count":${lost}}\n\n`);
        lost = 0;
      },
      left: () => unsubscribe(),
    });
    if (stream !== undefined)
      unsubscribe = requests.subscribe((summary, matches) => {
        if (!matches(filter)) return;
        if (stream.isBlocked()) lost += 1;
        else stream.write(eventOf(summary));
      });
    return reply;
  });

  const archive = {
    summary: 'Requests as an HTTP Archive (HAR 1.2)',
    description: 'All that are remembered, the oldest first. Secrets are masked; bodies are not kept.',
    querystring: {
      type: 'object',
      properties: { ...filterParameters, limit: { ...limits, maximum: 100_000, description: 'The newest so many.' } },
    },
    response: {
      200: { description: 'The archive.', content: { 'application/json': { schema: { type: 'object' } } } },
      400: invalid,
    },
  };
  add('har', archive, (request, reply) => {
    const query = request.query as RequestQuery;
    const found = requests.har(filterOf(query, Date.now()), query.limit ?? Number.POSITIVE_INFINITY);
    reply.header('Content-Disposition', 'attachment; filename="sidings.har"');
    return found;
  });
};
