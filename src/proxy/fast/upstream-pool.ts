import type { OnReadOpts, Socket } from 'node:net';
import type { Upstream } from '../../model/workstream.ts';
import type { Clock } from './clock.ts';
import { Output } from './output.ts';

/** Idle connections are closed after this many milliseconds; an upstream that announces less gets less. */
const idleMs = 15_000;
/** So much earlier than announced, so that no request meets the close on its way. */
const marginMs = 1000;
const maxIdlePerUpstream = 256;
/** What one read takes at most. Memory that nothing was read into is not used up. */
const bufferBytes = 64 * 1024;
/** So much is free before what is read: a new head that is a little longer than the old one goes there, right before the body. */
const roomBytes = 2048;

const newBuffer = (): Buffer => Buffer.allocUnsafeSlow(roomBytes + bufferBytes);

/** Who has asked for something on a connection, and is told what comes back. */
export interface UpstreamUser {
  /**
   * `buffer` is filled anew afterwards, unless the connection is told that it is still needed. What is before `from`, and what of it was
   * read, is free to be written over.
   */
  readonly answerBytes: (buffer: Buffer, from: number, to: number) => void;
  /** The upstream has closed its half (no error) or the connection broke; nothing follows. */
  readonly upstreamEnded: (error: NodeJS.ErrnoException | undefined) => void;
  /** What was written has gone out. */
  readonly upstreamDrained: () => void;
}

/** A raw connection to an upstream. One user at a time has it; the pool keeps it in between. */
export class UpstreamConnection {
  readonly socket: Socket;
  readonly output: Output;
  /** Whether an earlier request has used it: then it may turn out to be dead. */
  wasUsed = false;
  user: UpstreamUser | undefined;
  /** By the clock of the pool: idle from then on, and no longer than until then. */
  idleUntil = 0;
  /** Those that are idle beside it, and itself while it is. */
  readonly idle: UpstreamConnection[];
  private buffer = newBuffer();
  private isNeeded = false;
  private isReading = false;

  constructor(open: (onread: OnReadOpts) => Socket, user: UpstreamUser, idle: UpstreamConnection[]) {
    this.user = user;
    this.idle = idle;
    this.socket = open({
      // Asked for before the first read, and behind each: then the one that is there stays unless there is another.
      buffer: () => {
        if (this.isNeeded) this.buffer = newBuffer();
        else if (this.isReading) return undefined as unknown as Buffer;
        this.isNeeded = false;
        return this.buffer.subarray(roomBytes);
      },
      callback: (size) => {
        this.isReading = true;
        // What comes when nobody has asked for anything is no answer.
        if (this.user === undefined) this.end();
        else this.user.answerBytes(this.buffer, roomBytes, roomBytes + size);
        return true;
      },
    });
    this.output = new Output(this.socket);
    this.socket.on('end', () => this.ended(undefined));
    this.socket.on('error', (error) => this.ended(error));
    this.socket.on('close', () => this.ended(undefined));
    this.socket.on('drain', () => this.user?.upstreamDrained());
  }

  /** What was read last is still being written somewhere: the next read goes elsewhere. */
  keepBuffer(): void {
    this.isNeeded = true;
  }

  /** Ends it; its user hears nothing of it. */
  end(): void {
    this.user = undefined;
    const index = this.idle.lastIndexOf(this);
    if (index !== -1) this.idle.splice(index, 1);
    this.socket.destroy();
  }

  private ended(error: NodeJS.ErrnoException | undefined): void {
    const { user } = this;
    this.end();
    user?.upstreamEnded(error);
  }
}

/** Connections to upstreams that are kept between requests. */
export interface UpstreamPool {
  /** One that an earlier request has used, if `mayBeUsed` and there is one, or a new one. */
  readonly take: (upstream: Upstream, mayBeUsed: boolean, user: UpstreamUser) => UpstreamConnection;
  /** Takes a connection back on which nothing is under way. `keepAlive`: the field of its last answer. */
  readonly giveBack: (connection: UpstreamConnection, keepAlive: string | undefined) => void;
  /** Closes what has been idle for too long. */
  readonly sweep: () => void;
  /** Closes all that are idle. */
  readonly close: () => void;
}

type Open = (upstream: Upstream, onread: OnReadOpts) => Socket;
type Idle = UpstreamConnection[];

export const createUpstreamPool = (open: Open, clock: Clock): UpstreamPool => {
  const pools = new Map<string, Idle>();
  // A route table is new often, and its upstreams with it; the addresses are not.
  const byUpstream = new WeakMap<Upstream, Idle>();

  const idleOf = (upstream: Upstream): Idle => {
    const known = byUpstream.get(upstream);
    if (known !== undefined) return known;
    const key = `${upstream.host} ${upstream.port}`;
    const idle = pools.get(key) ?? [];
    pools.set(key, idle);
    byUpstream.set(upstream, idle);
    return idle;
  };

  return {
    take: (upstream, mayBeUsed, user) => {
      const idle = idleOf(upstream);
      // The one that was used last is the likeliest to be alive.
      const kept = mayBeUsed ? idle.pop() : undefined;
      if (kept !== undefined) {
        kept.user = user;
        return kept;
      }
      return new UpstreamConnection((onread) => open(upstream, onread), user, idle);
    },
    giveBack: (connection, keepAlive) => {
      const { idle } = connection;
      const announced = keepAlive === undefined ? undefined : /^timeout=([0-9]{1,6})/.exec(keepAlive)?.[1];
      const limitMs = announced === undefined ? idleMs : Math.min(idleMs, Number(announced) * 1000 - marginMs);
      if (limitMs <= 0 || idle.length >= maxIdlePerUpstream) return connection.end();
      connection.user = undefined;
      connection.wasUsed = true;
      connection.idleUntil = clock.now + limitMs;
      idle.push(connection);
    },
    sweep: () => {
      const { now } = clock;
      for (const idle of pools.values())
        for (const connection of [...idle]) if (connection.idleUntil < now) connection.end();
    },
    close: () => {
      for (const idle of pools.values()) for (const connection of [...idle]) connection.end();
    },
  };
};
