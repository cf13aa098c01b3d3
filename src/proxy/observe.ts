import type { Exchange, HeaderList, Protocol } from '../model/exchange.ts';
import type { Route } from '../model/route-table.ts';
import type { Answerable } from './client.ts';
import { valuesOf } from './request-head.ts';

/** What is learnt about one exchange while it goes on. */
export interface Observed {
  route: Route | undefined;
  isStatus: boolean;
  error: string | undefined;
  bytesIn: number;
  bytesOut: number;
  /** `performance.now()` when the head of the answer was there. */
  answeredAt: number | undefined;
  answerHeaders: HeaderList;
}

const noHeaders: HeaderList = [];
const protocols = { '1.0': 'http/1.0', '1.1': 'http/1.1', '2.0': 'h2' } as const satisfies Record<string, Protocol>;

/** Watches one exchange and tells about it when it is over. Header fields are told in the form in which they are there, not copied. */
export const observe = (id: string, client: Answerable, tell: (exchange: Exchange) => void): Observed => {
  const startedAt = Date.now();
  const begun = performance.now();
  const { method, target, headers, lines } = client.received;
  const { scheme, version } = client.arrival;
  const observed: Observed = {
    route: undefined,
    isStatus: false,
    error: undefined,
    bytesIn: 0,
    bytesOut: 0,
    answeredAt: undefined,
    answerHeaders: noHeaders,
  };
  client.onClose(() => {
    const { route, answeredAt } = observed;
    tell({
      id,
      method,
      scheme,
      protocol: client.wantsTunnel ? 'websocket' : protocols[version],
      host: valuesOf(headers, 'host')[0] ?? '',
      path: target,
      status: client.status(),
      workstream: route?.workstream,
      service: route?.service,
      directory: route?.directory,
      isStatus: observed.isStatus,
      startedAt,
      durationMs: performance.now() - begun,
      firstByteMs: answeredAt === undefined ? undefined : answeredAt - begun,
      bytesIn: observed.bytesIn,
      bytesOut: observed.bytesOut,
      error: observed.error,
      requestHeaders: lines ?? headers,
      responseHeaders: observed.answerHeaders,
    });
  });
  return observed;
};

/** The head of the answer is there. */
export const observeAnswer = (observed: Observed, fields: HeaderList): void => {
  observed.answeredAt = performance.now();
  observed.answerHeaders = fields;
};
