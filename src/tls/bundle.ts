import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { readRegularFile } from '../resolver/regular-file.ts';
import type { Owner } from '../resolver/whole-file.ts';
import { replaceFile } from './certificate-folder.ts';

/** Where systems keep all roots in one file: Debian and Arch, Fedora, openSUSE, Alpine and macOS. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/var/lib/ca-certificates/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Writes `bundle.pem` beside the root certificate: the roots of the system and ours in one file. Programs that take a file
 * by `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` use it instead of the system's roots, so ours alone would cut them
 * off from everything else. Gives its path. Errors: `certificates-unwritable`.
 */
export const writeBundle = async (
  folder: string,
  root: string,
  { owner, systems = systemBundles }: { readonly owner?: Owner | undefined; readonly systems?: readonly string[] } = {},
): Promise<string> => {
  const file = join(folder, 'bundle.pem');
  await replaceFile(file, `${(await systemRoots(systems)).trimEnd()}\n${root}`, owner);
  return file;
};

const systemRoots = async (systems: readonly string[]): Promise<string> => {
  for (const system of systems) {
    const text = await readRegularFile(system).catch(() => '');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  }
  // Windows has no such file; Node brings the roots of Mozilla.
  return rootCertificates.join('\n');
};
