import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Joins two connections after a 101: bytes pass unread both ways with backpressure, a half that ends is ended on the other side,
 * and a fault on one side ends both. `early` and `first` are what came with the heads.
 */
export const tunnel = (client: Duplex, early: Buffer, upstream: Duplex, first: Buffer): void => {
  for (const side of [client, upstream]) {
    if (!(side instanceof Socket)) continue;
    side.setTimeout(0);
    side.setNoDelay(true);
  }
  if (early.length > 0) client.unshift(early);
  if (first.length > 0) upstream.unshift(first);
  pass(client, upstream);
  pass(upstream, client);
  client.on('error', (error) => upstream.destroy(error)).on('close', () => upstream.destroy());
  upstream.on('error', (error) => client.destroy(error)).on('close', () => finish(client));
};

/** What `pipe` does, without the dozen listeners that it takes: tunnels are many, and most of them say nothing. */
const pass = (from: Duplex, to: Duplex): void => {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  from.on('end', () => to.end());
  to.on('drain', () => from.resume());
};

/** The upstream is gone: what it said last still goes out. */
const finish = (client: Duplex): void => {
  if (client.writableLength === 0) client.destroy();
  else client.end(() => client.destroy());
};
