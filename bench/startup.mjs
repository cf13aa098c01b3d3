// How long `stack-env` takes as a whole process, next to `node -e 0`. It runs in every shell an agent opens: at most twice as long.
// Build first. `node bench/startup.mjs [rounds]`; exits 1 when the median of the ratios is over 2.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../dist/cli/stack-env.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 30);
const folder = mkdtempSync(`${tmpdir()}/sidings-startup-`);

const sidingsFile = JSON.stringify({
  project: 'project',
  services: { api: { port: 8000, env: ['API_PORT'] }, postgres: { port: 5432, kind: 'tcp', env: ['PGPORT'] } },
  env: { DATABASE_URL: 'postgresql://postgres@localhost:{postgres.port}/{database}', API_URL: '{api.url}' },
});

const measure = (args, cwd) => {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd });
  if (status !== 0) throw new Error(String(stderr));
  return Number(process.hrtime.bigint() - start) / 1e6;
};
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  for (const name of ['project', 'project-2', 'project-3']) {
    mkdirSync(`${folder}/${name}`);
    writeFileSync(`${folder}/${name}/sidings.json`, sidingsFile);
  }
  process.env.SIDINGS_STATE_DIR = `${folder}/state`;
  const copy = `${folder}/project-3`;
  // In turns, so that both see the same load of the machine.
  const pairs = Array.from({ length: rounds }, () => [measure(['-e', '0'], copy), measure([command], copy)]);
  const ratio = median(pairs.map(([bare, ours]) => ours / bare));
  const [bare, ours] = [0, 1].map((index) => median(pairs.map((pair) => pair[index])));
  console.log(`node -e 0: ${bare.toFixed(1)} ms · stack-env: ${ours.toFixed(1)} ms · ratio ${ratio.toFixed(2)}`);
  process.exitCode = ratio <= 2 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
