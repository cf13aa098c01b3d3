// The services of one copy, started as its developers start them, and the proxy in front of all copies.
import { readFile } from 'node:fs/promises';
import { root } from '../lib.mjs';
import { stackEnv } from './copies.mjs';
import { askJson } from './http.mjs';
import { until } from './until.mjs';

const commands = {
  api: ['node', 'api/server.js'],
  web: ['node_modules/.bin/vite'],
};

const answers = async (url) => (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;

/** `stack-env run --service api -- node api/server.js` in a copy, until it answers on its own port. */
export const startService = async (processes, service, { copy, env }) => {
  const { name, directory, services } = copy;
  const command = [...stackEnv, 'run', '--service', service, '--', ...commands[service]];
  const started = processes.start(`${name}.${service}`, command, { cwd: directory, env });
  const { localUrl, health = '/' } = services[service];
  await until(`${service} of ${name} answers at ${localUrl}${health}`, () => answers(localUrl + health), { started });
  return started;
};

/**
 * `sidings start`, until it knows every copy as live. Gives what a client needs to reach it: its ports, and the root certificate
 * that it has made by now.
 */
export const startProxy = async (processes, { folder, http, https, certificates, copies, env }) => {
  const command = [process.execPath, `${root}dist/cli/sidings.js`, 'start'];
  const started = processes.start('sidings', command, { cwd: folder, env });
  return until(
    `sidings answers on port ${https} and knows ${copies.length} copies`,
    async () => {
      const proxy = { http, https, ca: await readFile(`${certificates}/root.pem`, 'utf8') };
      const { workstreams } = await askJson(proxy, 'localhost', '/api/workstreams');
      const isLive = ({ name }) => workstreams.some((workstream) => workstream.name === name && workstream.live);
      return copies.every(isLive) && proxy;
    },
    { started },
  );
};
