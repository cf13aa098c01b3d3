import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import { maskQuery } from './masking.ts';

/** One line for each exchange, at level info: a sentence for people, and under `exchange` the same for programs. */
export const accessLog =
  (log: Log) =>
  (exchange: Exchange): void => {
    const { requestHeaders: _request, responseHeaders: _response, isStatus: _isStatus, ...about } = exchange;
    const { method, host, status, bytesIn, bytesOut, workstream, service, error, id } = about;
    const path = maskQuery(exchange.path);
    const durationMs = rounded(exchange.durationMs);
    const firstByteMs = exchange.firstByteMs && rounded(exchange.firstByteMs);
    const words = [
      method,
      `${host}${path}`,
      status === 0 ? 'left' : status,
      `${durationMs} ms`,
      `${bytesIn}/${bytesOut} B`,
      service === undefined ? '-' : `${service} of ${workstream}`,
      ...(error === undefined ? [] : [error]),
      `#${id}`,
    ];
    log.info({ exchange: { ...about, path, durationMs, firstByteMs } }, words.join(' '));
  };

/** Tenths of a millisecond. */
const rounded = (ms: number): number => Math.round(ms * 10) / 10;
