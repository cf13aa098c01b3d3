// Keeps one Docker Engine for all test runs and demos of this user at a time. Each of them holds a connection to this process;
// when the last one has ended, however it ended, the engine is emptied and stopped. Started by engine.mjs, in a session of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../lib.mjs';
import { askEngine, keeperOf } from './ask.mjs';

const [folder] = process.argv.slice(2);
const socket = `${folder}/docker.sock`;
const pidFile = `${folder}/docker.pid`;
/** A bridge of its own, so that another engine on this machine has docker0 for itself. */
const bridge = { name: 'sidings-test', address: '10.213.0.1/24', pool: 'base=10.214.0.0/16,size=24' };
const startMs = 30_000;
const stopMs = 20_000;

const users = new Set();
let answer;
let stopping = false;

/** The pid in the file of an engine that works in our folder; one that a killed keeper left behind. */
const leftBehind = () => {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(`${folder}/data`) ? pid : undefined;
  } catch {
    return undefined;
  }
};

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const stop = async (pid) => {
  for (const [signal, ms] of [
    ['SIGTERM', stopMs],
    ['SIGKILL', 5000],
  ]) {
    const end = Date.now() + ms;
    if (isRunning(pid)) process.kill(pid, signal);
    while (isRunning(pid) && Date.now() < end) await sleep(20);
  }
};

const ip = (...args) => run('ip', args, { capture: true });

const addBridge = async () => {
  await ip('link', 'delete', bridge.name);
  const steps = [
    ['link', 'add', 'name', bridge.name, 'type', 'bridge'],
    ['address', 'add', bridge.address, 'dev', bridge.name],
    ['link', 'set', bridge.name, 'up'],
  ];
  for (const step of steps) {
    const { code, output } = await ip(...step);
    if (code !== 0) throw new Error(`ip ${step.join(' ')}: ${output.trim()}`);
  }
};

/** Containers, volumes and networks of runs that were killed. Images stay: they take a while to build. */
const empty = async () => {
  for (const { Id } of await askEngine(socket, 'GET', '/containers/json?all=1')) {
    await askEngine(socket, 'DELETE', `/containers/${Id}?force=1&v=1`).catch(() => {});
  }
  await askEngine(socket, 'POST', '/networks/prune');
  for (const { Name } of (await askEngine(socket, 'GET', '/volumes')).Volumes ?? []) {
    await askEngine(socket, 'DELETE', `/volumes/${Name}?force=1`).catch(() => {});
  }
};

const begin = async (more) => {
  const log = openSync(`${folder}/docker.log`, 'w');
  const args = [
    ['--data-root', `${folder}/data`],
    ['--exec-root', `${folder}/exec`],
    ['--pidfile', pidFile],
    ['--host', `unix://${socket}`],
    ['--bridge', bridge.name],
    ['--default-address-pool', bridge.pool],
    ['--config-file', `${folder}/daemon.json`],
    more,
  ];
  const engine = spawn('dockerd', args.flat(), { stdio: ['ignore', log, log] });
  let failure;
  engine.on('error', (error) => {
    failure = error.message;
  });
  engine.on('exit', (code) => {
    failure ??= `it ended with ${code}: ${readFileSync(`${folder}/docker.log`, 'utf8').trim().slice(-600)}`;
  });
  for (const end = Date.now() + startMs; Date.now() < end; await sleep(20)) {
    if (failure !== undefined) throw new Error(failure);
    if (await askEngine(socket, 'GET', '/_ping').catch(() => undefined)) return engine.pid;
  }
  await stop(engine.pid);
  throw new Error('it did not answer in time');
};

const end = async (pid) => {
  stopping = true;
  if (pid !== undefined) {
    await empty().catch(() => {});
    await stop(pid);
    rmSync(socket, { force: true });
  }
  await ip('link', 'delete', bridge.name);
  for (const user of users) user.destroy();
  process.exit(0);
};

// The name is bound before and until after the engine runs, so there are never two in one folder.
const server = createServer({ allowHalfOpen: true }, (user) => {
  if (stopping) {
    user.destroy();
    return;
  }
  users.add(user);
  user.on('error', () => {});
  user.resume();
  user.on('end', () => {
    users.delete(user);
    if (users.size > 0 || answer === undefined) user.end();
    // The last one sees its connection end when the engine has.
    else void end(answer.pid);
  });
  user.on('close', () => {
    users.delete(user);
    if (users.size === 0 && answer !== undefined && !stopping) void end(answer.pid);
  });
  if (answer !== undefined) user.write(`${JSON.stringify(answer)}\n`);
});
server.on('error', () => process.exit(0)); // another keeper was faster
process.on('SIGINT', () => {}).on('SIGHUP', () => {});
process.on('SIGTERM', () => void end(answer?.pid));

server.listen(keeperOf(folder), async () => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const old = leftBehind();
    if (old !== undefined) await stop(old);
    rmSync(pidFile, { force: true });
    // Settings of the machine's own engine are not for this one.
    writeFileSync(`${folder}/daemon.json`, '{}');
    await addBridge();
    // Where the kernel has no tables for packets there is no firewall either; ports are published by docker-proxy then.
    const pid = await begin([]).catch(() => begin(['--iptables=false', '--ip6tables=false']));
    await empty();
    answer = { host: `unix://${socket}`, pid };
  } catch (error) {
    answer = { failure: error.message };
  }
  for (const user of users) user.write(`${JSON.stringify(answer)}\n`);
  // Whoever asked may be gone by now.
  if (users.size === 0) await end(answer.pid);
});
