/** A vector of TLS: how many bytes, in so many bytes, and the bytes (RFC 8446 §3.4). */
const counted = (size: 1 | 2 | 3, content: Buffer): Buffer => {
  const length = Buffer.alloc(size);
  length.writeUIntBE(content.length, 0, size);
  return Buffer.concat([length, content]);
};
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const extension = (type: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0, type]), counted(2, content)]);

/** One entry of a list of names that a client asks for (RFC 6066 §3); type 0 is a hostname. */
export const serverName = (name: string, type = 0): Buffer =>
  Buffer.concat([Buffer.from([type]), counted(2, Buffer.from(name, 'latin1'))]);
export const serverNames = (...entries: readonly Buffer[]): Buffer => extension(0, counted(2, Buffer.concat(entries)));

/** The first message of a client of TLS 1.2, with these extensions before those that it needs. */
export const clientHello = (...extensions: readonly Buffer[]): Buffer => {
  const needed = [extension(10, bytes('0002 0017')), extension(11, bytes('01 00')), extension(13, bytes('0002 0403'))];
  const hello = Buffer.concat([
    bytes('0303'),
    Buffer.alloc(32, 7),
    counted(1, Buffer.alloc(0)),
    counted(2, bytes('c02b')),
    counted(1, bytes('00')),
    counted(2, Buffer.concat([...extensions, ...needed])),
  ]);
  return Buffer.concat([bytes('16 0301'), counted(2, Buffer.concat([bytes('01'), counted(3, hello)]))]);
};
