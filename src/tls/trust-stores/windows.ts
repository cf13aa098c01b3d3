import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootCertificate } from '../certificate-folder.ts';
import { findCommand, type Machine, type TrustStore } from './trust-store.ts';

/**
 * The store of the Windows user, which Edge, Chrome, Firefox and .NET use. No administrator is needed; Windows itself asks the
 * user in a window before it takes a root in. `toPath` gives a file's path as Windows knows it.
 */
const userStore = (
  name: string,
  certutil: string,
  { run }: Machine,
  toPath: (file: string) => Promise<string>,
): TrustStore => {
  const thumbprint = ({ certificate }: RootCertificate): string => certificate.fingerprint.replaceAll(':', '');
  const has = async (root: RootCertificate): Promise<boolean> =>
    (await run([certutil, '-user', '-store', 'Root', thumbprint(root)])).code === 0;
  return {
    name,
    status: async (root) => ({ kind: (await has(root)) ? 'trusted' : 'missing' }),
    install: async ({ file }) => [
      { command: [certutil, '-user', '-addstore', 'Root', await toPath(file)], asRoot: false },
    ],
    uninstall: async (root) =>
      (await has(root)) ? [{ command: [certutil, '-user', '-delstore', 'Root', thumbprint(root)], asRoot: false }] : [],
  };
};

export const windowsStore = (machine: Machine): TrustStore =>
  userStore('the user (Windows)', 'certutil.exe', machine, async (file) => file);

/**
 * From inside WSL: the browsers run on Windows and use its store. Undefined where this is no WSL, or one that may not start programs of
 * Windows.
 */
export const wslStore = async (machine: Machine): Promise<TrustStore | undefined> => {
  const inside = await stat(join(machine.at, 'proc/sys/fs/binfmt_misc/WSLInterop')).catch(() => undefined);
  const certutil = inside && (await findCommand('certutil.exe', machine.environment.PATH));
  if (certutil === undefined) return undefined;
  return userStore('the Windows user around WSL', certutil, machine, async (file) => {
    const { stdout } = await machine.run(['wslpath', '-w', file]);
    return stdout.trim();
  });
};
