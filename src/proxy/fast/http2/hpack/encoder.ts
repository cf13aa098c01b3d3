import { staticCount, staticFields } from './static-table.ts';

/** First bits of a literal field (RFC 7541 §6.2): no table is to keep it; and no one on the way either, since it is to stay secret. */
const withoutIndexing = 0x00;
const neverIndexed = 0x10;
const indexBits = 0x0f;
const indexed = 0x80;
const lengthBits = 0x7f;

/** More than any integer takes: the longest string of JavaScript has less than 2^30 characters. */
const maxIntegerBytes = 6;

/** What would be worth guessing from how well it compresses (§7.1.3). */
const secret = new Set(['set-cookie', 'cookie', 'authorization', 'proxy-authorization']);

const statusName = ':status';
/** Index of the first field of each name in the static table, and of each status in it. */
const nameIndex = new Map<string, number>();
const statusIndex = new Map<number, number>();
for (let index = staticCount; index >= 1; index -= 1) {
  const name = staticFields[2 * index] as string;
  nameIndex.set(name, index);
  if (name === statusName) statusIndex.set(Number(staticFields[2 * index + 1]), index);
}

/** Names come again and again, in the case that an upstream writes them in. So many are remembered, up to this length. */
const maxRemembered = 1024;
const maxLength = 64;
const remembered = new Map<string, Uint8Array>();

/** The bytes that fields of this name begin with, up to their value. */
const beginningOf = (name: string): Uint8Array => {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const bytes = makeBeginning(name.toLowerCase());
  if (name.length > maxLength) return bytes;
  if (remembered.size === maxRemembered) remembered.clear();
  // A copy: what a name was cut out of is not to be held with it.
  remembered.set(Buffer.from(name, 'latin1').toString('latin1'), bytes);
  return bytes;
};

const makeBeginning = (name: string): Uint8Array => {
  const kind = secret.has(name) ? neverIndexed : withoutIndexing;
  const index = nameIndex.get(name) ?? 0;
  const bytes = Buffer.alloc(2 * maxIntegerBytes + name.length);
  let end = writeInteger(index, indexBits, kind, bytes, 0);
  if (index === 0) {
    end = writeInteger(name.length, lengthBits, 0, bytes, end);
    end += bytes.write(name, end, 'latin1');
  }
  return bytes.subarray(0, end);
};

/** Writes an integer (§5.1) that begins in these bits of a byte, beside `first`. Gives where it ends. */
const writeInteger = (value: number, bits: number, first: number, into: Uint8Array, at: number): number => {
  if (value < bits) {
    into[at] = first | value;
    return at + 1;
  }
  into[at] = first | bits;
  let end = at + 1;
  let rest = value - bits;
  for (; rest >= 0x80; rest >>= 7) {
    into[end] = 0x80 | (rest & 0x7f);
    end += 1;
  }
  into[end] = rest;
  return end + 1;
};

/** Up to this length a loop is quicker than a call that leaves JavaScript. */
const short = 20;

const encodeField = (name: string, value: string, into: Buffer, at: number): number => {
  const beginning = beginningOf(name);
  const { length } = value;
  if (at + beginning.length + maxIntegerBytes + length > into.length) return -1;
  for (let index = 0; index < beginning.length; index += 1) into[at + index] = beginning[index] as number;
  const end = writeInteger(length, lengthBits, 0, into, at + beginning.length);
  if (length > short) into.write(value, end, 'latin1');
  else for (let index = 0; index < length; index += 1) into[end + index] = value.charCodeAt(index);
  return end + length;
};

/**
 * Writes the block of an answer (RFC 7541), or without a status that of trailers, into `into` from `at` on. Gives where it ends, or -1
 * where there is no room for it and a few bytes more. `fields` are name and value in turns, names in any case, a character for each
 * octet. The dynamic table is never used, nor Huffman's code: on one machine bytes cost less than the time to save them.
 */
export const encodeFields = (
  status: number | undefined,
  fields: readonly string[],
  into: Buffer,
  at: number,
): number => {
  let end = at;
  if (status !== undefined) {
    const index = statusIndex.get(status);
    if (index === undefined) end = encodeField(statusName, String(status), into, end);
    else if (end < into.length) {
      into[end] = indexed | index;
      end += 1;
    } else return -1;
  }
  for (let index = 0; index < fields.length && end >= 0; index += 2)
    end = encodeField(fields[index] as string, fields[index + 1] as string, into, end);
  return end;
};
