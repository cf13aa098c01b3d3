import type { ProxyAddress } from '../model/address.ts';
import { rootCertificateFile } from '../model/root-certificate.ts';
import type { ResolverSettings } from '../resolver/resolve.ts';
import type { Settings } from './settings.ts';

/** What the resolver needs of the machine configuration. */
export const resolverSettings = ({
  stateDirectory,
  suffixes,
  httpPort,
  httpsPort,
  tls,
  certificateDirectory,
  trustedRoots,
  file,
}: Settings): ResolverSettings => ({
  stateDirectory,
  suffix: suffixes[0] ?? 'localhost',
  proxy: proxyAddress({ httpPort, httpsPort, tls }),
  trustedRoots,
  configFile: file,
  rootCertificate: tls === true ? rootCertificateFile(certificateDirectory) : undefined,
});

/** Where addresses lead. Port 0 is known to the daemon alone; the usual one is the best guess then. */
export const proxyAddress = ({
  httpPort,
  httpsPort,
  tls,
}: Pick<Settings, 'httpPort' | 'httpsPort' | 'tls'>): ProxyAddress =>
  tls === false ? { scheme: 'http', port: httpPort || 80 } : { scheme: 'https', port: httpsPort || 443 };
