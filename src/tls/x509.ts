import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import forge from 'node-forge';

const { asn1, pki } = forge;
type Node = forge.asn1.Asn1;

/** What the types of node-forge leave out. */
const untyped = { ...asn1, ...pki } as unknown as {
  readonly fromDer: (der: string, options: { readonly decodeBitStrings: boolean }) => Node;
  readonly getTBSCertificate: (certificate: forge.pki.Certificate) => Node;
};

/** What a certificate says, beside its serial number and the identifiers of its own and its issuer's key. */
export interface CertificateContent {
  readonly subject: readonly NameAttribute[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo in DER: a P-256 key. */
  readonly publicKey: Buffer;
  readonly extensions: readonly Extension[];
}

export interface NameAttribute {
  readonly name: 'organizationName' | 'commonName';
  readonly value: string;
}

/** An extension as node-forge describes it, or with its value ready in `value`. */
export interface Extension {
  readonly name?: string;
  readonly id?: string;
  readonly critical?: boolean;
  readonly [field: string]: unknown;
}

/** How certificates refer to their issuer: its subject byte by byte, since verifiers compare bytes, and its key. */
export interface Issuer {
  readonly subject: Node;
  readonly keyIdentifier: string;
}

const nameConstraintsId = '2.5.29.30';
const keyIdentifierId = '2.5.29.14';

const node = (type: forge.asn1.Type, value: string | Node[]): Node =>
  asn1.create(asn1.Class.UNIVERSAL, type, typeof value !== 'string', value);

const sequence = (...values: Node[]): Node => node(asn1.Type.SEQUENCE, values);

/** A field that is known by its number. */
const field = (number: number, value: string | Node[]): Node =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, number as forge.asn1.Type, typeof value !== 'string', value);

// node-forge keeps bytes in strings, one character for each.
const bytes = (buffer: Buffer): string => buffer.toString('latin1');
const toDer = (value: Node): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
// Left to itself, it would take the bits of one key in 256 for a structure.
const fromDer = (der: Buffer): Node => untyped.fromDer(bytes(der), { decodeBitStrings: false });

const childrenOf = (value: Node | undefined): readonly Node[] => (Array.isArray(value?.value) ? value.value : []);
const contentOf = (value: Node | undefined): string => (typeof value?.value === 'string' ? value.value : '');

// RFC 7093 §2: the leftmost 160 bits of the SHA-256 of the key's bits.
const keyIdentifierOf = (publicKeyInfo: Node): string => {
  const bits = contentOf(childrenOf(publicKeyInfo)[1]).slice(1);
  return bytes(createHash('sha256').update(bits, 'latin1').digest().subarray(0, 20));
};

/** The identifier of a public key (SubjectPublicKeyInfo in DER) as hexadecimal digits. */
export const keyIdentifier = (publicKey: Buffer): string =>
  Buffer.from(keyIdentifierOf(fromDer(publicKey)), 'latin1').toString('hex');

// 126 random bits behind the bits 01: positive and without padding (RFC 5280 §4.1.2.2).
const serialNumber = (): string => {
  const number = randomBytes(16);
  number.writeUInt8((number.readUInt8(0) & 0x3f) | 0x40, 0);
  return number.toString('hex');
};

const ecdsaWithSha256Id = '1.2.840.10045.4.3.2';
// Its parameters are absent (RFC 5758 §3.2); node-forge would write NULL.
const ecdsaWithSha256 = sequence(node(asn1.Type.OID, asn1.oidToDer(ecdsaWithSha256Id).getBytes()));

/** Where the fields of a TBSCertificate of version 3 stand (RFC 5280 §4.1). */
const place = { signature: 2, issuer: 3, subject: 5, publicKey: 6, extensions: 7 } as const;

// node-forge has no elliptic curves. It gets a key that it can write, and what it wrote is replaced.
const placeholderKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));

/**
 * A certificate in DER, signed with ECDSA and SHA-256; without an issuer it signs itself. node-forge writes the structure, and
 * OpenSSL (node:crypto) makes the signature: RSA in JavaScript would block the event loop for 50 ms.
 */
export const signCertificate = (content: CertificateContent, issuer: Issuer | undefined, key: KeyObject): Buffer => {
  const publicKeyInfo = fromDer(content.publicKey);
  const ownIdentifier = keyIdentifierOf(publicKeyInfo);

  const certificate = pki.createCertificate();
  certificate.publicKey = placeholderKey;
  certificate.siginfo.algorithmOid = ecdsaWithSha256Id;
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = content.notBefore;
  certificate.validity.notAfter = content.notAfter;
  certificate.setSubject(
    content.subject.map((attribute) => ({
      ...attribute,
      valueTagClass: asn1.Type.UTF8 as unknown as forge.asn1.Class,
    })),
  );
  certificate.setExtensions([
    ...content.extensions,
    { id: keyIdentifierId, value: node(asn1.Type.OCTETSTRING, ownIdentifier) },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer?.keyIdentifier ?? ownIdentifier },
  ]);

  const unsigned = untyped.getTBSCertificate(certificate);
  const fields = unsigned.value as Node[];
  fields[place.signature] = ecdsaWithSha256;
  fields[place.issuer] = issuer?.subject ?? (fields[place.subject] as Node);
  fields[place.publicKey] = publicKeyInfo;
  const signature = sign('sha256', toDer(unsigned), key);
  return toDer(sequence(unsigned, ecdsaWithSha256, node(asn1.Type.BITSTRING, `\0${bytes(signature)}`)));
};

/**
 * Name constraints that permit names equal to or below the suffixes, and no address at all: a kind of name that is not mentioned
 * would be unlimited (RFC 5280 §4.2.1.10).
 */
export const nameConstraints = (suffixes: readonly string[]): Extension => {
  const everyIpv4 = '\0'.repeat(8);
  const everyIpv6 = '\0'.repeat(32);
  const value = sequence(
    field(
      0,
      suffixes.map((suffix) => sequence(field(2, suffix))),
    ),
    field(
      1,
      [everyIpv4, everyIpv6].map((range) => sequence(field(7, range))),
    ),
  );
  return { id: nameConstraintsId, critical: true, value };
};

/** What a certificate says about the certificates that it may sign. */
export interface IssuerFacts extends Issuer {
  /** The suffixes that its name constraints permit. */
  readonly permitted: readonly string[];
}

/** Reads a certificate in DER that can sign others; undefined for one that has no key identifier, which none of ours lacks. */
export const issuerFacts = (certificate: Buffer): IssuerFacts | undefined => {
  const fields = childrenOf(childrenOf(fromDer(certificate))[0]);
  const extensions = childrenOf(childrenOf(fields[place.extensions])[0]);
  const extension = (id: string): Node | undefined => {
    const wanted = asn1.oidToDer(id).getBytes();
    const found = extensions.find((candidate) => contentOf(childrenOf(candidate)[0]) === wanted);
    return found && fromDer(Buffer.from(contentOf(childrenOf(found).at(-1)), 'latin1'));
  };
  const subject = fields[place.subject];
  const identifier = contentOf(extension(keyIdentifierId));
  if (subject === undefined || identifier === '') return undefined;
  const [permitted] = childrenOf(extension(nameConstraintsId)).filter(({ type }) => Number(type) === 0);
  return {
    subject,
    keyIdentifier: identifier,
    permitted: childrenOf(permitted).map((subtree) => contentOf(childrenOf(subtree)[0])),
  };
};
