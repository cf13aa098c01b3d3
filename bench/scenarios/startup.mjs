// How long `stack-env` takes as a whole process, next to `node -e 0`. It runs in every shell an agent opens.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from '../machine.mjs';

const command = fileURLToPath(new URL('../../dist/cli/stack-env.js', import.meta.url));

const sidingsFile = JSON.stringify({
  project: 'project',
  services: { api: { port: 8000, env: ['API_PORT'] }, postgres: { port: 5432, kind: 'tcp', env: ['PGPORT'] } },
  env: { DATABASE_URL: 'postgresql://postgres@localhost:{postgres.port}/{database}', API_URL: '{api.url}' },
});

const measure = (args, options) => {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, options);
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - start;
};

export const startup = ({ calls }) => {
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  try {
    for (const name of ['project', 'project-2', 'project-3']) {
      mkdirSync(`${folder}/${name}`);
      writeFileSync(`${folder}/${name}/sidings.json`, sidingsFile);
    }
    const options = { cwd: `${folder}/project-3`, env: { ...process.env, SIDINGS_STATE_DIR: `${folder}/state` } };
    // In turns, so that both see the same load of the machine.
    const pairs = Array.from({ length: calls }, () => [measure(['-e', '0'], options), measure([command], options)]);
    return [
      ['stack-env, whole process', median(pairs.map(([, ours]) => ours)), 'ms'],
      ['stack-env / node -e 0', median(pairs.map(([bare, ours]) => ours / bare)), ''],
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
