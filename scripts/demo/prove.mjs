import { say } from './progress.mjs';

/** Tries every proof, a sentence and the work that fails when it does not hold, and prints one line for each. Gives whether all hold. */
export const prove = async (all) => {
  let held = 0;
  for (const [sentence, work] of all) {
    try {
      await work();
      held += 1;
      say(`proved  ${sentence}`);
    } catch (error) {
      say(`FAILED  ${sentence}\n${error.message}`);
    }
  }
  say(`\n${held} of ${all.length} proofs hold.\n`);
  return held === all.length;
};
