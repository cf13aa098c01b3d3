import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

const trusted = new Set<string>();

/** Of Node 22.19 and 24.5. */
interface NewerTls {
  readonly getCACertificates: (type: 'default') => string[];
  readonly setDefaultCACertificates?: (certificates: readonly string[]) => void;
}

/** Where `tls` keeps the context of OpenSSL; what libraries for the stores of a system have always used. */
interface NativeContext {
  readonly context: { readonly addCACert: (pem: string) => void };
}

/**
 * From now on this process trusts a root certificate (PEM) as well, wherever nobody says which ones to trust: Node reads
 * `NODE_EXTRA_CA_CERTS` before the first line of a configuration runs.
 */
export const trustRoot = (pem: string): void => {
  if (trusted.has(pem)) return;
  const isFirst = trusted.size === 0;
  trusted.add(pem);
  const { getCACertificates, setDefaultCACertificates } = tls as unknown as NewerTls;
  if (setDefaultCACertificates !== undefined) setDefaultCACertificates([...getCACertificates('default'), pem]);
  else if (isFirst) extendContexts();
};

const extendContexts = (): void => {
  const create = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const context = create(options);
    if (options?.ca === undefined)
      for (const pem of trusted) (context as unknown as NativeContext).context.addCACert(pem);
    return context;
  };
  syncBuiltinESMExports();
};
