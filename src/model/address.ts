/** Where the proxy answers: what a canonical URL is made of beside its hostname. */
export interface ProxyAddress {
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

const usualPorts = { http: 80, https: 443 } as const;

/** The URL of a hostname at the proxy, without a final slash; the scheme's usual port is left out. */
export const urlOf = (hostname: string, { scheme, port }: ProxyAddress): string =>
  `${scheme}://${hostname}${port === usualPorts[scheme] ? '' : `:${port}`}`;
