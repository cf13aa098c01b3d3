import type { Settings } from '../../../config/settings.ts';
import type { ProxyAddress } from '../../../model/address.ts';

/** Where the proxy should answer: in clear text, and with TLS unless that is off. */
export const proxyAddresses = ({
  httpPort,
  httpsPort,
  tls,
}: Pick<Settings, 'httpPort' | 'httpsPort' | 'tls'>): readonly ProxyAddress[] => [
  { scheme: 'http', port: httpPort },
  ...(tls === false ? [] : [{ scheme: 'https', port: httpsPort } as const]),
];

const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** The address at which this machine reaches a listener. */
export const reachable = (bound: string): string => loopbackOf[bound] ?? bound;
