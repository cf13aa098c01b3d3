import type { Field } from '../http1.ts';

/** Reads heads that are compressed (RFC 7541), for one connection. Text is Latin-1: a character is a byte. */
export type Decode = (block: Buffer) => readonly Field[];

/** The static table (Appendix A): a name, and behind it its values. */
const fixed: readonly Field[] = [
  [':authority'],
  [':method', 'GET', 'POST'],
  [':path', '/', '/index.html'],
  [':scheme', 'http', 'https'],
  [':status', '200', '204', '206', '304', '400', '404', '500'],
  ['accept-charset'],
  ['accept-encoding', 'gzip, deflate'],
  ...'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control'.split(
    ' ',
  ),
  ...'content-disposition content-encoding content-language content-length content-location content-range'.split(' '),
  ...'content-type cookie date etag expect expires from host if-match if-modified-since if-none-match'.split(' '),
  ...'if-range if-unmodified-since last-modified link location max-forwards proxy-authenticate'.split(' '),
  ...'proxy-authorization range referer refresh retry-after server set-cookie strict-transport-security'.split(' '),
  ...'transfer-encoding user-agent vary via www-authenticate'.split(' '),
]
  .map((row) => [row].flat())
  .flatMap(([name = '', ...values]) => (values.length === 0 ? [''] : values).map((value): Field => [name, value]));

/** Lengths of the codes of all bytes, and of the end, in base 36 (Appendix B). Codes of one length are numbered in order. */
const codeLengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';

/** Bytes by their codes, written in zeros and ones. */
const bytesByCode = new Map<string, number>();
for (let length = 1, code = 0; length <= 30; length += 1, code *= 2)
  for (let byte = 0; byte <= 256; byte += 1)
    if (codeLengths.charAt(byte) === length.toString(36)) {
      bytesByCode.set(code.toString(2).padStart(length, '0'), byte);
      code += 1;
    }

const decodeHuffman = (bytes: Buffer): string => {
  let text = '';
  let code = '';
  for (const byte of bytes)
    for (const bit of byte.toString(2).padStart(8, '0')) {
      code += bit;
      const found = bytesByCode.get(code);
      if (found === undefined) continue;
      text += String.fromCharCode(found);
      code = '';
    }
  if (code.length > 7 || code.includes('0')) throw new Error('a text that ends in the middle of a character');
  return text;
};

export const createDecoder = (): Decode => {
  let dynamic: readonly Field[] = [];
  let maxSize = 4096;
  /** Oldest fields go until the rest fits (§4.1, §4.3). */
  const evict = (fields: readonly Field[]): readonly Field[] => {
    let size = 0;
    const fit = fields.findIndex(([name, value]) => {
      size += name.length + value.length + 32;
      return size > maxSize;
    });
    return fit === -1 ? fields : fields.slice(0, fit);
  };

  return (block) => {
    let at = 0;
    const byte = (): number => {
      if (at >= block.length) throw new Error('a head that ends in the middle of a field');
      at += 1;
      return block.readUInt8(at - 1);
    };
    /** An integer of which so many bits stand in the first byte (§5.1). */
    const integer = (first: number, bits: number): number => {
      const most = 2 ** bits - 1;
      let value = first % (most + 1);
      if (value < most) return value;
      for (let factor = 1; ; factor *= 128) {
        const next = byte();
        value += (next % 128) * factor;
        if (next < 128) return value;
      }
    };
    const text = (): string => {
      const first = byte();
      const end = integer(first, 7) + at;
      if (end > block.length) throw new Error('a text that is longer than its head');
      const bytes = block.subarray(at, end);
      at = end;
      return first >= 128 ? decodeHuffman(bytes) : bytes.toString('latin1');
    };
    const indexed = (index: number): Field => {
      const field = index <= fixed.length ? fixed[index - 1] : dynamic[index - fixed.length - 1];
      if (field === undefined) throw new Error(`the index ${index}, where no field is`);
      return field;
    };
    const literal = (index: number): Field => {
      const name = index === 0 ? text() : indexed(index)[0];
      return [name, text()];
    };

    const fields: Field[] = [];
    while (at < block.length) {
      const first = byte();
      if (first >= 0x80) fields.push(indexed(integer(first, 7)));
      else if (first >= 0x40) {
        const field = literal(integer(first, 6));
        fields.push(field);
        dynamic = evict([field, ...dynamic]);
      } else if (first >= 0x20) {
        maxSize = integer(first, 5);
        dynamic = evict(dynamic);
      } else fields.push(literal(integer(first, 4)));
    }
    return fields;
  };
};
