import { createHash } from 'node:crypto';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import httpProxy from 'http-proxy';
import { judgeAnswer } from './answer-head.ts';
import { pairs, safeTrailers } from './headers.ts';
import {
  type Cancel,
  countRequest,
  countTunnel,
  type Failure,
  type Forwarding,
  failureOf,
  hasBody,
  isLoss,
  type Lane,
  mayShare,
  passAnswer,
  passingInterim,
  reasonPhrase,
} from './lane.ts';
import { valuesOf } from './request-head.ts';
import { tunnel } from './tunnel.ts';
import { preparing, type UpstreamConnections } from './upstream-connections.ts';
import { watchFraming } from './watch-framing.ts';

export interface LaneOptions {
  readonly connections: UpstreamConnections;
  /** Milliseconds without a byte in either direction before the answer begins. */
  readonly responseTimeoutMs: number;
}

/** What `http-proxy` pipes into the request when there is no body. */
const noBody = { pipe: (request: ClientRequest) => request.end() } as unknown as Readable;

/**
 * All that `http-proxy` sees of the two sides of a request: nothing that it could read, write or wait for. The body comes by its
 * `buffer` option; so it never meets an HTTP/2 request, which it does not know.
 */
const blankRequest = (method: string): IncomingMessage =>
  ({ method, url: '/', headers: {}, socket: { destroyed: false }, on: () => {} }) as unknown as IncomingMessage;
const blankResponse = { finished: true } as ServerResponse;

/**
 * The lane that takes anything: Node's HTTP/1.1 client driven by the `stream` pass of http-proxy. Its other passes never run, and
 * what this pass leaves open is closed here: heads come from `headers` and `answerHeaders`, errors end in `failed`, both sides end
 * together.
 */
export const createFullLane = ({ connections, responseTimeoutMs }: LaneOptions): Lane => {
  const proxy = httpProxy.createProxyServer({}) as ReturnType<typeof httpProxy.createProxyServer> & {
    webPasses: { readonly name: string }[];
  };
  proxy.webPasses = proxy.webPasses.filter(({ name }) => name === 'stream');

  const attempt = (forwarding: Forwarding, reuse: boolean): Cancel => {
    const { client, head, upstream } = forwarding;
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
    const keep = client.onClose(() => {
      if (!client.isAnswered()) outgoing?.destroy();
    });
    const onError = (error: Error): void => {
      // The upstream died in the middle of a body: without this a body without a length would look complete.
      if (answer !== undefined && !answer.complete) answer.destroy(error);
      if (over) return;
      if (client.isClosed()) {
        over = true;
        return;
      }
      if (reuse && outgoing?.reusedSocket === true && isLoss(error)) {
        over = true;
        keep();
        cancelRepeated = attempt(forwarding, false);
        return;
      }
      fail(failureOf(error));
    };

    const prepare = (clientRequest: ClientRequest): void => {
      outgoing = clientRequest;
      // Node writes it in capitals, which is another method (RFC 9110 §9.1).
      clientRequest.method = head.method;
      clientRequest.path = head.path;
      clientRequest.maxHeadersCount = 0;
      clientRequest.removeHeader('host');
      for (const [name, value] of pairs(forwarding.headers)) clientRequest.appendHeader(name, value);
      if (client.expectsContinue) clientRequest.flushHeaders();
      clientRequest.setTimeout(responseTimeoutMs, () => {
        const seconds = responseTimeoutMs / 1000;
        fail({ kind: 'timeout', reason: `no answer within ${seconds} s` });
      });
      const passInterim = passingInterim(forwarding);
      clientRequest.on('information', ({ statusCode, statusMessage, rawHeaders, httpVersion }) => {
        const failure = passInterim(statusCode, statusMessage, rawHeaders, httpVersion);
        if (failure !== undefined) fail(failure);
      });
      watchFraming(clientRequest, () => fail({ kind: 'invalid', reason: 'it cannot be parsed' }));
      // A 101 that nobody asked for makes Node drop the connection without an error.
      clientRequest.once('close', () => fail({ kind: 'invalid', reason: 'it gave no answer that can be used' }));
      clientRequest.once('response', (incoming) => {
        if (over) return incoming.destroy();
        const unsound = judgeAnswer(headOf(incoming));
        if (unsound !== undefined) return fail({ kind: 'invalid', reason: unsound });
        over = true;
        answer = incoming;
        clientRequest.setTimeout(0);
        passAnswer(
          forwarding,
          {
            status: incoming.statusCode as number,
            reason: reasonPhrase(incoming.statusMessage),
            body: incoming,
            isOver: false,
            trailers: () => safeTrailers(incoming.rawTrailers),
          },
          incoming.rawHeaders,
        );
      });
      if (head.websocket && client.wantsTunnel) {
        clientRequest.once('upgrade', (incoming, socket, first) => {
          if (over) {
            socket.destroy();
            return;
          }
          const unsound = judgeSwitch(incoming, valuesOf(forwarding.headers, 'sec-websocket-key')[0]);
          if (unsound !== undefined) {
            fail({ kind: 'invalid', reason: unsound });
            socket.destroy();
            return;
          }
          over = true;
          keep();
          // A tunnel may last for days, and has no use for what it began with.
          outgoing = undefined;
          const { duplex, early } = client.openTunnel(forwarding.answerHeaders(incoming.rawHeaders, 101));
          tunnel(duplex, early, socket, first);
          countTunnel(forwarding, duplex, socket);
        });
      }
    };

    // Before http-proxy pipes the body, whose end ends the request.
    client.body.once('end', () => {
      if (head.framing.kind === 'chunked' && outgoing?.writableEnded === false)
        outgoing.addTrailers(pairs(safeTrailers(client.trailers())));
    });
    proxy.web(
      blankRequest(head.method),
      blankResponse,
      {
        target: { host: upstream.host, port: upstream.port, protocol: 'http:' },
        agent: preparing(connections.agentFor(upstream, reuse), prepare),
        // What comes before a tunnel is there has no end, and would be another request to the upstream.
        buffer: !client.wantsTunnel && (hasBody(head) || client.expectsContinue) ? client.body : noBody,
        selfHandleResponse: true,
        // The path is set in `prepare`; this keeps url.parse away from it.
        toProxy: true,
      },
      onError,
    );
    countRequest(forwarding);
    return () => {
      over = true;
      outgoing?.destroy();
      cancelRepeated?.();
    };
  };

  return (forwarding) => attempt(forwarding, mayShare(forwarding.head, forwarding.client.expectsContinue));
};

const headOf = ({ statusCode = 0, httpVersion, rawHeaders }: IncomingMessage) => ({
  status: statusCode,
  version: httpVersion,
  headers: rawHeaders,
});

/** Why a 101 is not the one that was asked for, or undefined (RFC 6455 §4.1); the other rules are those of any head. */
const judgeSwitch = (incoming: IncomingMessage, key = ''): string | undefined => {
  if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') return 'it switched to a protocol that nobody asked for';
  if (incoming.headers['sec-websocket-accept'] !== acceptFor(key)) return 'its Sec-WebSocket-Accept is wrong';
  return judgeAnswer({ ...headOf(incoming), status: 200 });
};

/** The `Sec-WebSocket-Accept` that belongs to a key (RFC 6455 §4.2.2). */
const acceptFor = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
