// What a measurement of Sidings alone needs: a small web service, and the built daemon in front of it on ports of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { end, firstLine, loadCore, start } from './machine.mjs';
import { startSidings } from './peers/sidings.mjs';

export const startUpstream = async () => {
  const child = start(loadCore, process.execPath, [fileURLToPath(new URL('upstream.mjs', import.meta.url))]);
  return { port: Number(await firstLine(child)), child };
};

/** Calls `measure` with the ports, the file of the root certificate and the daemon's pid; ends what it started afterwards. */
export const onStage = async (measure, nodeOptions = [], daemonOptions = []) => {
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  const started = [];
  try {
    const upstream = await startUpstream();
    started.push(upstream.child);
    const { port } = upstream;
    const { http, https, root, child } = await startSidings({ folder, port, nodeOptions, options: daemonOptions });
    started.push(child);
    return await measure({ port: https.port, httpPort: http.port, pid: child.pid, root });
  } finally {
    await Promise.all(started.map(end));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};
