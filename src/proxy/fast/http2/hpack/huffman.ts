/** Lengths of the codes of all bytes, and of the end (EOS), in base 36 (RFC 7541, appendix B). Codes of one length count up in order. */
const codeLengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const eos = 256;
const longest = 30;

/** Where EOS leads, which no text may have, and nothing leads out of it. All other nodes have lower numbers. */
const dead = 256;
/** Numbers from here on are leaves: this and the byte. */
const leaf = 512;
const leafShift = 9;
const nodeBits = leaf - 1;

/** The tree of the codes: two branches for each node. Level by level, on each of which the leaves come first: so the codes are given out. */
const tree = new Uint16Array(2 * (dead + 1)).fill(dead);
for (let length = 1, nodes = 1, branch = 0; length <= longest; length += 1) {
  const levelEnd = 2 * nodes;
  const digit = length.toString(36);
  for (let byte = codeLengths.indexOf(digit); byte !== -1; byte = codeLengths.indexOf(digit, byte + 1)) {
    tree[branch] = byte === eos ? dead : leaf + byte;
    branch += 1;
  }
  for (; branch < levelEnd; branch += 1) {
    tree[branch] = nodes;
    nodes += 1;
  }
}

/** Nodes where a text may end: what is left of its last byte, seven bits at most, are ones, as EOS begins. */
const ends = [0];
while (ends.length <= 7) ends.push(tree[2 * (ends.at(-1) as number) + 1] as number);

/**
 * What half a byte does at each node: the node it leads to, and above that the leaf it passes. There is one at most, since no code has
 * less than five bits. 0, which no half byte does, until it is needed: to work them all out takes some milliseconds.
 */
const steps = new Uint32Array((dead + 1) * 16);

const step = (node: number, half: number): number => {
  const index = (node << 4) | half;
  const known = steps[index] as number;
  return known === 0 ? workOut(index) : known;
};

const workOut = (index: number): number => {
  let node = index >> 4;
  let passed = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    node = tree[2 * node + ((index >> bit) & 1)] as number;
    if (node < leaf) continue;
    passed = node;
    node = 0;
  }
  const known = node | (passed << leafShift);
  steps[index] = known;
  return known;
};

/** What texts of usual size are put into before they are strings. */
const room = Buffer.alloc(4096);

/** The text of these bytes (§5.2), or undefined where they are none: EOS is in it, or what fills the last byte is not the beginning of EOS. */
export const huffmanText = (bytes: Buffer, from: number, to: number): string | undefined => {
  const most = Math.floor(((to - from) * 8) / 5);
  const into = most <= room.length ? room : Buffer.allocUnsafe(most);
  let size = 0;
  let node = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    const first = step(node, byte >> 4);
    // Of a leaf the lowest eight bits are its byte, and only they are written.
    if (first >= leaf) {
      into[size] = first >> leafShift;
      size += 1;
    }
    const second = step(first & nodeBits, byte & 0x0f);
    if (second >= leaf) {
      into[size] = second >> leafShift;
      size += 1;
    }
    node = second & nodeBits;
  }
  return ends.includes(node) ? into.toString('latin1', 0, size) : undefined;
};
