import fc from 'fast-check';

/** Any character: the surrogates are left out. */
const anyCharacter = fc
  .nat(0x10_ffff - 0x800)
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));

/** Any text at all. fast-check's own unit of this kind, `binary`, takes more than a second to prepare. */
export const anyText = (maxLength?: number): fc.Arbitrary<string> =>
  fc.string({ unit: anyCharacter, ...(maxLength && { maxLength }) });
