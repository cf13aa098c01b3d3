import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { dayMs, type Root, toPem } from './root.ts';
import { signCertificate } from './x509.ts';

/** Browsers of Apple refuse more than 825 days of any root; testssl.sh finds fault with less than 60 that are left. */
const leafDays = 90;
const backdatedMs = dayMs;
/** A leaf is replaced when a third of its life is left. */
const renewAfter = 2 / 3;
/** ub-common-name of RFC 5280; nobody reads the name there any more, so a longer one is left out. */
const maxCommonName = 64;

/** A certificate with its key, as TLS servers take them. */
export interface Certificate {
  /** PEM; with the chain up to the root where there is one. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** From this moment on (milliseconds since the epoch) a newer one should be used; undefined: never. */
  readonly renewAt: number | undefined;
  /** It is not valid before this moment, which is in the future where the clock was set back; undefined: nothing can be done about it. */
  readonly validFrom: number | undefined;
}

const newKey = promisify(generateKeyPair);

/** A certificate for exactly one hostname, which the caller has validated. */
export const issueLeaf = async (root: Root, hostname: string, now: number): Promise<Certificate> => {
  const { publicKey, privateKey } = await newKey('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const notBefore = Math.max(now - backdatedMs, Date.parse(root.certificate.validFrom));
  const notAfter = Math.min(now + leafDays * dayMs, Date.parse(root.certificate.validTo));
  const der = signCertificate(
    {
      subject: [
        { name: 'organizationName', value: 'Sidings development certificate' },
        ...(hostname.length <= maxCommonName ? [{ name: 'commonName', value: hostname } as const] : []),
      ],
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      publicKey,
      extensions: [
        { name: 'basicConstraints', critical: true },
        { name: 'keyUsage', critical: true, digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: hostname }] },
      ],
    },
    root.facts,
    root.key,
  );
  return { cert: toPem(der), key: privateKey, renewAt: now + (notAfter - now) * renewAfter, validFrom: notBefore };
};
