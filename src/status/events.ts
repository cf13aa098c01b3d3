import type { ServerResponse } from 'node:http';
import type { State } from '../model/workstream.ts';

export interface Events {
  /** How many clients follow now. */
  readonly count: () => number;
  /** Makes an answer, whose head is complete but not sent, a stream of events. */
  readonly follow: (response: ServerResponse) => void;
  /** There is a new state. */
  readonly changed: () => void;
  /** Ends all streams. */
  readonly close: () => void;
}

export interface EventOptions {
  readonly state: () => State;
  /** Milliseconds between two signs of life on a stream on which nothing happens. */
  readonly heartbeatMs: number;
}

interface Client {
  readonly response: ServerResponse;
  /** What was written last has not left yet. */
  blocked: boolean;
  /** There was a change while it was blocked. */
  stale: boolean;
  /** Heartbeats that came due while it was blocked. */
  missed: number;
}

/** Milliseconds after which a browser tries again when the stream breaks. */
const retryMs = 2000;
/** A client that takes nothing for so many heartbeats is gone. */
const maxMissed = 3;

/**
 * The state as server-sent events: `event: state`, `id:` its version, `data:` the whole of it as `/api/workstreams` gives it. One on
 * connect, one for each change. A client that reads slowly never has more than one of them waiting; when that has left it gets
 * the newest, and those between are not for it.
 */
export const createEvents = ({ state, heartbeatMs }: EventOptions): Events => {
  const clients = new Set<Client>();
  let heartbeat: NodeJS.Timeout | undefined;
  let closed = false;
  let last: { readonly state: State; readonly text: string } | undefined;

  /** The event for the newest state: made once, whatever the number of clients. */
  const newest = (): string => {
    const current = state();
    if (last?.state !== current) {
      const text = `event: state\nid: ${current.version}\ndata: ${JSON.stringify(current)}\n\n`;
      last = { state: current, text };
    }
    return last.text;
  };

  const write = (client: Client, text: string): void => {
    client.blocked = !client.response.write(text);
  };

  const beat = (): void => {
    for (const client of clients) {
      if (!client.blocked) write(client, ':\n\n');
      else {
        client.missed += 1;
        if (client.missed >= maxMissed) client.response.destroy();
      }
    }
  };

  const leave = (client: Client): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(heartbeat);
    last = undefined;
  };

  return {
    count: () => clients.size,
    follow: (response) => {
      if (response.destroyed) return;
      const client: Client = { response, blocked: false, stale: false, missed: 0 };
      if (clients.size === 0) heartbeat = setInterval(beat, heartbeatMs).unref();
      clients.add(client);
      response.once('close', () => leave(client));
      // A write may meet a connection that has just broken; its `close` follows.
      response.on('error', () => {});
      response.on('drain', () => {
        client.blocked = false;
        client.missed = 0;
        if (!client.stale) return;
        client.stale = false;
        write(client, newest());
      });
      write(client, `retry: ${retryMs}\n${newest()}`);
      if (closed) response.end();
    },
    changed: () => {
      for (const client of clients) {
        if (client.blocked) client.stale = true;
        else write(client, newest());
      }
    },
    close: () => {
      closed = true;
      for (const client of clients) {
        leave(client);
        // The end of a stream that nobody reads would wait for ever.
        if (client.blocked) client.response.destroy();
        else client.response.end();
      }
    },
  };
};
