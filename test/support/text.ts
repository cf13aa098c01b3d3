import fc from 'fast-check';

/** Any text at all, unpaired surrogates included. fast-check's own unit of this kind takes more than a second to prepare. */
export const anyText = (maxLength?: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.nat(0x10_ffff).map((point) => String.fromCodePoint(point)), ...(maxLength && { maxLength }) });
