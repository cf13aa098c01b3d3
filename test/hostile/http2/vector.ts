import { block, endHeaders, endStream, frame, types } from '../../support/frames.ts';
import type { Forwarded, Meaning, Script } from '../vector.ts';

/** Vectors of HTTP/2: what a client writes in frames, and what a proxy may make of it. They are read like those of HTTP/1. */
export interface Vector {
  readonly name: string;
  /** The section, CVE or advisory that it is derived from. */
  readonly source: string;
  readonly acts: readonly Act[];
  /** Written at once, in the place of the preface and of settings that ask for nothing. */
  readonly opening?: readonly Bytes[];
  /** A request turns out to be broken when its head may be on its way already; then it must never become whole. */
  readonly mayBegin?: boolean;
  /** Requests for `/flood` may arrive, any number of them. */
  readonly isFlood?: boolean;
  /** How the upstream answers, if not in its usual way. */
  readonly script?: Script;
  readonly allowed: readonly Course[];
  readonly promised?: readonly Course[];
}

/** Puts hostnames in the place of their names. */
export type Fill = (text: string) => string;
/** What the client writes, once it is known which hostnames there are. */
export type Bytes = (fill: Fill) => Buffer;
/** Writes, or waits until the answer to the first request has begun, or is over. */
export type Act = Bytes | 'wait for the answer' | 'wait for its end';

/** One way that it may go: what becomes of the requests of the client, of the first, the second and so on, and of its connection. */
export interface Course {
  readonly streams: readonly Fate[];
  readonly connection: 'goes on' | 'ends';
  /** A malformed field is left out, where RFC 9113 wants its request refused. That harms nobody, and is counted for itself. */
  readonly leavesOut?: true;
}
/** `unanswered`: the client has no answer, and waits for none. */
export type Fate = Refused | Forwarded | Unanswered;
export interface Unanswered {
  readonly request: Meaning;
  readonly answer: 'unanswered';
}
/** The stream is reset, or there is an answer of the proxy itself that says no. */
export interface Refused {
  readonly refused: true;
  /** Of the answer; any that says no, if there are none. */
  readonly statuses?: readonly number[];
}

export interface Family {
  readonly name: string;
  readonly vectors: readonly Vector[];
}

type Outcome = Omit<Vector, 'name' | 'source' | 'acts'>;
/** What the client does, and for one vector alone what differs from its table. */
export type Row = readonly Act[] | (Partial<Outcome> & { readonly acts: readonly Act[] });

const isActs = (row: Row): row is readonly Act[] => Array.isArray(row);

/** Vectors of one source with the same outcome, as a table of names and acts. */
export const table = (
  source: string,
  rows: Readonly<Record<string, Row>>,
  allowed: readonly Course[],
  more: Omit<Outcome, 'allowed'> = {},
): readonly Vector[] =>
  Object.entries(rows).map(([name, row]) => {
    const own = isActs(row) ? { acts: row } : row;
    return { name, source, allowed, ...more, ...own };
  });

/** The stream is refused, and the connection goes on. */
export const refused: Course = { streams: [{ refused: true }], connection: 'goes on' };
export const refusedWith = (...statuses: readonly number[]): Course => ({
  streams: [{ refused: true, statuses }],
  connection: 'goes on',
});
/** The connection is ended, which is always right where something is wrong (RFC 9113 §5.4.1); nothing arrives. */
export const ended: Course = { streams: [], connection: 'ends' };
/** Nothing arrives, and nothing is to be answered. */
export const ignored: Course = { streams: [], connection: 'goes on' };
export const passed = (request: Meaning = {}, answer?: Forwarded['answer']): Course => ({
  streams: [answer === undefined ? { request } : { request, answer }],
  connection: 'goes on',
});
/** Forwarded, and then something ends the connection; whether before or after the answer is a matter of time. */
export const passedLast = (request: Meaning = {}): Course => ({
  streams: [{ request, answer: 'unanswered' }],
  connection: 'ends',
});
/** RFC 9113 §8.1.1: what is malformed is an error of its stream, or of the connection. */
export const malformed: readonly Course[] = [refused, ended];

// What a client writes.

export type Fields = readonly (readonly [name: string, value: string])[];
/** Pseudo-header fields that differ from those of an ordinary request; undefined: it is left out. */
export type Line = Readonly<
  Partial<Record<':method' | ':scheme' | ':authority' | ':path' | ':protocol', string | undefined>>
>;

/** The fields of an ordinary request but for this. */
export const fieldsOf = (line: Line = {}, more: Fields = []): Fields => {
  const all = { ':method': 'GET', ':scheme': 'https', ':authority': '{host}', ':path': '/', ...line };
  const pseudo = Object.entries(all).flatMap(([name, value]): Fields => (value === undefined ? [] : [[name, value]]));
  return [...pseudo, ...more];
};

export const raw =
  (...parts: readonly (Buffer | string)[]): Bytes =>
  () =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
export const framed = (type: number, flags: number, stream: number, payload: Buffer | string = ''): Bytes =>
  raw(frame(type, flags, stream, typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload));
/** Fields as they are compressed. */
export const packed =
  (fields: Fields): Bytes =>
  (fill) =>
    block(fields.map(([name, value]) => [fill(name), fill(value)]));
/** A HEADERS frame. */
export const head =
  (fields: Fields | Bytes, flags: number, stream = 1): Bytes =>
  (fill) =>
    frame(types.headers, flags, stream, (typeof fields === 'function' ? fields : packed(fields))(fill));
/** A head in as many frames as it needs; they end the stream. */
export const inFrames = (fields: Fields | Bytes, stream = 1): readonly Bytes[] => [
  (fill) => {
    const block = (typeof fields === 'function' ? fields : packed(fields))(fill);
    const parts = Array.from({ length: Math.ceil(block.length / maxFrame) }, (_, index) => {
      const part = block.subarray(index * maxFrame, (index + 1) * maxFrame);
      const flags = (index + 1) * maxFrame < block.length ? 0 : endHeaders;
      return index === 0
        ? frame(types.headers, flags | endStream, stream, part)
        : frame(types.continuation, flags, stream, part);
    });
    return Buffer.concat(parts);
  },
];
/** Bytes of a frame, if nothing else was agreed on (RFC 9113 §4.2). */
export const maxFrame = 16_384;
export const data = (text: string, flags = endStream, stream = 1): Bytes => framed(types.data, flags, stream, text);

/** A request without a body. */
export const ask = (line: Line, more: Fields = [], stream = 1): Bytes =>
  head(fieldsOf(line, more), endHeaders | endStream, stream);
/** The head of a request with a body. */
export const begin = (line: Line = {}, more: Fields = [], stream = 1): Bytes =>
  head(fieldsOf({ ':method': 'POST', ...line }, more), endHeaders, stream);
export const get = (...more: Fields): Bytes => ask({}, more);
export const post = (more: Fields, ...bodies: readonly string[]): readonly Bytes[] => [
  begin({}, more),
  ...bodies.map((body, index) => data(body, index === bodies.length - 1 ? endStream : 0)),
];
/** Trailer fields. */
export const trailer = (...fields: Fields): Bytes => head(fields, endHeaders | endStream);

/** A request that must not arrive, as bytes of HTTP/1. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
