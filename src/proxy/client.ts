import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Problem } from '../model/problem.ts';
import type { Arrival } from './headers.ts';
import type { Page } from './problem-page.ts';
import type { RawHeaders, ReceivedHead } from './request-head.ts';

/**
 * The client's side of one request: everything that differs between HTTP/1.1 and HTTP/2. What is decided about the request, and
 * how it is forwarded, is the same for both.
 */
export interface Client {
  /** The head in the words of HTTP/1.1, not judged yet. */
  readonly received: ReceivedHead;
  /** What is wrong with a head that the words of HTTP/1.1 cannot say; `received` is then only good for the log. */
  readonly fault: Problem | undefined;
  readonly arrival: Omit<Arrival, 'requestId'>;
  readonly expectsContinue: boolean;
  /** The connection, or the stream, is to become a tunnel: there is no body, and no ordinary answer if it succeeds. */
  readonly wantsTunnel: boolean;
  readonly body: Readable;
  /** The trailer fields of the request, complete once its body has ended. */
  readonly trailers: () => RawHeaders;

  /** The client is there, and nothing but interim answers was sent. */
  readonly isWaiting: () => boolean;
  /** The status that was sent; 0 before. 101 stands for a tunnel, however the protocol says it. */
  readonly status: () => number;
  readonly isClosed: () => boolean;
  /** Whether the answer was sent to its end. */
  readonly isAnswered: () => boolean;
  /** Calls once the exchange is over, whole or not; gives the function that takes the call back. */
  readonly onClose: (listener: () => void) => () => void;
  /** Such an exchange (a stream of events) is not waited for when the proxy closes. */
  readonly neverEnds: () => void;

  /** Sends a page of ours. `distrust`: the head was ambiguous, so nothing that follows on the connection is believed. */
  readonly sendPage: (page: Page, distrust: boolean) => void;
  /** Sends an interim answer (1xx). */
  readonly inform: (status: number, reason: string, fields: RawHeaders) => void;
  /** Passes the answer of an upstream on, with these fields. From here on a fault can only be shown by a cut. */
  readonly relay: (answer: Answer, fields: RawHeaders) => void;
  /** Says yes to a tunnel. `early` came behind the head. */
  readonly openTunnel: (fields: RawHeaders) => { readonly duplex: Duplex; readonly early: Buffer };
  /** Lets a handler of Node's kind answer, which sees the request under this path and host. */
  readonly handOver: (handler: NodeHandler, place: { path: string; host: string }, fields: RawHeaders) => void;
}

/** What is needed of a client to observe a request and to answer it with a page. */
export type Answerable = Pick<
  Client,
  'received' | 'arrival' | 'wantsTunnel' | 'isWaiting' | 'status' | 'onClose' | 'sendPage'
>;

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A sound answer of an upstream. */
export interface Answer {
  readonly status: number;
  /** A reason phrase that may be written; empty where the upstream has none. */
  readonly reason: string;
  readonly body: Readable;
  /** Nothing follows the head: no body, no trailers. */
  readonly isOver: boolean;
  /** Trailer fields that may be passed on, complete once the body has ended; undefined where none can follow. */
  readonly trailers: (() => RawHeaders) | undefined;
}

/** What handles requests. Gives the function to call when the rest of a request turns out to be broken. */
export type Handle = (client: Client) => Spoil;
export type Spoil = (cause: Problem) => void;
