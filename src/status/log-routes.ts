import type { LogQuery, ServiceLogs } from '../model/log-line.ts';
import type { Service, State, Workstream } from '../model/workstream.ts';
import { findService, findWorkstream } from './find-service.ts';
import { momentOf } from './request-query.ts';
import type { AddRoute } from './route.ts';
import { answerOf, failureOf } from './schemas.ts';
import { type Streams, streamAnswers } from './streams.ts';

export interface LogRouteOptions {
  readonly state: () => State;
  readonly logs: ServiceLogs;
  readonly streams: Streams;
}

const usualLines = 200;
const mostLines = 5000;

const parameters = {
  workstream: { type: 'string', description: 'Name of a workstream.' },
  service: { type: 'string', description: 'Name of one of its services.' },
  lines: { type: 'integer', minimum: 0, maximum: mostLines, default: usualLines, description: 'The last so many.' },
  since: {
    type: 'string',
    description: 'Written within that time (`90s`, `5m`, `2h`), or since an ISO time or milliseconds since the epoch.',
  },
};
const required = ['workstream', 'service'];
const failures = {
  400: failureOf('A parameter is missing or not valid.'),
  404: failureOf('There is no such workstream, or it has no such service.'),
  409: failureOf('Two folders have that name.'),
};

interface Query {
  readonly workstream: string;
  readonly service: string;
  readonly lines: number;
  readonly since?: string;
  readonly until?: string;
}

interface Wanted {
  readonly workstream: Workstream;
  readonly service: Service;
  readonly query: LogQuery;
}

/** The logs of services: their last lines, and each line as it is written. */
export const addLogRoutes = (add: AddRoute, { state, logs, streams }: LogRouteOptions): void => {
  const find = (query: unknown): Wanted => {
    const { workstream: name, service, lines, since, until } = query as Query;
    const workstream = findWorkstream(state(), name);
    const now = Date.now();
    const moments = { since: momentOf('since', since, now), until: momentOf('until', until, now) };
    return { workstream, service: findService(workstream, service), query: { lines, ...moments } };
  };

  const tail = {
    summary: 'The last lines of the log of a service',
    description:
      'What a process wrote under `stack-env run --service`, or what the container of the service wrote. Of all codes for ' +
      'terminals only colours (SGR) are left. `at` is when the line was begun, where that is known.',
    querystring: {
      type: 'object',
      properties: {
        ...parameters,
        until: { type: 'string', description: 'Written until then; a moment like `since`.' },
      },
      required,
    },
    response: { 200: answerOf('Log', 'The lines, oldest first.'), ...failures },
  };
  add('logs', tail, async (request) => {
    const { workstream, service, query } = find(request.query);
    const found = await logs.read(workstream.directory, service, query);
    return { workstream: workstream.name, service: service.name, ...found };
  });

  const live = {
    summary: 'The log of a service as server-sent events',
    description:
      'An event `line` for each of the last lines and then for each line as it is written: `data` is one of those that /api/logs ' +
      'gives. It is read as fast as the client reads, so nothing is lost but what the log itself no longer keeps.',
    querystring: { type: 'object', properties: parameters, required },
    response: { ...streamAnswers, ...failures },
  };
  add('logs/events', live, (request, reply) => {
    const { workstream, service, query } = find(request.query);
    const gone = new AbortController();
    let wake = (): void => {};
    const stream = streams.open(request, reply, {
      first: ':\n\n',
      drained: () => wake(),
      left: () => {
        gone.abort();
        wake();
      },
    });
    if (stream === undefined) return reply;
    const tell = async (): Promise<void> => {
      for await (const line of logs.follow(workstream.directory, service, query, gone.signal)) {
        if (gone.signal.aborted) return;
        stream.write(`event: line\ndata: ${JSON.stringify(line)}\n\n`);
        if (stream.isBlocked())
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    };
    // A log that cannot be read any more is one on which nothing happens.
    tell().catch(() => {});
    return reply;
  });
};
