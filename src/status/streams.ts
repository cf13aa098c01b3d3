import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../model/problem.ts';
import { failureOf } from './schemas.ts';

export interface StreamsOptions {
  /** Milliseconds between two signs of life on a stream on which nothing happens. */
  readonly heartbeatMs: number;
  /** How many clients may follow at a time, whatever they follow. */
  readonly maxClients: number;
}

/** All streams of server-sent events. */
export interface Streams {
  /**
   * Makes the answer a stream that begins with `first`; undefined where there is nobody to follow it: for HEAD, and where the client has
   * left already. Errors: `events-full`.
   */
  readonly open: (request: FastifyRequest, reply: FastifyReply, options: StreamOptions) => Stream | undefined;
  /** Ends all of them. */
  readonly close: () => void;
}

export interface StreamOptions {
  readonly first: string;
  /** Bytes that may wait for a client that reads slowly; 0: what was written last, whatever its length. */
  readonly mayWait?: number;
  /** All that waited has left. */
  readonly drained?: () => void;
  /** The client is gone. */
  readonly left?: () => void;
}

/** What one client follows. */
export interface Stream {
  readonly write: (text: string) => void;
  /** As much waits as may: nothing is to be written before `drained`. */
  readonly isBlocked: () => boolean;
}

interface Client {
  readonly response: ServerResponse;
  readonly left: () => void;
  /** What was written has left. */
  flows: boolean;
  /** Heartbeats that came due while it did not. */
  missed: number;
}

/** Milliseconds after which a browser tries again when the stream breaks. */
const retryMs = 2000;
/** A client that takes nothing for so many heartbeats is gone. */
const maxMissed = 3;

/** How a stream is described. */
export const streamAnswers = {
  200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
  503: failureOf('As many clients follow as may.'),
};

export const createStreams = ({ heartbeatMs, maxClients }: StreamsOptions): Streams => {
  const clients = new Set<Client>();
  let heartbeat: NodeJS.Timeout | undefined;
  let closed = false;

  const write = (client: Client, text: string): void => {
    client.flows = client.response.write(text);
  };

  const beat = (): void => {
    for (const client of clients) {
      if (client.flows) write(client, ':\n\n');
      else {
        client.missed += 1;
        if (client.missed >= maxMissed) client.response.destroy();
      }
    }
  };

  const leave = (client: Client): void => {
    if (!clients.delete(client)) return;
    if (clients.size === 0) clearInterval(heartbeat);
    client.left();
  };

  return {
    open: (request, reply, { first, mayWait = 0, drained, left = () => {} }) => {
      if (clients.size >= maxClients) {
        reply.header('Retry-After', '10');
        throw fail('events-full', { count: maxClients });
      }
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      if (request.method === 'HEAD') response.end();
      if (response.writableEnded || response.destroyed) return undefined;
      const client: Client = { response, left, flows: true, missed: 0 };
      if (clients.size === 0) heartbeat = setInterval(beat, heartbeatMs).unref();
      clients.add(client);
      response.once('close', () => leave(client));
      // A write may meet a connection that has just broken; its `close` follows.
      response.on('error', () => {});
      response.on('drain', () => {
        client.flows = true;
        client.missed = 0;
        drained?.();
      });
      write(client, `retry: ${retryMs}\n${first}`);
      if (closed) response.end();
      return {
        write: (text) => write(client, text),
        isBlocked: () => !client.flows && (mayWait === 0 || response.writableLength > mayWait),
      };
    },
    close: () => {
      closed = true;
      for (const client of clients) {
        leave(client);
        // The end of a stream that nobody reads would wait for ever.
        if (client.flows) client.response.end();
        else client.response.destroy();
      }
    },
  };
};
