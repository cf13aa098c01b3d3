// A Docker Engine for tests and the demo: the one that runs on this machine, else one of our own where that may be.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onPath } from '../lib.mjs';
import { askEngine, keeperOf } from './ask.mjs';

/** Holds images from one run to the next. */
const folder = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/sidings-test/docker`;
const patienceMs = 90_000;

const running = async () => {
  const { DOCKER_HOST } = process.env;
  // What a person points at on purpose is used or is an error, but never replaced by something else.
  if (DOCKER_HOST) {
    if (!DOCKER_HOST.startsWith('unix://')) return { failure: `DOCKER_HOST=${DOCKER_HOST} is no unix:// socket` };
    return askEngine(DOCKER_HOST.slice('unix://'.length), 'GET', '/_ping').then(
      () => ({ host: DOCKER_HOST }),
      (error) => ({ failure: `DOCKER_HOST=${DOCKER_HOST} does not answer: ${error.message}` }),
    );
  }
  const usual = '/var/run/docker.sock';
  if (!existsSync(usual)) return undefined;
  return askEngine(usual, 'GET', '/_ping').then(
    () => ({ host: `unix://${usual}` }),
    () => undefined,
  );
};

/** Why this machine cannot run an engine of ours; undefined where it can. */
const obstacle = () => {
  if (process.platform !== 'linux') return 'no Docker Engine is running';
  const missing = ['dockerd', 'ip', 'iptables'].filter((command) => !onPath(command));
  if (missing.length > 0) return `no Docker Engine is running, and to start one needs ${missing.join(', ')}`;
  return process.getuid() === 0 ? undefined : 'no Docker Engine is running, and only root can start one';
};

/** One try: the keeper's answer and the connection that keeps the engine, or undefined. */
const join = (path) =>
  new Promise((resolve) => {
    const connection = connect({ path, allowHalfOpen: true });
    connection.on('error', () => resolve(undefined)).on('close', () => resolve(undefined));
    let text = '';
    connection.setEncoding('utf8').on('data', (data) => {
      text += data;
      if (text.endsWith('\n')) resolve({ ...JSON.parse(text), connection });
    });
  });

/**
 * Gives `{ host, close }`, or `{ failure }` that says why there is none. Several may have the engine at the same time; one that
 * was started for them ends with the last. It also ends when they are killed.
 */
export const openEngine = async () => {
  const found = await running();
  if (found !== undefined) return { ...found, close: async () => {} };
  const failure = obstacle();
  if (failure !== undefined) return { failure };

  const path = keeperOf(folder);
  const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(100)) {
    let joined = await join(path);
    if (joined === undefined) {
      spawn(process.execPath, [keeper, folder], { detached: true, stdio: 'ignore', cwd: '/' }).unref();
      await sleep(100);
      joined = await join(path);
    }
    if (joined === undefined) continue;
    const { host, connection, ...rest } = joined;
    const close = () =>
      new Promise((resolve) => {
        connection.once('close', resolve);
        connection.end();
      });
    if (host !== undefined) return { host, close };
    await close();
    return { failure: `the Docker Engine did not start: ${rest.failure}` };
  }
  return { failure: 'the Docker Engine did not start in time' };
};
