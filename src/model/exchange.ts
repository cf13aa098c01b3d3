/** One request and what became of it, told when it is over. Everything but the numbers is text from strangers. */
export interface Exchange {
  readonly id: string;
  readonly method: string;
  readonly host: string;
  /** Path and query as received. */
  readonly path: string;
  /** The status sent to the client; 0 when it left before there was one. */
  readonly status: number;
  /** Undefined where the host led to no service. */
  readonly workstream: string | undefined;
  readonly service: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Body bytes from and to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Code of the problem that it ended with. */
  readonly error: string | undefined;
}
