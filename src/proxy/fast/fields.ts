/** What a byte may be part of, as bits. */
const token = 1;
const value = 2;
const target = 4;

const kinds = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~") kinds[char.charCodeAt(0)] = token;
for (let code = 0; code < 256; code += 1) {
  const char = String.fromCharCode(code);
  if (/[0-9A-Za-z]/.test(char)) kinds[code] = token;
  // Visible characters, spaces, tabs and the upper half of Latin-1 (RFC 9110 §5.5).
  if (/[\t\x20-\x7e\x80-\xff]/.test(char)) kinds[code] = (kinds[code] as number) | value;
  // Paths and queries (RFC 3986 §3.3, §3.4), and what browsers leave as it is in a query.
  if (/[0-9A-Za-z\-._~!$&'()*+,;=:@/?%[\]|{}^]/.test(char)) kinds[code] = (kinds[code] as number) | target;
}

export const isToken = (code: number): boolean => ((kinds[code] as number) & token) !== 0;
export const isInValue = (code: number): boolean => ((kinds[code] as number) & value) !== 0;
export const isInTarget = (code: number): boolean => ((kinds[code] as number) & target) !== 0;

/** The text ends before the fields do. */
export const incomplete = -1;
/** Something that is no field, or no line end. */
export const wrong = -2;

const tab = 9;
const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;

/**
 * Reads fields (RFC 9112 §5) up to and with the empty line behind them, from text that is Latin-1. Adds name and value in turn to
 * `fields`, values without the space around them. Gives the index behind the empty line, `incomplete`, or `wrong` as soon as that is
 * certain: a line that is folded, ends in less than CR LF, or has a character that it must not have.
 */
export const readFields = (text: string, from: number, fields: string[]): number => {
  const end = text.length;
  let at = from;
  for (;;) {
    if (at === end) return incomplete;
    if (text.charCodeAt(at) === cr) return lineEnd(text, at);
    const nameAt = at;
    while (at < end && isToken(text.charCodeAt(at))) at += 1;
    if (at === end) return incomplete;
    if (at === nameAt || text.charCodeAt(at) !== colon) return wrong;
    const nameEnd = at;
    at += 1;
    while (at < end && isSpace(text.charCodeAt(at))) at += 1;
    const valueAt = at;
    at = valueEndFrom(text, at);
    const next = lineEnd(text, at);
    if (next < 0) return next;
    let valueEnd = at;
    while (valueEnd > valueAt && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
    fields.push(text.substring(nameAt, nameEnd), text.substring(valueAt, valueEnd));
    at = next;
  }
};

const values = /[\t\x20-\x7e\x80-\xff]*/y;

/** The index of the first character that no value has. Values are long: a compiled expression goes through them faster than we do. */
const valueEndFrom = (text: string, at: number): number => {
  values.lastIndex = at;
  values.test(text);
  return values.lastIndex;
};

const isSpace = (code: number): boolean => code === space || code === tab;

/** The index behind CR LF, `incomplete`, or `wrong`. */
export const lineEnd = (text: string, at: number): number => {
  if (at === text.length) return incomplete;
  if (text.charCodeAt(at) !== cr) return wrong;
  if (at + 1 === text.length) return incomplete;
  return text.charCodeAt(at + 1) === lf ? at + 2 : wrong;
};

/** How much of a constant is there: the index behind it, `incomplete` where the text ends in it, or `wrong`. */
export const expectText = (text: string, at: number, constant: string): number => {
  if (text.startsWith(constant, at)) return at + constant.length;
  return constant.startsWith(text.slice(at)) ? incomplete : wrong;
};
