import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { type IssuerFacts, issuerFacts, keyIdentifier, nameConstraints, signCertificate } from './x509.ts';

export const dayMs = 24 * 60 * 60 * 1000;

/** Long, because every root costs each store and browser of the machine one act of trust. */
const rootDays = 10 * 365;
/** A root is replaced this long before its end, so that no leaf is cut short by it. */
const renewalDays = 120;
/** Clocks of containers and virtual machines go wrong by hours. */
const backdatedMs = dayMs;
/** ub-common-name of RFC 5280; some verifiers insist on it. */
const maxCommonName = 64;

/** A root certificate that can sign. */
export interface Root {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly facts: IssuerFacts;
}

export interface RootContent {
  /** `user@host`, to tell the roots of several machines apart in the list of a trust store. */
  readonly owner: string;
  readonly suffixes: readonly string[];
  readonly now: number;
}

/** The names a root must be good for: `localhost` is always one of ours. */
export const permittedNames = (suffixes: readonly string[]): readonly string[] => {
  const all = [...new Set([...suffixes, 'localhost'])];
  return all.filter((suffix) => !all.some((other) => isBelow(suffix, other))).sort();
};

const isBelow = (name: string, suffix: string): boolean => name.endsWith(`.${suffix}`);

/**
 * A new root certificate and its key. It signs leaves for TLS servers under the suffixes and nothing else, so that whoever gets hold
 * of its key can stand in for none but local names.
 */
export const createRoot = ({
  owner,
  suffixes,
  now,
}: RootContent): { readonly certificate: string; readonly key: string } => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  // Two roots of one name confuse NSS, and verifiers that look an issuer up by its name.
  const end = ` ${keyIdentifier(publicInfo).slice(0, 8)}`;
  const commonName = [...`Sidings ${owner}`].slice(0, maxCommonName - end.length).join('') + end;
  const der = signCertificate(
    {
      // iOS lists roots by their common name only.
      subject: [
        { name: 'organizationName', value: 'Sidings development root' },
        { name: 'commonName', value: commonName },
      ],
      notBefore: new Date(now - backdatedMs),
      notAfter: new Date(now + rootDays * dayMs),
      publicKey: publicInfo,
      extensions: [
        { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
        { name: 'extKeyUsage', serverAuth: true },
        nameConstraints(permittedNames(suffixes)),
      ],
    },
    undefined,
    privateKey,
  );
  return { certificate: toPem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
};

export const toPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?!$)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** What can be done with a root: use it, replace it for a reason, or neither before a person has looked. */
export type Verdict =
  | { readonly kind: 'good'; readonly root: Root }
  | { readonly kind: 'renew'; readonly reason: string }
  | { readonly kind: 'early' }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Pure: judges a root certificate and its key. */
export const judgeRoot = (
  certificate: X509Certificate,
  key: KeyObject,
  suffixes: readonly string[],
  now: number,
): Verdict => {
  if (!certificate.checkPrivateKey(key)) return damaged('the key does not belong to the certificate');
  if (!certificate.ca || !certificate.verify(certificate.publicKey)) return damaged('it is not a root certificate');
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return damaged('its key is not a P-256 key');
  const facts = issuerFacts(certificate.raw);
  if (facts === undefined) return damaged('it has no key identifier');
  if (now < Date.parse(certificate.validFrom)) return { kind: 'early' };
  const end = Date.parse(certificate.validTo);
  const day = new Date(end).toISOString().slice(0, 10);
  if (now >= end) return { kind: 'renew', reason: `it ended on ${day}` };
  if (now >= end - renewalDays * dayMs) return { kind: 'renew', reason: `it ends on ${day}` };
  const missing = permittedNames(suffixes).find(
    (name) => !facts.permitted.some((permitted) => name === permitted || isBelow(name, permitted)),
  );
  if (missing !== undefined) return { kind: 'renew', reason: `it is not good for the suffix ${missing}` };
  return { kind: 'good', root: { certificate, key, facts } };
};

const damaged = (reason: string): Verdict => ({ kind: 'damaged', reason });
