// `npm run check`: format and lint, types, layers, unused code, generated files, the package. All at once, output in order.
import { build } from './build.mjs';
import { bin, root, run } from './lib.mjs';

/** TypeScript 7: the same types in a quarter of the time. What is shipped is built by the one that dependency-cruiser reads imports with. */
const tsc = `${root}node_modules/typescript-native/bin/tsc`;

await build(tsc);
const checks = [
  ['format and lint', bin('biome'), ['check', '.']],
  ['types of the tests', tsc, ['-p', 'test']],
  ['types of the page', tsc, ['-p', 'src/status/web']],
  ['layers', bin('depcruise'), ['src', '--config', '.dependency-cruiser.mjs']],
  ['unused code', bin('knip'), []],
  ['generated files', process.execPath, ['scripts/generate.mjs', '--check']],
  ['package', bin('publint'), ['--strict']],
];
const results = await Promise.all(checks.map(([, command, args]) => run(command, args, { capture: true })));

let failed = 0;
results.forEach(({ code, output }, index) => {
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${checks[index][0]}`);
  if (code === 0) return;
  failed += 1;
  console.log(output);
});
process.exit(failed === 0 ? 0 : 1);
