// A hundred thousand requests by HTTP/2 over TLS through the proxy: none may fail. Build first; needs h2load (Debian: nghttp2-client).
// `node bench/h2load.mjs [requests]`; exits 1 when one failed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../dist/cli/sidings.js', import.meta.url));
const requests = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(`${tmpdir()}/sidings-h2load-`);
const copy = `${folder}/project`;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const children = [];
/** Starts Node in the copy; gives the first line that it prints. */
const start = async (...args) => {
  const env = { ...process.env, SIDINGS_STATE_DIR: `${folder}/state`, SIDINGS_CERTS_DIR: `${folder}/certs` };
  const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`${args[0]} ended before it was ready.`);
};

try {
  const port = await freePort();
  mkdirSync(copy);
  writeFileSync(`${copy}/sidings.json`, JSON.stringify({ project: 'project', services: { web: { port } } }));
  await start(
    '-e',
    `require('node:http').createServer((_, response) => response.end('x'.repeat(1024)))
      .listen(${port}, '127.0.0.1', () => console.log('ready'))`,
  );
  const { https } = JSON.parse(await start(command, 'start', '--http-port=0', '--https-port=0', '--log-level=error'));
  const { error, stdout } = spawnSync(
    'h2load',
    [
      ...[`--requests=${requests}`, '--clients=10', '--max-concurrent-streams=20'],
      ...[`--connect-to=127.0.0.1:${https.port}`, `https://project.web.localhost:${https.port}/`],
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw error;
  console.log(
    stdout
      .split('\n')
      .filter((line) => !/^progress/.test(line))
      .join('\n')
      .trim(),
  );
  process.exitCode = stdout.includes(` ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`) ? 0 : 1;
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
