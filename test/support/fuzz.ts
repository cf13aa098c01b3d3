import * as fc from 'fast-check';

/**
 * In `npm test` a property is tried with the same inputs each time, as often as it says itself; `npm run fuzz` says by these variables
 * with which seed instead, and for how many seconds.
 */
const seed = Number(process.env.FUZZ_SEED ?? 6);
const seconds = process.env.FUZZ_SECONDS === undefined ? undefined : Number(process.env.FUZZ_SECONDS);

/** The bounds of a property that is tried so many times in `npm test`. */
export const bounded = (numRuns = 100) =>
  seconds === undefined
    ? { seed, numRuns }
    : { seed, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000 };

/** How long a test of a property may take, so that only what hangs exceeds it. */
export const patienceMs = 300_000 + (seconds ?? 0) * 1000;

/** Text with bytes that are changed, added, taken away, repeated or moved. */
export const damage: fc.Arbitrary<(text: string) => string> = fc
  .array(
    fc.record({
      how: fc.constantFrom('replace', 'flip', 'insert', 'remove', 'repeat', 'move'),
      at: fc.nat(),
      to: fc.nat(),
      size: fc.integer({ min: 1, max: 12 }),
      bit: fc.integer({ min: 0, max: 7 }),
      byte: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...'\0\t\n\r :;,0a1fF"\\/\x7f\x80\xff') },
        { weight: 1, arbitrary: fc.nat(255).map((code) => String.fromCharCode(code)) },
      ),
    }),
    { maxLength: 3 },
  )
  .map((harms) => (text) => harms.reduce((damaged, harm) => damageOnce(damaged, harm), text));

interface Harm {
  readonly how: string;
  readonly at: number;
  readonly to: number;
  readonly size: number;
  readonly bit: number;
  readonly byte: string;
}

const damageOnce = (text: string, { how, at, to, size, bit, byte }: Harm): string => {
  if (text === '') return text;
  const from = at % text.length;
  const [before, after] = [text.slice(0, from), text.slice(from)];
  const other = to % text.length;
  switch (how) {
    case 'flip':
      return before + String.fromCharCode(text.charCodeAt(from) ^ (1 << bit)) + after.slice(1);
    case 'insert':
      return before + byte + after;
    case 'remove':
      return before + after.slice(size);
    case 'repeat':
      return before + after.slice(0, size) + after;
    case 'move':
      return text.slice(0, other) + after.slice(0, size) + text.slice(other);
    default:
      return before + byte + after.slice(1);
  }
};

/** Text in the pieces between these places. */
export const cutAt = (text: string, places: readonly number[]): readonly string[] => {
  const sorted = places.map((place) => place % (text.length + 1)).sort((one, two) => one - two);
  return [0, ...sorted]
    .map((from, index) => text.slice(from, sorted[index] ?? text.length))
    .filter((piece) => piece !== '');
};
