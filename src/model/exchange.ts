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
  /** As received and as sent: what the proxy had anyway, so nothing in them is masked. */
  readonly requestHeaders: HeaderList;
  readonly responseHeaders: HeaderList;
}

/** Header fields: names and values in turn, or packed (see `packHeaders`), or the lines of a head as they were on the wire. */
export type HeaderList = readonly string[] | string;

/** What no name and no value can hold (RFC 9110 §5.5). */
const between = '\0';

/**
 * Header fields as one string. To keep many of them is much cheaper than lists of strings: a collector of garbage that moves and marks
 * fifty pieces for each request takes more time than all else that is done to remember it.
 */
export const packHeaders = (headers: HeaderList): string =>
  typeof headers === 'string' ? headers : headers.join(between);

/** Names and values in turn. */
export const unpackHeaders = (headers: HeaderList): readonly string[] => {
  if (typeof headers !== 'string') return headers;
  if (headers.includes(between)) return headers.split(between);
  return headers.split('\r\n').flatMap((line) => {
    const end = line.indexOf(':');
    return end === -1 ? [] : [line.slice(0, end), line.slice(end + 1).trim()];
  });
};

export type Protocol = 'http/1.0' | 'http/1.1' | 'h2' | 'websocket';
