import type { ResolverSettings } from '../resolver/resolve.ts';
import type { Settings } from './settings.ts';

/** What the resolver needs of the machine configuration. */
export const resolverSettings = ({
  stateDirectory,
  suffixes,
  httpPort,
  trustedRoots,
  file,
}: Settings): ResolverSettings => ({
  stateDirectory,
  suffix: suffixes[0] ?? 'localhost',
  // Port 0 is known to the daemon alone; the usual one is the best guess for what is printed.
  proxy: { scheme: 'http', port: httpPort === 0 ? 80 : httpPort },
  trustedRoots,
  configFile: file,
});
