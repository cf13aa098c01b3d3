import { randomBytes } from 'node:crypto';
import { problem } from '../../../model/problem.ts';
import { arrivalOf } from '../../arrival.ts';
import type { Handle } from '../../client.ts';
import type { Front } from '../../front.ts';
import { keepAliveMs, maxHeadBytes } from '../../http1-server.ts';
import { receivedHead, roughHead, sizeOf } from '../../http2-headers.ts';
import { type RawHeaders, valuesOf } from '../../request-head.ts';
import type { Clock } from '../clock.ts';
import { Http2Connection } from './connection.ts';
import { codes } from './frames.ts';
import type { Http2Stream } from './stream.ts';
import { StreamClient } from './stream-client.ts';

const webSocketKey = (): string => randomBytes(16).toString('base64');

/** Connections of HTTP/2 in frames of our own. `silenceMs`: after so long without a byte it is looked whether a client is still there. */
export const createHttp2Front = (
  handle: Handle,
  clock: Pick<Clock, 'date'>,
  silenceMs: number = keepAliveMs,
): Front => {
  const endless = new Set<Http2Stream>();
  const connections = new Set<Http2Connection>();
  return {
    accept: (socket) => {
      const arrival = arrivalOf(socket, '2.0');
      const onRequest = (stream: Http2Stream, headers: RawHeaders): void => {
        const head = receivedHead({ headers, isOver: stream.endAfterHeaders, webSocketKey });
        const fault = sizeOf(headers) > maxHeadBytes ? problem('head-too-large') : 'code' in head ? head : undefined;
        // The connection has looked at each name and value.
        const received = 'code' in head ? roughHead(headers) : { ...head, isClean: true };
        const [length] = valuesOf(headers, 'content-length');
        if (length !== undefined && !stream.expect(Number(length))) {
          stream.reset(codes.protocol);
          return;
        }
        const wantsTunnel = valuesOf(headers, ':protocol').length > 0;
        const client = new StreamClient({ stream, received, fault, arrival, wantsTunnel, endless, clock });
        handle(client);
      };
      const connection = new Http2Connection({ socket, onRequest, silenceMs });
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    },
    drain: () => {
      for (const stream of endless) stream.reset(codes.none);
      for (const connection of connections) connection.leave();
    },
  };
};
