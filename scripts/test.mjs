// `npm test`: installs what the tests need, builds, and runs all of them. Further arguments go to Vitest and choose among the tests.
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { build } from './build.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { bin, ensurePackages, root, run } from './lib.mjs';

await ensureDebianPackages();
await build();
await ensurePackages(`${root}examples/notes`);

const total = { passed: 0, failed: 0, skipped: 0 };
/** What the figures do not say, such as coverage that is too low; Vitest says it where the part ends, far above. */
const remarks = [];

/** Runs a part of the tests and counts. Gives the exit code. */
const vitest = async (...args) => {
  const report = `${tmpdir()}/sidings-test-${process.pid}.json`;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(bin('vitest'), ['run', ...reporters, ...args]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    if (code !== 0 && numFailedTests === 0)
      remarks.push(`without a failed test, exit code ${code}: vitest ${args.join(' ')}`);
    total.passed += numPassedTests;
    total.failed += numFailedTests;
    total.skipped += numPendingTests;
  } catch {
    total.failed += 1;
  } finally {
    rmSync(report, { force: true });
  }
  return code;
};

const projects = (...names) => names.flatMap((name) => ['--project', name]);

const chosen = process.argv.slice(2);
const codes =
  chosen.length > 0
    ? [await vitest(...chosen)]
    : [
        await vitest(...projects('unit'), '--coverage'),
        // They wait more than they work, so each core is for one of them; Vitest would leave one free.
        await vitest(...projects('integration', 'full-lane', 'hostile'), `--maxWorkers=${availableParallelism()}`),
        // One file at a time: they share one engine, which does many things one after another.
        await vitest(...projects('docker'), '--no-file-parallelism'),
      ];

// Where everything must run, a test that was left out is a failure.
const missing = process.env.CI === 'true' && total.skipped > 0;
if (missing) remarks.push(`${total.skipped} tests were skipped; with CI=true none may be`);
for (const remark of remarks) console.log(remark);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(missing ? 1 : (codes.find((code) => code !== 0) ?? 0));
