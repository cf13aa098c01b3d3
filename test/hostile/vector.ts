/**
 * What a vector is. Vectors are data: bytes, and what a proxy may make of them. Any choice that the RFCs leave is right; `promised` is what
 * Sidings promises beyond that. In all texts `{host}` stands for a hostname that leads to an upstream, `{other}` for one of another copy.
 */
export interface Vector {
  readonly name: string;
  /** The section, CVE or advisory that it is derived from. */
  readonly source: string;
  /** What the client writes, each piece by itself; characters are bytes. */
  readonly writes: readonly string[];
  /** The client closes its half behind that. */
  readonly halfClose?: boolean;
  /** The body turns out to be broken when its head may be on its way already; then it must never become whole. */
  readonly mayBegin?: boolean;
  /** How the upstream answers, if not in its usual way. */
  readonly script?: Script;
  /** What the client sends once a tunnel is open. */
  readonly inTunnel?: string;
  /** What may become of it: one of these. */
  readonly allowed: readonly Course[];
  readonly promised?: readonly Course[];
  /** Only where a cut by a reset can be seen. */
  readonly needsReset?: boolean;
}

/** One way that it may go, from the first request on the connection to the last. */
export type Course = readonly Step[];
/** `closed`: nothing more is handled. `http2`: the proxy speaks HTTP/2, as a client may know (RFC 9113 §3.3). */
export type Step = Forwarded | Own | 'closed' | 'http2';

/** A request that arrives at the upstream in exactly one form, and what the client gets: by default, the answer that is its own. */
export interface Forwarded {
  readonly request: Meaning;
  readonly answer?: Answered | 'cut' | 'failed';
}

/** An answer of the proxy itself. With `closes` the connection ends behind it, and it may also end without one. */
export interface Own {
  readonly closes: boolean;
  /** Undefined: any that says no, if the connection ends, and any at all if it goes on. */
  readonly statuses?: readonly number[] | 'any';
}

interface Fields {
  /** All values of these fields, in order. */
  readonly has?: Readonly<Record<string, readonly string[]>>;
  readonly lacks?: readonly string[];
  readonly trailers?: readonly (readonly [name: string, value: string])[];
}

/** What a request means. */
export interface Meaning extends Fields {
  /** GET, if it is not said. */
  readonly method?: string;
  /** Byte for byte; one of several, if there are more forms of the same. `/`, if it is not said. */
  readonly target?: string | readonly string[];
  /** `{host}`, if it is not said. */
  readonly host?: string;
  readonly body?: string;
  /** What passes through the tunnel that it opens, from the client. */
  readonly tunnel?: string;
}

/** What an answer means. */
export interface Answered extends Fields {
  readonly status: number;
  readonly body?: string;
  /** No interim answer is before it. */
  readonly isAlone?: boolean;
}

/** How an upstream answers: pieces that are written one after the other, and what becomes of the connection. */
export interface Script {
  /** `{accept}` stands for the answer to the key of a WebSocket. */
  readonly pieces: readonly string[];
  readonly ending?: 'keep' | 'end' | 'reset' | 'tunnel';
  /** Written when the client has its answer, on a connection that waits for the next request. */
  readonly later?: string;
  /** The first piece waits for a moment; what the client sends meanwhile is early. */
  readonly waits?: boolean;
}

export interface Family {
  readonly name: string;
  readonly vectors: readonly Vector[];
}

type Outcome = Omit<Vector, 'name' | 'source' | 'writes'>;
type Bytes = string | readonly string[];
/** What the client writes, and for one vector alone what differs from its table. */
export type Row = Bytes | (Partial<Outcome> & { readonly writes: Bytes });

const isBytes = (row: Row): row is Bytes => typeof row === 'string' || Array.isArray(row);

/** Vectors of one source with the same outcome, as a table of names and bytes. */
export const table = (
  source: string,
  rows: Readonly<Record<string, Row>>,
  allowed: readonly Course[],
  more: Omit<Outcome, 'allowed'> = {},
): readonly Vector[] =>
  Object.entries(rows).map(([name, row]) => {
    const { writes, ...own } = isBytes(row) ? { writes: row } : row;
    return { name, source, allowed, ...more, ...own, writes: [writes].flat() };
  });

/** Refused, and the connection closed: nothing that follows on it is believed. */
export const refused: Course = [{ closes: true }];
/** An answer of the proxy itself; the connection may go on. */
export const declined: Course = [{ closes: false }];
/** Given up, since the client has gone before it said all; nobody sees what is answered. */
export const givenUp: Course = [{ closes: true, statuses: 'any' }];
export const refusedWith = (...statuses: readonly number[]): Course => [{ closes: true, statuses }];
export const declinedWith = (...statuses: readonly number[]): Course => [{ closes: false, statuses }];
/** Forwarded, with its own answer. */
export const passed = (request: Meaning = {}): readonly Forwarded[] => [{ request }];
/** Forwarded, and nothing behind it is handled. */
export const passedLast = (request: Meaning = {}): Course => [{ request }, 'closed'];

/** A head and what follows it. */
export const ask = (line: string, fields: readonly string[] = [], body = ''): string =>
  `${[`${line} HTTP/1.1`, 'Host: {host}', ...fields].join('\r\n')}\r\n\r\n${body}`;
export const get = (...fields: readonly string[]): string => ask('GET /', fields);
export const post = (fields: readonly string[], body = ''): string => ask('POST /', fields, body);
/** A POST in chunks. */
export const chunked = (body: string, ...fields: readonly string[]): string =>
  post(['Transfer-Encoding: chunked', ...fields], body);

/** A request that must not arrive. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n';
/** The same as a body, where lengths count. */
export const hidden = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
export const chunkOf = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
