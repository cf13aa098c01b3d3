/** One slot for each length and first letter, whatever its case. */
const slotOf = (name: string): number => (name.length << 5) | (name.charCodeAt(0) & 31);

/**
 * A quick look at the names of header fields, most of which mean nothing to a proxy. The function it gives takes a name in any case, and
 * says false where it is none of the given ones (lower case, shorter than 32), true where it has to be looked at.
 */
export const nameFilter = (names: Iterable<string>): ((name: string) => boolean) => {
  const slots = new Uint8Array(32 * 32);
  for (const name of names) slots[slotOf(name)] = 1;
  return (name) => name.length < 32 && slots[slotOf(name)] === 1;
};
