// What `npm run demo -- --docker` does differently: the engine, its images, and the stack of each copy in containers.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Readable } from 'node:stream';
import { askEngine, socketOf } from '../docker/ask.mjs';
import { openEngine } from '../docker/engine.mjs';
import { ensureImages } from '../docker/images.mjs';
import { stackEnv } from './copies.mjs';
import { askJson } from './http.mjs';
import { finished, until } from './until.mjs';

const waysOut = `
  Debian, as root   apt-get install docker.io docker-compose iproute2 iptables busybox-static
                    The demo starts the engine then, and ends it.
  other machines    Start the engine, or name its socket: DOCKER_HOST=unix:///…
  without Docker    npm run demo`;

/** The first engine that answers at a socket where programs are known to have one. */
const userEngine = async () => {
  const { endpointsOf } = await import('../../dist/providers/docker/endpoints.js');
  const read = (file) => readFile(file, 'utf8').catch(() => undefined);
  const { env: environment, platform } = process;
  for (const { kind, path } of await endpointsOf({
    environment,
    home: homedir(),
    platform,
    uid: process.geteuid(),
    read,
  })) {
    if (kind !== 'socket' || !existsSync(path)) continue;
    if (await askEngine(path, 'GET', '/_ping').catch(() => undefined)) return `unix://${path}`;
  }
  return undefined;
};

/** An engine and the command compose, or an error with the ways out. Whoever asks for an engine afterwards gets the same one. */
export const findEngine = async () => {
  const found = process.env.DOCKER_HOST || (await userEngine());
  if (found !== undefined) process.env.DOCKER_HOST = found;
  const { host, failure, close } = await openEngine();
  if (host === undefined) throw new Error(`The demo finds no Docker Engine: ${failure}.${waysOut}`);
  const { findCompose } = await import('../../dist/cli/docker.js');
  try {
    return { host, compose: await findCompose() };
  } catch (error) {
    await close();
    throw new Error(`${error.message}${waysOut}`);
  }
};

/** The variables of `compose.yaml` that name an image; what it names without them, and what tests build where there is no registry. */
const images = {
  POSTGRES_IMAGE: { usual: 'postgres:17', built: 'sidings-test/postgres' },
  REDIS_IMAGE: { usual: 'redis:8', built: 'sidings-test/redis' },
  NODE_IMAGE: { usual: 'node:22', built: 'sidings-test/node' },
};

const pull = async (socket, name) => {
  const [image, tag] = name.split(':');
  // The answer is a line of JSON for each piece of progress.
  const said = await askEngine(socket, 'POST', `/images/create?fromImage=${image}&tag=${tag}`, Readable.from([]));
  const [, error] = /"error": ?"([^"]*)"/.exec(said) ?? [];
  if (error !== undefined) throw new Error(error);
};

/** Makes sure of the images. Gives the variables that name them: what the user's shell says, else from a registry, else built here. */
export const chooseImages = async (host, tell) => {
  const socket = socketOf(host);
  const open = Object.entries(images).filter(([variable]) => !process.env[variable]);
  const choose = (which) =>
    Object.fromEntries(Object.keys(images).map((name) => [name, process.env[name] || images[name][which]]));
  try {
    for (const [, { usual }] of open) {
      const isThere = await askEngine(socket, 'GET', `/images/${usual}/json`).catch(() => undefined);
      if (isThere === undefined) await pull(socket, usual);
    }
    return choose('usual');
  } catch (error) {
    tell(`No registry gives them (${error.message.trim().slice(0, 200)}); they are built from Debian's packages.`);
    await ensureImages(host);
    return choose('built');
  }
};

/** The demo removes what its compose projects have: nothing with their names may be there before. */
export const refuseTaken = async (host, projects) => {
  for (const project of projects) {
    const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
    const containers = await askEngine(socketOf(host), 'GET', `/containers/json?all=1&filters=${filters}`);
    const { Volumes: volumes } = await askEngine(socketOf(host), 'GET', `/volumes?filters=${filters}`);
    if (containers.length === 0 && (volumes ?? []).length === 0) continue;
    throw new Error(
      `The engine has containers or volumes of a compose project called ${project} already, which the demo would take for its own.\n` +
        `If nobody needs them: docker compose -p ${project} down --volumes`,
    );
  }
};

const profile = ['-f', 'compose.yaml', '--profile', 'full'];

/** `stack-env compose … up --detach` in a copy, to its end. */
export const startStack = (processes, { name, directory }, env) => {
  const command = [...stackEnv, 'compose', ...profile, 'up', '--detach'];
  return finished(`the containers of ${name}`, processes.start(`${name}.compose`, command, { cwd: directory, env }));
};

/** What `stack-env` is called with to have compose do something in the full profile of a copy. */
export const composeArguments = (...args) => ['compose', ...profile, ...args];

/** Waits until the proxy leads to the containers of all copies. */
export const containersReached = (proxy, copies) =>
  until(
    'the proxy reaches the containers (it cannot where they are in a virtual machine, or in the namespace of a rootless engine)',
    async () => {
      const { workstreams } = await askJson(proxy, 'localhost', '/api/workstreams');
      const services = workstreams.flatMap((copy) => copy.services.map((service) => ({ copy: copy.name, ...service })));
      const missing = services.filter(({ provider, state }) => provider !== 'docker' || state !== 'up');
      if (missing.length === 0) return services.length >= copies.length;
      throw new Error(
        missing.map(({ copy, name, provider, state }) => `${name} of ${copy}: ${provider}, ${state}`).join('; '),
      );
    },
    { within: 240_000 },
  );
