import type { Exchange } from '../../src/model/exchange.ts';

/** A request of a program to the API of project-3, as the proxy tells it when it is over. */
export const exchangeOf = (more: Partial<Exchange> = {}): Exchange => ({
  id: 'abc-1',
  method: 'GET',
  scheme: 'https',
  protocol: 'http/1.1',
  host: 'project-3.api.localhost',
  path: '/notes',
  status: 200,
  workstream: 'project-3',
  service: 'api',
  directory: '/code/project-3',
  isStatus: false,
  startedAt: 1_700_000_000_000,
  durationMs: 12.345_67,
  firstByteMs: 11.1,
  bytesIn: 0,
  bytesOut: 512,
  error: undefined,
  requestHeaders: ['Host', 'project-3.api.localhost', 'Accept', '*/*'],
  responseHeaders: ['Content-Type', 'application/json'],
  ...more,
});
