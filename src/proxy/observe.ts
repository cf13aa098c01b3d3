import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from '../model/exchange.ts';
import type { Route } from '../model/route-table.ts';

/** What is learnt about one exchange while it goes on. */
export interface Observed {
  route: Route | undefined;
  error: string | undefined;
  /** Set for a tunnel, whose answer is not written through the response. */
  switched: boolean;
  bytesIn: number;
  bytesOut: number;
  /** Tells what was learnt. Called when the response closes; a tunnel calls it when its connection does. */
  readonly finish: () => void;
}

/** Watches one exchange and tells about it when it is over. */
export const observe = (
  { id, request, response }: { id: string; request: IncomingMessage; response: ServerResponse },
  tell: (exchange: Exchange) => void,
): Observed => {
  const startedAt = Date.now();
  const begun = performance.now();
  const { method = '', url = '', headers } = request;
  const host = headers.host ?? '';
  const observed: Observed = {
    route: undefined,
    error: undefined,
    switched: false,
    bytesIn: 0,
    bytesOut: 0,
    finish: () =>
      tell({
        id,
        method,
        host,
        path: url,
        status: observed.switched ? 101 : response.headersSent ? response.statusCode : 0,
        workstream: observed.route?.workstream,
        service: observed.route?.service,
        startedAt,
        durationMs: performance.now() - begun,
        bytesIn: observed.bytesIn,
        bytesOut: observed.bytesOut,
        error: observed.error,
      }),
  };
  response.once('close', observed.finish);
  return observed;
};
