import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import httpProxy from 'http-proxy';
import type { Upstream } from '../model/workstream.ts';
import { judgeAnswer } from './answer-head.ts';
import { safeTrailers } from './headers.ts';
import type { Observed } from './observe.ts';
import { type RawHeaders, type RequestHead, valuesOf } from './request-head.ts';
import { tunnel } from './tunnel.ts';
import { preparing, type UpstreamConnections } from './upstream-connections.ts';

/** Interim answers to one request that are passed on; a server that sends more is broken. */
const maxInterim = 16;

/** One request on its way to an upstream. */
export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly upstream: Upstream;
  /** Fields for the upstream, complete. */
  readonly headers: RawHeaders;
  readonly expectsContinue: boolean;
  /** For a WebSocket: the connection of the client, and what came after its head. */
  readonly upgrade: { readonly socket: Socket; readonly early: Buffer } | undefined;
  /** Fields for the client, made from those of the upstream. */
  readonly answerHeaders: (headers: RawHeaders, status: number) => string[];
  /** Called once, if there is no answer that can be passed on and nothing was written yet. */
  readonly failed: (failure: Failure) => void;
  /** The upstream broke off after its answer had begun: its port may have changed hands. */
  readonly lost: (reason: string) => void;
  readonly tunnelOpened: () => void;
  /** Counts the body bytes that pass, where somebody wants to know. */
  readonly observed: Pick<Observed, 'bytesIn' | 'bytesOut'> | undefined;
}

/** Why an upstream gave no answer: it could not be reached, did not answer in time, broke off, or sent what is not HTTP. */
export interface Failure {
  readonly kind: 'refused' | 'timeout' | 'broken' | 'invalid';
  readonly reason: string;
}

export interface FullLaneOptions {
  readonly connections: UpstreamConnections;
  /** Milliseconds without a byte in either direction before the answer begins. */
  readonly responseTimeoutMs: number;
}

/** Ends a request to an upstream that nobody waits for any more; nothing is called after it. */
export type Cancel = () => void;

/** Requests that may be sent twice if a reused connection turns out to be dead (RFC 9110 §9.2.2), as far as they have no body. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What `http-proxy` pipes into the request when there is no body. */
const noBody = { pipe: (request: ClientRequest) => request.end() } as unknown as Readable;

/**
 * The lane that takes anything: Node's client driven by the `stream` pass of http-proxy. Its other passes never run, and what this
 * pass leaves open is closed here: heads come from `headers` and `answerHeaders`, errors end in `failed`, both sides end together.
 */
export const createFullLane = ({ connections, responseTimeoutMs }: FullLaneOptions) => {
  const proxy = httpProxy.createProxyServer({}) as ReturnType<typeof httpProxy.createProxyServer> & {
    webPasses: { readonly name: string }[];
  };
  proxy.webPasses = proxy.webPasses.filter(({ name }) => name === 'stream');

  const attempt = (forwarding: Forwarding, reuse: boolean): Cancel => {
    const { request, response, head, upstream, upgrade } = forwarding;
    let outgoing: ClientRequest | undefined;
    let answer: IncomingMessage | undefined;
    let over = false;
    let cancelRepeated: Cancel | undefined;

    const fail = (failure: Failure): void => {
      if (over) return;
      over = true;
      outgoing?.setTimeout(0);
      forwarding.failed(failure);
      outgoing?.destroy();
    };
    const abandon = (): void => {
      if (!response.writableFinished) outgoing?.destroy();
    };
    const onError = (error: Error): void => {
      // The upstream died in the middle of a body: without this a body without a length would look complete.
      if (answer !== undefined && !answer.complete) answer.destroy(error);
      if (over) return;
      if (response.destroyed) {
        over = true;
        return;
      }
      if (reuse && outgoing?.reusedSocket === true && isLoss(error)) {
        over = true;
        response.off('close', abandon);
        cancelRepeated = attempt(forwarding, false);
        return;
      }
      fail(failureOf(error));
    };

    const prepare = (clientRequest: ClientRequest): void => {
      outgoing = clientRequest;
      clientRequest.path = head.path;
      clientRequest.maxHeadersCount = 0;
      clientRequest.removeHeader('host');
      for (let index = 0; index < forwarding.headers.length; index += 2)
        clientRequest.appendHeader(forwarding.headers[index] as string, forwarding.headers[index + 1] as string);
      if (forwarding.expectsContinue) clientRequest.flushHeaders();
      clientRequest.setTimeout(responseTimeoutMs, () => {
        const seconds = responseTimeoutMs / 1000;
        fail({ kind: 'timeout', reason: `no answer within ${seconds} s` });
      });
      passInterim(forwarding, clientRequest, fail);
      // A 101 that nobody asked for makes Node drop the connection without an error.
      clientRequest.once('close', () => fail({ kind: 'invalid', reason: 'it gave no answer that can be used' }));
      clientRequest.once('response', (incoming) => {
        if (over) return incoming.destroy();
        const unsound = judgeAnswer(headOf(incoming));
        if (unsound !== undefined) return fail({ kind: 'invalid', reason: unsound });
        over = true;
        answer = incoming;
        clientRequest.setTimeout(0);
        relay(forwarding, incoming);
      });
      if (head.websocket && upgrade !== undefined) {
        clientRequest.once('upgrade', (incoming, socket, first) => {
          if (over) {
            socket.destroy();
            return;
          }
          if (incoming.headers.upgrade?.toLowerCase() !== 'websocket' || judgeSwitch(incoming) !== undefined) {
            fail({ kind: 'invalid', reason: 'it switched to a protocol that nobody asked for' });
            socket.destroy();
            return;
          }
          over = true;
          response.off('close', abandon);
          forwarding.tunnelOpened();
          const headers = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
          headers.push(...forwarding.answerHeaders(incoming.rawHeaders, 101));
          response.detachSocket(upgrade.socket);
          upgrade.socket.write(serialise('HTTP/1.1 101 Switching Protocols', headers), 'latin1');
          tunnel(upgrade.socket, upgrade.early, socket, first);
        });
      }
    };

    response.once('close', abandon);
    request.headers = {};
    // Before http-proxy pipes the body, whose end ends the request.
    request.once('end', () => {
      if (head.framing.kind === 'chunked' && outgoing?.writableEnded === false)
        outgoing.addTrailers(safeTrailers(request.rawTrailers));
    });
    proxy.web(
      request,
      response,
      {
        target: { host: upstream.host, port: upstream.port, protocol: 'http:' },
        agent: preparing(reuse ? connections.reused : connections.fresh, prepare),
        ...(hasBody(head) || forwarding.expectsContinue ? {} : { buffer: noBody }),
        selfHandleResponse: true,
        // The path is set in `prepare`; this keeps url.parse away from it.
        toProxy: true,
      },
      onError,
    );
    const { observed } = forwarding;
    if (observed !== undefined && hasBody(head))
      request.on('data', (chunk: Buffer) => {
        observed.bytesIn += chunk.length;
      });
    return () => {
      over = true;
      outgoing?.destroy();
      cancelRepeated?.();
    };
  };

  return (forwarding: Forwarding): Cancel => {
    const { head } = forwarding;
    const reuse = repeatable.has(head.method) && !hasBody(head) && !head.websocket && !forwarding.expectsContinue;
    return attempt(forwarding, reuse);
  };
};

