// `npm run fuzz [-- --minutes N] [--seed S] [-- PART OF A FILE'S NAME…]`: all properties of the tests with other inputs than in every run of
// them, and for longer. What fails is printed with its inputs; the same seed finds it again.
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './demo/ensure-built.mjs';
import { bin, ensurePackages, root, run } from './lib.mjs';

const { values: options, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
  allowPositionals: true,
});
const seconds = Number(options.minutes) * 60;
const seed = Number(options.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  console.error('--minutes takes a number above 0, --seed a whole one.');
  process.exit(2);
}

await ensurePackages();
await ensureBuilt();

const properties = (file) => readFileSync(`${root}${file}`, 'utf8').split('fc.assert(').length - 1;
const files = readdirSync(`${root}test`, { recursive: true })
  .map((file) => `test/${file}`)
  .filter((file) => file.endsWith('.test.ts') && properties(file) > 0)
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
const parts = { unit: files.filter((file) => file.startsWith('test/unit/')), integration: [] };
parts.integration = files.filter((file) => !parts.unit.includes(file));
const chosen = Object.entries(parts).filter(([, of]) => of.length > 0);
if (chosen.length === 0) {
  console.error(`No test with properties has ${positionals.join(' or ')} in its name.`);
  process.exit(2);
}

console.log(`seed ${seed}, ${seconds} s, ${files.length} files`);
let failed = 0;
for (const [project, of] of chosen) {
  // Those that need a server, a process or a disk get most of the time, as each of their tries takes longer.
  const share = chosen.length === 1 ? 1 : project === 'unit' ? 0.25 : 0.75;
  const count = of.reduce((sum, file) => sum + properties(file), 0);
  const each = Math.max(0.5, (seconds * share) / count);
  console.log(`${project}: ${count} properties, ${each.toFixed(1)} s each`);
  const env = { ...process.env, FUZZ_SEED: String(seed), FUZZ_SECONDS: String(each) };
  // A test may have several of them, and the machine other work.
  const timeout = Math.ceil(each * 8000 + 60_000);
  const args = ['run', '--project', project, `--testTimeout=${timeout}`, '--reporter=dot', ...of];
  const { code } = await run(bin('vitest'), args, { env });
  if (code !== 0) failed += 1;
}
console.log(
  failed === 0 ? `Nothing found with seed ${seed}.` : `Found something: npm run fuzz -- --seed ${seed} finds it again.`,
);
process.exit(failed === 0 ? 0 : 1);
