import { DynamicTable, fieldBytes, maxTableBytes } from './dynamic-table.ts';
import { huffmanText } from './huffman.ts';
import { staticCount, staticFields } from './static-table.ts';

/** Thrown for a block that cannot be decoded: a COMPRESSION_ERROR of the connection (RFC 9113 §4.3). The decoder is of no use afterwards. */
export class HpackError extends Error {}

/** More updates than these say nothing: the smallest size since the last block, and the one that is valid (RFC 7541 §4.2). */
const maxUpdates = 2;

/** Bits by which a length goes on behind its first byte. What needs more is longer than any block. */
const maxShift = 21;

/** Decodes the blocks of one connection, in their order (RFC 7541). Whether names and values are legal the caller judges. */
export class HpackDecoder {
  private readonly maxListBytes: number;
  private readonly table = new DynamicTable();
  /** How far the block is read. */
  private at = 0;

  /** `maxListBytes`: bytes of all fields of a block, 32 more for each (RFC 9113 §6.5.2), that are kept. */
  constructor(maxListBytes: number) {
    this.maxListBytes = maxListBytes;
  }

  /**
   * The fields of one whole block, name and value in turns, a character for each octet. Undefined where they are more than
   * `maxListBytes`: the block was still read to its end, and the table is right for the next one.
   */
  decode(block: Buffer): string[] | undefined {
    this.at = 0;
    this.readUpdates(block);
    let fields: string[] | undefined = [];
    let room = this.maxListBytes;
    while (this.at < block.length) {
      const first = this.byte(block);
      let name: string;
      let value: string;
      if (first >= 0x80) {
        const index = this.checked(this.integer(block, first, 0x7f));
        name = this.nameAt(index);
        value = this.valueAt(index);
      } else if (first >= 0x40) {
        name = this.literalName(block, first, 0x3f);
        value = this.text(block);
        this.table.add(name, value);
      } else if (first >= 0x20) throw new HpackError('a table size update behind a field, or one too many');
      else {
        name = this.literalName(block, first, 0x0f);
        value = this.text(block);
      }
      room -= name.length + value.length + fieldBytes;
      if (room < 0) fields = undefined;
      else fields?.push(name, value);
    }
    return fields;
  }

  /** Updates of the size of the table stand before all fields (RFC 7541 §4.2). */
  private readUpdates(block: Buffer): void {
    for (let updates = 0; updates < maxUpdates; updates += 1) {
      const first = block[this.at] ?? 0;
      if (first < 0x20 || first >= 0x40) return;
      this.at += 1;
      const size = this.integer(block, first, 0x1f);
      if (size > maxTableBytes) throw new HpackError('a table that is larger than we allow');
      this.table.resize(size);
    }
  }

  private byte(block: Buffer): number {
    const { at } = this;
    if (at >= block.length) throw new HpackError('a block that ends in the middle of a field');
    this.at = at + 1;
    return block[at] as number;
  }

  /** An integer that begins in these bits of the byte that was read last (§5.1). */
  private integer(block: Buffer, first: number, bits: number): number {
    let value = first & bits;
    if (value < bits) return value;
    for (let shift = 0; shift <= maxShift; shift += 7) {
      const next = this.byte(block);
      value += (next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    throw new HpackError('an integer without end');
  }

  private literalName(block: Buffer, first: number, bits: number): string {
    const index = this.integer(block, first, bits);
    return index === 0 ? this.text(block) : this.nameAt(this.checked(index));
  }

  /** A string literal (§5.2). It is a copy: the block is not held by what is kept of it. */
  private text(block: Buffer): string {
    const first = this.byte(block);
    const length = this.integer(block, first, 0x7f);
    const from = this.at;
    const to = from + length;
    if (to > block.length) throw new HpackError('a text that is longer than its block');
    this.at = to;
    if (first < 0x80) return block.toString('latin1', from, to);
    const text = huffmanText(block, from, to);
    if (text === undefined) throw new HpackError('a text that is not Huffman coded as it says');
    return text;
  }

  private nameAt(index: number): string {
    return index <= staticCount ? (staticFields[2 * index] as string) : this.table.name(index - staticCount - 1);
  }

  private valueAt(index: number): string {
    return index <= staticCount ? (staticFields[2 * index + 1] as string) : this.table.value(index - staticCount - 1);
  }

  /** The tables are one address space (§2.3.3), which begins with 1. */
  private checked(index: number): number {
    if (index === 0 || index > staticCount + this.table.count) throw new HpackError('an index where no field is');
    return index;
  }
}
