import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRoot, dayMs, judgeRoot, permittedNames, type Verdict } from '../../../src/tls/root.ts';
import { issuerFacts, signCertificate } from '../../../src/tls/x509.ts';
import { bounded } from '../../support/fuzz.ts';

const now = Date.parse('2026-03-04T05:06:07Z');
const rootFor = (suffixes: readonly string[], owner = 'ada@host') => {
  const pair = createRoot({ owner, suffixes, now });
  return { certificate: new X509Certificate(pair.certificate), key: createPrivateKey(pair.key) };
};
const { certificate, key } = rootFor(['localhost', 'test']);
const judge = (suffixes: readonly string[], at: number): Verdict => judgeRoot(certificate, key, suffixes, at);

test('a root is a P-256 certificate authority that signed itself and says whose it is', () => {
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkIssued(certificate)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  expect(certificate.subject).toMatch(/^O=Sidings development root\nCN=Sidings ada@host [0-9a-f]{8}$/);
});

test('a root begins a day ago and lasts for ten years', () => {
  expect(Date.parse(certificate.validFrom)).toBe(now - dayMs);
  expect(Date.parse(certificate.validTo)).toBe(now + 3650 * dayMs);
});

test('serial numbers are 128 bits long, positive and all different', () => {
  const serials = Array.from({ length: 8 }, () => rootFor(['localhost']).certificate.serialNumber);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  expect(new Set(serials).size).toBe(8);
});

test('two roots of one owner have different names', () => {
  expect(rootFor(['localhost']).certificate.subject).not.toBe(rootFor(['localhost']).certificate.subject);
});

test('an owner of any kind fits into the name, which stays within 64 characters and ends in the identifier of the key', () => {
  for (const owner of ['x'.repeat(200), '🚂'.repeat(80), 'jürgen@höst', '']) {
    const { subject } = rootFor(['localhost'], owner).certificate;
    const commonName = subject.split('\nCN=')[1] ?? '';
    expect([...commonName].length).toBeLessThanOrEqual(64);
    expect(commonName).toMatch(/^Sidings .* ?[0-9a-f]{8}$/u);
  }
});

test('it permits its suffixes and localhost, each once and none below another', () => {
  expect(permittedNames([])).toEqual(['localhost']);
  expect(permittedNames(['test', 'localhost', 'test'])).toEqual(['localhost', 'test']);
  expect(permittedNames(['dev.example.com', 'example.com', 'ample.com'])).toEqual([
    'ample.com',
    'example.com',
    'localhost',
  ]);
  expect(issuerFacts(certificate.raw)?.permitted).toEqual(['localhost', 'test']);
});

test('what a root permits is read back as it was written', () => {
  const suffix = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{1,10}){0,2}$/);
  fc.assert(
    fc.property(fc.array(suffix, { maxLength: 5 }), (suffixes) => {
      const made = rootFor(suffixes);
      expect(issuerFacts(made.certificate.raw)?.permitted).toEqual(permittedNames(suffixes));
      expect(judgeRoot(made.certificate, made.key, suffixes, now).kind).toBe('good');
    }),
    bounded(10),
  );
});

test('a root is good from a day before it was made until 120 days before its end', () => {
  const end = now + 3650 * dayMs;
  expect(judge(['test'], now - dayMs).kind).toBe('good');
  expect(judge(['test'], now - dayMs - 1000)).toEqual({ kind: 'early' });
  expect(judge(['test'], end - 120 * dayMs - 1).kind).toBe('good');
  expect(judge(['test'], end - 120 * dayMs)).toEqual({ kind: 'renew', reason: 'it ends on 2036-03-01' });
  expect(judge(['test'], end)).toEqual({ kind: 'renew', reason: 'it ended on 2036-03-01' });
});

test('fewer suffixes, and names below a suffix, need no new root; another suffix does', () => {
  expect(judge([], now).kind).toBe('good');
  expect(judge(['localhost', 'my.test'], now).kind).toBe('good');
  expect(judge(['localhost', 'example.com'], now)).toEqual({
    kind: 'renew',
    reason: 'it is not good for the suffix example.com',
  });
  expect(judge(['mytest'], now).kind).toBe('renew');
});

test('a key of another certificate, of another kind, and certificates that are no roots are damage', () => {
  const other = rootFor(['localhost']);
  expect(judgeRoot(certificate, other.key, [], now)).toMatchObject({
    kind: 'damaged',
    reason: expect.stringMatching(/does not belong/),
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const signWith = (
    pair: { publicKey: typeof p384.publicKey; privateKey: typeof p384.privateKey },
    ca: boolean,
    by = pair,
  ) => {
    const facts = by === pair ? undefined : issuerFacts(certificate.raw);
    const der = signCertificate(
      {
        subject: [{ name: 'commonName', value: 'x' }],
        notBefore: new Date(now - 1000),
        notAfter: new Date(now + 1000 * dayMs),
        publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
        extensions: ca ? [{ name: 'basicConstraints', critical: true, cA: true }] : [],
      },
      facts,
      by.privateKey,
    );
    return judgeRoot(new X509Certificate(der), pair.privateKey, [], now);
  };
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(signWith(p384, true)).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/P-256/) });
  expect(signWith(p256, false)).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/not a root/) });
  expect(signWith(p256, true, { publicKey: p384.publicKey, privateKey: key })).toMatchObject({
    kind: 'damaged',
    reason: expect.stringMatching(/not a root/),
  });
  // A root that is limited to nothing is not ours.
  expect(signWith(p256, true)).toMatchObject({ kind: 'renew', reason: expect.stringMatching(/suffix localhost/) });
});
