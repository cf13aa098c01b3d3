import type { Settings } from '../../config/settings.ts';
import { fail, warning } from '../../model/problem.ts';
import { rootCertificateFile } from '../../model/root-certificate.ts';
import type { Resolution } from '../../model/workstream.ts';
import { readRegularFile, reasonOf } from '../../resolver/regular-file.ts';
import { writeBundle } from '../../tls/bundle.ts';

/** What OpenSSL and Python, requests, and curl read a file of roots from, instead of those of the system. */
const variables = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'] as const;

/**
 * The copy with variables that name a file of all roots: those of the system, and ours. Unchanged where our root is not used, and with a
 * warning where there is none yet. What the project sets itself stays. Errors: `certificates-unwritable`, `root-certificate-unreadable`.
 */
export const withCaBundle = async (
  copy: Resolution,
  { tls, certificateDirectory: folder }: Pick<Settings, 'tls' | 'certificateDirectory'>,
): Promise<Resolution> => {
  if (tls !== true) return copy;
  const root = await readRoot(rootCertificateFile(folder));
  if (root === undefined) {
    return { ...copy, problems: [...copy.problems, warning('root-certificate-missing', { folder })] };
  }
  const file = await writeBundle(folder, root);
  const free = variables.filter((name) => !Object.hasOwn(copy.env, name));
  return { ...copy, env: { ...copy.env, ...Object.fromEntries(free.map((name) => [name, file])) } };
};

const readRoot = (file: string): Promise<string | undefined> =>
  readRegularFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fail('root-certificate-unreadable', { file, reason: reasonOf(error) });
  });
