import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/lib.mjs';
import { firstLine, proxyCore, start } from '../machine.mjs';

export const command = fileURLToPath(new URL('../../dist/cli/sidings.js', import.meta.url));

/** Starts the built daemon with one copy, whose service `web` is at the port; gives what it says when it is ready. `docker`: address of an engine. */
export const startSidings = async ({ folder, port, options = [], nodeOptions = [], docker }) => {
  const copy = `${folder}/project`;
  mkdirSync(copy, { recursive: true });
  writeFileSync(`${copy}/sidings.json`, JSON.stringify({ project: 'project', services: { web: { port } } }));
  const env = {
    ...process.env,
    SIDINGS_STATE_DIR: `${folder}/state`,
    SIDINGS_CERTS_DIR: `${folder}/certs`,
    XDG_CONFIG_HOME: folder,
    ...(docker !== undefined && { DOCKER_HOST: docker }),
  };
  const common = ['start', '--http-port=0', '--https-port=0', '--log-level=error'];
  const args = [...nodeOptions, command, ...common, ...(docker === undefined ? ['--no-docker'] : []), ...options];
  const child = start(proxyCore, process.execPath, args, { cwd: copy, env });
  return { ...JSON.parse(await firstLine(child)), child, root: `${folder}/certs/root.pem` };
};

const sidingsIn = (name, options) => ({
  name,
  version: () => JSON.parse(readFileSync(`${root}package.json`)).version,
  start: async ({ folder, upstream }) => {
    const { http, https, child } = await startSidings({ folder, port: upstream.port, options });
    return { http: http.port, https: https.port, child };
  },
});

export const sidings = sidingsIn('Sidings', []);
export const sidingsFull = sidingsIn('Sidings, full lane', ['--lanes=full']);
