// What a measurement needs: one copy with a small web service, and the built daemon in front of it on ports of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../dist/cli/sidings.js', import.meta.url));

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Calls `measure` with the port for https, the file of the root certificate and the daemon's pid; ends all afterwards. */
export const onStage = async (measure, nodeOptions = []) => {
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  const copy = `${folder}/project`;
  const children = [];
  /** Starts Node in the copy; gives the first line that it prints, and its pid. */
  const start = async (...args) => {
    const env = { ...process.env, SIDINGS_STATE_DIR: `${folder}/state`, SIDINGS_CERTS_DIR: `${folder}/certs` };
    const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) return { line, pid: child.pid };
    throw new Error(`${args.join(' ')} ended before it was ready.`);
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
    const options = ['--http-port=0', '--https-port=0', '--log-level=error'];
    const { line, pid } = await start(...nodeOptions, command, 'start', ...options);
    return await measure({ port: JSON.parse(line).https.port, root: `${folder}/certs/root.pem`, pid });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
