import type { Socket } from 'node:net';

/** The connections of one side, which are bounded. */
export interface Places {
  /** Whether there is a place for one more. */
  readonly hasRoom: () => boolean;
  /** Says that somebody was refused one. */
  readonly refuse: () => void;
  /** Gives a connection a place until it is closed. */
  readonly take: (socket: Socket) => void;
  readonly taken: ReadonlySet<Socket>;
}

/** There is room again when so many of a hundred places are taken. */
const roomAgainPercent = 90;

/**
 * Places for the connections of clients and as many for those to upstreams: a client of HTTP/2 asks for a hundred things at a time, and must not
 * take what others need. `crowded` is called when one side has to be refused a place, and when both have room for more than a few again.
 */
export const openPlaces = (most: number, crowded: (isCrowded: boolean) => void) => {
  let crowds = 0;

  const side = (): Places => {
    const taken = new Set<Socket>();
    let isCrowded = false;
    const tell = (now: boolean): void => {
      if (now === isCrowded) return;
      isCrowded = now;
      crowds += now ? 1 : -1;
      if (crowds === (now ? 1 : 0)) crowded(now);
    };
    return {
      taken,
      hasRoom: () => {
        if (taken.size < most) return true;
        // The descriptor is free before it is told.
        for (const socket of taken) if (socket.destroyed) taken.delete(socket);
        return taken.size < most;
      },
      refuse: () => tell(true),
      take: (socket) => {
        taken.add(socket);
        socket.once('close', () => {
          taken.delete(socket);
          if (taken.size * 100 <= most * roomAgainPercent) tell(false);
        });
      },
    };
  };
  return { clients: side(), upstreams: side() };
};
