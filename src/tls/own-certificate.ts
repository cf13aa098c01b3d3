import { createPrivateKey, X509Certificate } from 'node:crypto';
import { fail } from '../model/problem.ts';
import { readRegularFile, reasonOf } from '../resolver/regular-file.ts';
import type { Certificate } from './leaf.ts';

/**
 * A certificate that somebody else made, with its key: PEM files, the chain behind the certificate where there is one.
 * Errors: `own-certificate-invalid`.
 */
export const readOwnCertificate = async (
  files: { readonly cert: string; readonly key: string },
  now = Date.now(),
): Promise<Certificate> => {
  const read = (file: string): Promise<string> =>
    readRegularFile(file).catch((error: unknown) => {
      throw fail('own-certificate-invalid', { file, reason: `it cannot be read: ${reasonOf(error)}` });
    });
  const parse = <Parsed>(file: string, what: string, parser: () => Parsed): Parsed => {
    try {
      return parser();
    } catch {
      throw fail('own-certificate-invalid', { file, reason: `it holds no ${what}` });
    }
  };
  const [cert, key] = [await read(files.cert), await read(files.key)];
  const certificate = parse(files.cert, 'certificate in PEM', () => new X509Certificate(cert));
  const privateKey = parse(files.key, 'private key in PEM without a passphrase', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw fail('own-certificate-invalid', { file: files.key, reason: `it is not the key of ${files.cert}` });
  }
  const end = Date.parse(certificate.validTo);
  if (now >= end) {
    throw fail('own-certificate-invalid', {
      file: files.cert,
      reason: `it ended on ${new Date(end).toISOString().slice(0, 10)}`,
    });
  }
  return { cert, key, renewAt: undefined, validFrom: undefined };
};
