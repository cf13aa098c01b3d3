// What a measurement of Sidings alone needs: a small web service, and the built daemon in front of it on ports of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { endAll, firstLine, loadCore, start } from './machine.mjs';
import { startSidings } from './peers/sidings.mjs';

export const startUpstream = async () => {
  const child = start(loadCore, process.execPath, [fileURLToPath(new URL('upstream.mjs', import.meta.url))]);
  return { port: Number(await firstLine(child)), child };
};

/** Calls `measure` with the ports, the file of the root certificate and the daemon's pid; ends all afterwards. */
export const onStage = async (measure, nodeOptions = [], daemonOptions = []) => {
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  try {
    const { port } = await startUpstream();
    const { http, https, pid, root } = await startSidings({ folder, port, nodeOptions, options: daemonOptions });
    return await measure({ port: https.port, httpPort: http.port, pid, root });
  } finally {
    await endAll();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};
