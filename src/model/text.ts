/**
 * The text with everything that could act on a terminal or reorder a line made visible: C0 and C1 controls, line and
 * paragraph separators, and bidirectional controls (Unicode TR 36) become `\u{..}`; tabs stay.
 */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) =>
    char === '\n' ? '\\n' : `\\u{${char.charCodeAt(0).toString(16)}}`,
  );

/**
 * JSON escapes the C0 controls only. The other characters that `printable` makes visible can be in its strings alone, so they are
 * escaped as well: the value is the same, and the text can be shown in a terminal.
 */
export const printableJson = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * A short stable hash of text (FNV-1a, 32 bit), for spreading names over slots and for cutting long names.
 * Not for anything an attacker may gain from.
 */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

/** `hash32` as eight hexadecimal digits. */
export const shortHash = (text: string): string => hash32(text).toString(16).padStart(8, '0');
