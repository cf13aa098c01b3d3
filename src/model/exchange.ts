/** One request and what became of it, told when it is over. Everything but the numbers is text from strangers. */
export interface Exchange {
  readonly id: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** What the client spoke to the proxy; `websocket` where it asked for one, by either version. */
  readonly protocol: Protocol;
  readonly host: string;
  /** Path and query as received. */
  readonly path: string;
  /** The status sent to the client; 0 when it left before there was one. */
  readonly status: number;
  /** Undefined where the host led to no service. */
  readonly workstream: string | undefined;
  readonly service: string | undefined;
  /** Folder of the workstream. */
  readonly directory: string | undefined;
  /** The status page and its API were asked. */
  readonly isStatus: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Until the head of the answer was there; undefined where there was none, and for the status page. */
  readonly firstByteMs: number | undefined;
  /** Body bytes from and to the client; of a WebSocket all that passed. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Code of the problem that it ended with. */
  readonly error: string | undefined;
  /** Names and values in turn, as received and as sent: what the proxy had anyway, so nothing in them is masked. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
}

export type Protocol = 'http/1.0' | 'http/1.1' | 'h2' | 'websocket';