const hasBody = ({ framing }: RequestHead): boolean =>
  framing.kind === 'chunked' || (framing.kind === 'length' && !/^0+$/.test(framing.length));

const headOf = ({ statusCode = 0, httpVersion, rawHeaders }: IncomingMessage) => ({
  status: statusCode,
  version: httpVersion,
  headers: rawHeaders,
});

/** The head of a 101, judged by the same rules as any other; its status alone is special. */
const judgeSwitch = (incoming: IncomingMessage): string | undefined =>
  judgeAnswer({ ...headOf(incoming), status: 200 });

const isLoss = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';

const failureOf = (error: NodeJS.ErrnoException): Failure => {
  const code = error.code ?? '';
  if (error.syscall === 'connect' || error instanceof AggregateError) return { kind: 'refused', reason: code };
  if (code.startsWith('HPE_')) return { kind: 'invalid', reason: 'it cannot be parsed' };
  return { kind: 'broken', reason: code === 'ECONNRESET' ? 'the connection was closed' : code || error.message };
};

/** Passes 1xx answers on (RFC 9110 §15.2) to clients that know them. */
const passInterim = (
  { request, response, expectsContinue, answerHeaders, upgrade }: Forwarding,
  outgoing: ClientRequest,
  fail: (failure: Failure) => void,
): void => {
  let count = 0;
  outgoing.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
    count += 1;
    if (count > maxInterim) return fail({ kind: 'invalid', reason: 'it sends interim answers without end' });
    if (request.httpVersion !== '1.1' || response.headersSent || upgrade !== undefined) return;
    if (statusCode === 100) {
      if (expectsContinue) response.writeContinue();
      return;
    }
    if (judgeAnswer({ status: 200, version: '1.1', headers: rawHeaders }) !== undefined) return;
    const reason = reasonPhrase(statusMessage);
    // Only the answer that is next on the connection has the socket; others would be out of turn.
    response.socket?.write(
      serialise(`HTTP/1.1 ${statusCode} ${reason}`, answerHeaders(rawHeaders, statusCode)),
      'latin1',
    );
  });
};

/** A reason phrase that Node agrees to write. */
const reasonPhrase = (text: string | undefined): string =>
  text !== undefined && /^[\t\x20-\x7e]*$/.test(text) ? text : '';

const serialise = (line: string, headers: RawHeaders): string => {
  let text = `${line}\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
};

/** Passes a sound answer on. From here on a fault can only be shown by cutting the connection. */
const relay = ({ request, response, answerHeaders, lost, observed }: Forwarding, answer: IncomingMessage): void => {
  const status = answer.statusCode as number;
  response.writeHead(status, reasonPhrase(answer.statusMessage), answerHeaders(answer.rawHeaders, status));
  // The head goes out even if the body takes its time; not at once, so that a small answer is one write.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
  if (observed !== undefined)
    answer.on('data', (chunk: Buffer) => {
      observed.bytesOut += chunk.length;
    });
  answer.once('end', () => {
    if (response.chunkedEncoding) response.addTrailers(safeTrailers(answer.rawTrailers));
  });
  answer.once('error', (error) => {
    lost(error.message);
    // Without a length and without chunks the end of the connection is the end of the body: only a reset says "cut".
    if (!response.chunkedEncoding && valuesOf(answer.rawHeaders, 'content-length').length === 0)
      response.socket?.resetAndDestroy();
  });
  response.once('finish', () => dropRest(request));
  pipeline(answer, response, () => {
    // Both are over either way: pipeline destroys the one that is left.
  });
};

/** How long and how much of a body that nobody wants is read, so that the client gets to see the answer. */
const restMs = 2000;

/** After an answer that came before the end of the request: reads the rest and drops it; closing at once would reset the answer away. */
export const dropRest = (request: IncomingMessage): void => {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), restMs);
  const done = (): void => clearTimeout(cut);
  request.once('end', done).once('close', done);
};
