import { type FileHandle, open } from 'node:fs/promises';
import { endianness, release } from 'node:os';

/** A socket that listens. */
export interface Listener {
  /** `127.0.0.1`, `0.0.0.0`, `::1`, `::`, …; an IPv4 address written as IPv6 is that IPv4 address. */
  readonly address: string;
  readonly port: number;
  readonly inode: number;
  /** Whoever made the socket. */
  readonly uid: number;
}

/** Every listening TCP socket of this machine (of this network namespace). Linux only; rejects without /proc. */
export const readListeners = async (): Promise<readonly Listener[]> => {
  const [v4, v6] = await Promise.all([
    readTable('/proc/net/tcp'),
    readTable('/proc/net/tcp6').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''; // IPv6 is switched off
      throw error;
    }),
  ]);
  return parseListeners(v4 + v6);
};

/**
 * Linux lists listening sockets before all others (since 4.4 without an exception), so thousands of connections need not be
 * read. gVisor keeps no order.
 */
const listenersFirst = /^([5-9]|\d\d)(?!.*gvisor)/i.test(release());

const readTable = async (path: string): Promise<string> => {
  const file = await open(path);
  try {
    return await readRows(file);
  } finally {
    await file.close();
  }
};

const readRows = async (file: FileHandle): Promise<string> => {
  const buffer = Buffer.allocUnsafe(65_536);
  let text = '';
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return text;
    const rows = buffer.toString('latin1', 0, bytesRead);
    text += rows;
    // The kernel gives whole rows, a page of them at a time. A page with room left was the last one; asking for the end makes
    // the kernel walk through its table of connections again, which takes longer than all the rest.
    const lastRow = rows.slice(rows.lastIndexOf('\n', rows.length - 2) + 1);
    if (listenersFirst && (bytesRead < 2048 || !lastRow.includes(' 0A '))) return text;
  }
};

// Number, local address and port, remote address and port, state LISTEN, queues, timer, retransmits, uid, timeout, inode.
const row =
  /^ *\d+: ([0-9A-F]{32}|[0-9A-F]{8}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A [0-9A-F:]+ [0-9A-F:]+ [0-9A-F]+ +(\d+) +\d+ +(\d+) /gm;

/** The listening sockets in the text of `/proc/net/tcp` and `/proc/net/tcp6`. */
export const parseListeners = (text: string, littleEndian: boolean = endianness() === 'LE'): readonly Listener[] => {
  const addresses = new Map<string, string>();
  const listeners: Listener[] = [];
  for (const [, hex = '', port = '', uid, inode] of text.matchAll(row)) {
    let address = addresses.get(hex);
    if (address === undefined) {
      address = addressOf(hex, littleEndian);
      addresses.set(hex, address);
    }
    listeners.push({ address, port: Number.parseInt(port, 16), inode: Number(inode), uid: Number(uid) });
  }
  return listeners;
};

/** An address of the tables: words of 32 bits in the byte order of the machine. */
const addressOf = (hex: string, littleEndian: boolean): string => {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const inOrder = [...Buffer.from(word, 'hex')];
    return littleEndian ? inOrder.reverse() : inOrder;
  });
  const mapped = hex.length === 32 && bytes.slice(0, 12).join() === '0,0,0,0,0,0,0,0,0,0,255,255';
  if (hex.length === 8 || mapped) return bytes.slice(-4).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => Buffer.from(bytes.slice(2 * at, 2 * at + 2)).toString('hex'));
  // A URL writes IPv6 addresses in their shortest form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};
