import type { Readable } from 'node:stream';
import type { Upstream } from '../model/workstream.ts';
import { judgeAnswer } from './answer-head.ts';
import type { Answer, Client } from './client.ts';
import type { Observed } from './observe.ts';
import type { RawHeaders, RequestHead } from './request-head.ts';

/** Interim answers to one request that are passed on; a server that sends more is broken. */
const maxInterim = 16;

/** One request on its way to an upstream. */
export interface Forwarding {
  readonly client: Client;
  readonly head: RequestHead;
  readonly upstream: Upstream;
  /** Fields for the upstream, complete, in the words of HTTP/1.1. */
  readonly headers: RawHeaders;
  /** Fields for the client, made from those of the upstream. */
  readonly answerHeaders: (headers: RawHeaders, status: number) => string[];
  /** Called once, if there is no answer that can be passed on and nothing was written yet. */
  readonly failed: (failure: Failure) => void;
  /** The upstream broke off after its answer had begun: its port may have changed hands. */
  readonly lost: (reason: string) => void;
  /** Counts the body bytes that pass, where somebody wants to know. */
  readonly observed: Pick<Observed, 'bytesIn' | 'bytesOut'> | undefined;
}

/** Why an upstream gave no answer: it could not be reached, did not answer in time, broke off, or sent what is not HTTP; or this process may open no more. */
export interface Failure {
  readonly kind: 'refused' | 'timeout' | 'broken' | 'invalid' | 'exhausted';
  readonly reason: string;
}

/** Carries a request to its upstream and the answer back. Gives the function that ends it early; nothing is called after it. */
export type Lane = (forwarding: Forwarding) => Cancel;
export type Cancel = () => void;

/** Requests that may be sent twice if a reused connection turns out to be dead (RFC 9110 §9.2.2), as far as they have no body. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

export const isRepeatable = (head: RequestHead, expectsContinue: boolean): boolean =>
  repeatable.has(head.method) && !hasBody(head) && !head.websocket && !expectsContinue;

/**
 * Whether a request may go by a connection that others have used or will use. Not HEAD: an application that sends a body to it, as many a
 * handler made for GET does, may do so when the next request is on its way already, whose answer it would seem to be.
 */
export const mayShare = (head: RequestHead, expectsContinue: boolean): boolean =>
  head.method !== 'HEAD' && isRepeatable(head, expectsContinue);

export const hasBody = ({ framing }: RequestHead): boolean =>
  framing.kind === 'chunked' || (framing.kind === 'length' && !/^0+$/.test(framing.length));

export const isLoss = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';

export const failureOf = (error: NodeJS.ErrnoException): Failure => {
  const code = error.code ?? '';
  if (code === 'EMFILE' || code === 'ENFILE') return { kind: 'exhausted', reason: code };
  if (error.syscall === 'connect' || error instanceof AggregateError) return { kind: 'refused', reason: code };
  if (code.startsWith('HPE_')) return { kind: 'invalid', reason: 'it cannot be parsed' };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return { kind: 'invalid', reason: 'it does not speak TLS' };
  if (code.startsWith('ERR_HTTP2_')) return { kind: 'broken', reason: error.message };
  return { kind: 'broken', reason: code === 'ECONNRESET' ? 'the connection was closed' : code || error.message };
};

/** A reason phrase that Node agrees to write. */
export const reasonPhrase = (text: string | undefined): string =>
  text !== undefined && /^[\t\x20-\x7e]*$/.test(text) ? text : '';

export interface InterimPassing extends Pick<Forwarding, 'answerHeaders'> {
  readonly client: Pick<Client, 'expectsContinue' | 'inform'>;
}

/**
 * Passes 1xx answers on (RFC 9110 §15.2). The function it gives takes one, and says when there were too many, or when it is of HTTP/1.0,
 * which has none: other programs would take it for the answer.
 */
export const passingInterim = ({ client, answerHeaders }: InterimPassing) => {
  let count = 0;
  return (
    status: number,
    reason: string | undefined,
    headers: RawHeaders,
    version: string = '1.1',
  ): Failure | undefined => {
    if (version !== '1.1') return { kind: 'invalid', reason: `it sends an interim answer in HTTP/${version}` };
    count += 1;
    if (count > maxInterim) return { kind: 'invalid', reason: 'it sends interim answers without end' };
    if (status === 100) {
      if (client.expectsContinue) client.inform(100, 'Continue', []);
    } else if (status > 101 && judgeAnswer({ status: 200, version: '1.1', headers }) === undefined)
      client.inform(status, reasonPhrase(reason), answerHeaders(headers, status));
    return undefined;
  };
};

/** Passes a sound answer on, and counts and watches it on its way. */
export const passAnswer = (forwarding: Forwarding, answer: Answer, headers: RawHeaders): void => {
  const { client, answerHeaders, lost, observed } = forwarding;
  if (observed !== undefined)
    answer.body.on('data', (chunk: Buffer) => {
      observed.bytesOut += chunk.length;
    });
  answer.body.once('error', (error) => {
    if (!client.isClosed()) lost(error.message);
  });
  client.relay(answer, answerHeaders(headers, answer.status));
};

export const countRequest = ({ client, head, observed }: Forwarding): void => {
  if (observed !== undefined && hasBody(head))
    client.body.on('data', (chunk: Buffer) => {
      observed.bytesIn += chunk.length;
    });
};

/** Counts what passes through a tunnel. */
export const countTunnel = ({ observed }: Forwarding, client: Readable, upstream: Readable): void => {
  if (observed === undefined) return;
  client.on('data', (chunk: Buffer) => {
    observed.bytesIn += chunk.length;
  });
  upstream.on('data', (chunk: Buffer) => {
    observed.bytesOut += chunk.length;
  });
};
