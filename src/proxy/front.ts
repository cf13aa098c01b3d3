import type { Socket } from 'node:net';

/** One way in: takes connections and knows what is under way on them. */
export interface Front {
  readonly accept: (socket: Socket) => void;
  /** Ends what is idle or endless, and the rest as soon as its request is over. */
  readonly drain: () => void;
}
