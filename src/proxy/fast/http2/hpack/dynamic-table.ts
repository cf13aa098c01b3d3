/** The default of SETTINGS_HEADER_TABLE_SIZE, which we leave as it is. */
export const maxTableBytes = 4096;

/** What a field counts for, beside its name and its value (RFC 7541 §4.1). */
export const fieldBytes = 32;

/** As many fields as ever fit. A power of two. */
const places = maxTableBytes / fieldBytes;

/** The fields that a block may refer to because an earlier one brought them (RFC 7541 §2.3.2): a ring, so that nothing moves. */
export class DynamicTable {
  /** How many fields there are. */
  count = 0;
  /** Name and value in turns. */
  private readonly ring: string[] = new Array<string>(2 * places).fill('');
  /** Where the next field goes. */
  private next = 0;
  private bytes = 0;
  private limit = maxTableBytes;

  /** The name of a field; 0 is the newest, and `count` is beyond the oldest. */
  name(age: number): string {
    return this.ring[this.placeOf(age)] as string;
  }

  value(age: number): string {
    return this.ring[this.placeOf(age) + 1] as string;
  }

  /** Adds a field; the oldest ones go until there is room for it, all of them for one that is larger than the table (§4.4). */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + fieldBytes;
    this.shrinkTo(this.limit - bytes);
    if (bytes > this.limit) return;
    this.ring[this.next] = name;
    this.ring[this.next + 1] = value;
    this.next = this.next === 2 * places - 2 ? 0 : this.next + 2;
    this.count += 1;
    this.bytes += bytes;
  }

  /** Another size (§4.3), which is `maxTableBytes` at most. */
  resize(limit: number): void {
    this.limit = limit;
    this.shrinkTo(limit);
  }

  private placeOf(age: number): number {
    return (this.next - 2 * (age + 1)) & (2 * places - 1);
  }

  private shrinkTo(limit: number): void {
    while (this.bytes > limit && this.count > 0) {
      const place = this.placeOf(this.count - 1);
      this.bytes -= (this.ring[place] as string).length + (this.ring[place + 1] as string).length + fieldBytes;
      // What is gone is not to be held until its place is needed.
      this.ring[place] = '';
      this.ring[place + 1] = '';
      this.count -= 1;
    }
  }
}
