import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { issueLeaf } from '../../../src/tls/leaf.ts';
import { createRoot, dayMs, judgeRoot, type Root } from '../../../src/tls/root.ts';

const now = Date.parse('2026-03-04T05:06:07Z');
const makeRoot = (at: number, suffixes = ['localhost']): Root => {
  const pair = createRoot({ owner: 'ada@host', suffixes, now: at });
  const verdict = judgeRoot(new X509Certificate(pair.certificate), createPrivateKey(pair.key), suffixes, at);
  if (verdict.kind !== 'good') throw new Error(verdict.kind);
  return verdict.root;
};
const root = makeRoot(now);

describe('a leaf', async () => {
  const { cert, key, renewAt } = await issueLeaf(root, 'project-3.web.localhost', now);
  const leaf = new X509Certificate(cert);

  test('is signed by the root and refers to it by name and key', () => {
    expect(leaf.verify(root.certificate.publicKey)).toBe(true);
    expect(leaf.checkIssued(root.certificate)).toBe(true);
    expect(leaf.issuer).toBe(root.certificate.subject);
    expect(leaf.ca).toBe(false);
  });

  test('holds exactly its name', () => {
    expect(leaf.subjectAltName).toBe('DNS:project-3.web.localhost');
    expect(leaf.checkHost('project-3.web.localhost')).toBe('project-3.web.localhost');
    expect(leaf.checkHost('project-4.web.localhost')).toBeUndefined();
    expect(leaf.checkHost('x.project-3.web.localhost')).toBeUndefined();
    expect(leaf.subject).toBe('O=Sidings development certificate\nCN=project-3.web.localhost');
  });

  test('is for TLS servers', () => expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']));

  test('has a P-256 key of its own', async () => {
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    const other = await issueLeaf(root, 'project-3.web.localhost', now);
    expect(createPublicKey(other.cert).equals(leaf.publicKey)).toBe(false);
    expect(new X509Certificate(other.cert).serialNumber).not.toBe(leaf.serialNumber);
  });

  test('begins a day ago, lasts less than 100 days, and is renewed long before its end', () => {
    const end = Date.parse(leaf.validTo);
    expect(Date.parse(leaf.validFrom)).toBe(now - dayMs);
    expect(end - Date.parse(leaf.validFrom)).toBeLessThan(100 * dayMs);
    expect(renewAt).toBe(now + 60 * dayMs);
  });
});

test('a leaf does not begin before its root nor end after it', async () => {
  const beforeEnd = Date.parse(root.certificate.validTo) - 10 * dayMs;
  const last = new X509Certificate((await issueLeaf(root, 'localhost', beforeEnd)).cert);
  expect(last.validTo).toBe(root.certificate.validTo);

  const first = new X509Certificate((await issueLeaf(root, 'localhost', now - dayMs / 2)).cert);
  expect(first.validFrom).toBe(root.certificate.validFrom);
});

test('a name that is too long for a common name stands in the alternative names only', async () => {
  const name = `${'x'.repeat(60)}.${'y'.repeat(60)}.localhost`;
  const leaf = new X509Certificate((await issueLeaf(root, name, now)).cert);
  expect(leaf.subject).toBe('O=Sidings development certificate');
  expect(leaf.checkHost(name)).toBe(name);
});

test('forty certificates are all well-formed, whatever bits their keys have', async () => {
  const leaves = await Promise.all(
    Array.from({ length: 40 }, (_, index) => issueLeaf(root, `p${index}.localhost`, now)),
  );
  for (const { cert } of leaves) expect(new X509Certificate(cert).verify(root.certificate.publicKey)).toBe(true);
});
