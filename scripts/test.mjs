// `npm test`: installs what the tests need, builds, and runs all of them. Further arguments go to Vitest.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { build } from './build.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { bin, run } from './lib.mjs';

await ensureDebianPackages();
await build();
const report = `${tmpdir()}/sidings-test-${process.pid}.json`;
const { code } = await run(bin('vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
try {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
} catch {
  console.log('0 passed, 1 failed');
} finally {
  rmSync(report, { force: true });
}
process.exit(code);
