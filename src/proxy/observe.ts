import type { Exchange } from '../model/exchange.ts';
import type { Route } from '../model/route-table.ts';
import type { Client } from './client.ts';
import { valuesOf } from './request-head.ts';

/** What is learnt about one exchange while it goes on. */
export interface Observed {
  route: Route | undefined;
  error: string | undefined;
  bytesIn: number;
  bytesOut: number;
}

/** Watches one exchange and tells about it when it is over. */
export const observe = (id: string, client: Client, tell: (exchange: Exchange) => void): Observed => {
  const startedAt = Date.now();
  const begun = performance.now();
  const { method, target, headers } = client.received;
  const observed: Observed = { route: undefined, error: undefined, bytesIn: 0, bytesOut: 0 };
  client.onClose(() =>
    tell({
      id,
      method,
      host: valuesOf(headers, 'host')[0] ?? '',
      path: target,
      status: client.status(),
      workstream: observed.route?.workstream,
      service: observed.route?.service,
      startedAt,
      durationMs: performance.now() - begun,
      bytesIn: observed.bytesIn,
      bytesOut: observed.bytesOut,
      error: observed.error,
    }),
  );
  return observed;
};
