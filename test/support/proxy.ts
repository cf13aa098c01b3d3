import type { Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import { inject, onTestFinished } from 'vitest';
import type { Exchange } from '../../src/model/exchange.ts';
import type { Problem } from '../../src/model/problem.ts';
import { buildRouteTable } from '../../src/model/route-table.ts';
import type { CopyClaim, ServiceClaim } from '../../src/model/workstream.ts';
import { createProxy, type ProxyOptions, type Speech } from '../../src/proxy/proxy.ts';
import type { ProxyTls } from '../../src/proxy/tls-front.ts';
import { selfSigned } from './certificate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly lanes?: 'fast' | 'full';
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export { copy, service } from './claims.ts';

/** The port a server listens on. */
export const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  return address.port;
};

const certificate = selfSigned(['localhost', '*.localhost', '*.api.localhost', '*.web.localhost']);
const context = createSecureContext(certificate);

/** One certificate for whatever name is asked for. */
export const testTls: ProxyTls = {
  sni: (_servername, done) => done(null, context),
  keepDefault: async (apply) => apply(certificate),
};

export interface TestProxy {
  readonly port: number;
  /** TLS is spoken here. */
  readonly securePort: number;
  readonly listen: (speech: Speech) => Promise<number>;
  readonly exchanges: Exchange[];
  readonly suspected: string[];
  readonly close: (graceMs?: number) => Promise<void>;
}

interface TestProxyOptions extends Partial<ProxyOptions> {
  readonly copies: readonly CopyClaim[];
  readonly refusal?: (copy: CopyClaim, service: ServiceClaim) => Problem | undefined;
}

/** A proxy on a port of its own, in front of the given copies; ended with the test. */
export const startProxy = async ({ copies, refusal, ...options }: TestProxyOptions): Promise<TestProxy> => {
  const table = buildRouteTable(copies, ['localhost'], refusal);
  const exchanges: Exchange[] = [];
  const suspected: string[] = [];
  const proxy = createProxy({
    table: () => table,
    confirm: () => undefined,
    suspect: ({ hostname }) => suspected.push(hostname),
    diagnose: async () => ({ listening: [], container: undefined, logTail: [], startCommand: 'npm run dev' }),
    status: (_request, response) => response.writeHead(200, { 'Content-Length': 15 }).end('the status page'),
    onExchange: (exchange) => exchanges.push(exchange),
    responseTimeoutMs: 30_000,
    tls: testTls,
    lanes: inject('lanes'),
    log: silent,
    ...options,
  });
  const listen = (speech: Speech): Promise<number> => proxy.listen(['127.0.0.1'], 0, speech);
  const port = await listen('http');
  const securePort = await listen('https');
  let closed: Promise<void> | undefined;
  const close = (graceMs = 0): Promise<void> => {
    closed ??= proxy.close(graceMs);
    return closed;
  };
  onTestFinished(() => close());
  return { port, securePort, listen, exchanges, suspected, close };
};
