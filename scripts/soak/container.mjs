// A copy whose service is a container, where a Docker Engine can be had.
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { until } from '../demo/until.mjs';
import { socketOf } from '../docker/ask.mjs';
import { openEngine } from '../docker/engine.mjs';
import { ensureImages } from '../docker/images.mjs';
import { root } from '../lib.mjs';

const port = 8000;
const program = fileURLToPath(new URL('upstream.mjs', import.meta.url));

/** Gives `{ host, close }` of an engine that has the images, or `{ failure }`. */
export const findEngine = async () => {
  const engine = await openEngine();
  if (engine.host === undefined) return engine;
  try {
    await ensureImages(engine.host);
    return engine;
  } catch (error) {
    await engine.close();
    return { failure: error.message };
  }
};

/** The copy, with a container as its service. The program and the ledger are lent to it, at the places where they are. */
export const inContainer = async (copy, { host, folder, known, ledger }) => {
  const docker = new Docker({ socketPath: socketOf(host) });
  const container = await docker.createContainer({
    Image: 'sidings-test/node',
    Cmd: ['node', program, copy.name, String(port), ledger, 'keeps', '0.0.0.0'],
    Labels: {
      'com.docker.compose.project': copy.name,
      'com.docker.compose.project.working_dir': `${folder}/${copy.name}`,
      'com.docker.compose.service': 'web',
    },
    ExposedPorts: { [`${port}/tcp`]: {} },
    HostConfig: { Binds: [`${root}:${root}:ro`, `${ledger}:${ledger}`] },
  });
  return {
    ...copy,
    port: () => port,
    start: async () => {
      known.delete(copy.name);
      await container.start();
      await until(`the container of ${copy.name} listens`, () => known.has(copy.name));
    },
    kill: () => container.kill(),
  };
};
