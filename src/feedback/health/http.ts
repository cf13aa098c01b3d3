import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { request as requestByTls } from 'node:https';
import type { Finding, ServiceCheck } from '../../model/health.ts';
import type { Address } from './address.ts';

/** Asks a service for its path of health. Rejects where it gives no answer. */
export const checkHttp = async (
  address: Address,
  check: ServiceCheck & { readonly kind: 'http' },
  signal: AbortSignal,
): Promise<Finding> => {
  const status = await (check.protocol === 'h2c' ? askByHttp2 : ask)(address, check, signal);
  return { healthy: status >= 200 && status < 300, detail: `GET ${check.path} answered ${status}` };
};

type Check = Parameters<typeof checkHttp>[1];

const headersOf = ({ host }: Check) => ({ host, accept: '*/*', 'user-agent': 'sidings' });

const ask = async ({ host, port }: Address, check: Check, signal: AbortSignal): Promise<number> => {
  const options = { host, port, path: check.path, headers: headersOf(check), agent: false, signal } as const;
  // Its certificate is its own affair: nothing is told to it.
  const outgoing =
    check.protocol === 'https' ? requestByTls({ ...options, rejectUnauthorized: false }) : request(options);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  // Only how it begins is of interest.
  outgoing.on('error', () => {});
  response.destroy();
  return response.statusCode ?? 0;
};

const askByHttp2 = async ({ host, port }: Address, check: Check, signal: AbortSignal): Promise<number> => {
  const { host: authority, ...headers } = headersOf(check);
  const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const end = (): void => session.destroy();
  signal.addEventListener('abort', end);
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      session.on('close', () => reject(new Error('the connection was closed')));
      const stream = session.request({ ':path': check.path, ':authority': authority, ...headers });
      stream.on('error', reject);
      stream.on('response', (answer) => resolve(answer[':status'] ?? 0));
    });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
};
