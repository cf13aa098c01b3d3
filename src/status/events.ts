import type { State } from '../model/workstream.ts';
import type { Stream, Streams } from './streams.ts';

export interface Events {
  /** Makes an answer a stream of states. Errors: `events-full`. */
  readonly follow: (...answer: FollowArguments) => void;
}

export interface EventsOptions {
  readonly state: () => State;
  /** Has each new state told to a listener; gives the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly streams: Streams;
}

type FollowArguments = [request: Parameters<Streams['open']>[0], reply: Parameters<Streams['open']>[1]];

interface Follower {
  readonly stream: Stream;
  /** There was a change while it was blocked. */
  stale: boolean;
}

/**
 * The state as server-sent events: `event: state`, `id:` its version, `data:` the whole of it as `/api/workstreams` gives it. One on
 * connect, one for each change. A client that reads slowly never has more than one of them waiting; when that has left it gets
 * the newest, and those between are not for it. Changes are heard of only while there is a client: what nobody follows is looked at
 * less often.
 */
export const createEvents = ({ state, subscribe, streams }: EventsOptions): Events => {
  const followers = new Set<Follower>();
  let unsubscribe = (): void => {};
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

  const changed = (): void => {
    for (const follower of followers) {
      if (follower.stream.isBlocked()) follower.stale = true;
      else follower.stream.write(newest());
    }
  };

  return {
    follow: (request, reply) => {
      let follower: Follower | undefined;
      const stream = streams.open(request, reply, {
        first: newest(),
        drained: () => {
          if (follower?.stale !== true) return;
          follower.stale = false;
          follower.stream.write(newest());
        },
        left: () => {
          if (follower === undefined || !followers.delete(follower) || followers.size > 0) return;
          unsubscribe();
          last = undefined;
        },
      });
      if (stream === undefined) return;
      follower = { stream, stale: false };
      followers.add(follower);
      if (followers.size === 1) unsubscribe = subscribe(changed);
    },
  };
};
