import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import { statusHostnames } from '../model/hostname.ts';
import { problem } from '../model/problem.ts';
import type { AppOptions } from './app.ts';
import { judgeCaller } from './caller.ts';
import { createEvents, type EventsOptions } from './events.ts';
import { problemAnswer } from './problem-answer.ts';
import { createStreams } from './streams.ts';

export interface StatusOptions extends Omit<AppOptions, 'events' | 'streams'>, Pick<EventsOptions, 'subscribe'> {
  readonly suffixes: readonly string[];
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

/**
 * The status hosts: every caller is judged, then the app answers. That is made for the first one who may ask: to load it takes longer
 * than all else at a start, and is nothing that a request to a service should wait for.
 */
export const createStatus = (options: StatusOptions): Status => {
  const { state, subscribe, suffixes, log, heartbeatMs = 20_000, maxClients = 100 } = options;
  const streams = createStreams({ heartbeatMs, maxClients });
  const events = createEvents({ state, subscribe, streams });
  const hostnames = new Set(suffixes.flatMap(statusHostnames));

  const load = async () => (await import('./app.ts')).createApp({ ...options, events, streams });
  let app: ReturnType<typeof load> | undefined;

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { method = '', url = '', headers, socket } = request;
    const scheme = 'encrypted' in socket ? 'https' : 'http';
    const refusal = judgeCaller({ method, path: url, scheme, headers }, hostnames);
    const refuse = (cause: Parameters<typeof problemAnswer>[0]): void => {
      const { status, type, body } = problemAnswer(cause);
      const length = Buffer.byteLength(body);
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-store' });
      response.end(method === 'HEAD' ? undefined : body);
    };
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    // HTTP/2 brings any word; the app has routes for those that Node knows.
    if (!METHODS.includes(method)) {
      refuse(problem('method-unsupported', { method }));
      return;
    }
    app ??= load();
    app.then(
      (loaded) => loaded.routing(request, response),
      (error: unknown) => {
        log.error({ err: error }, 'the status API could not be loaded');
        refuse(problem('internal', { reason: String(error) }));
      },
    );
  };

  const close = async (): Promise<void> => {
    streams.close();
    await (await app?.catch(() => undefined))?.close();
  };

  return { handle, close };
};
