// Ends what the demo started and removes its folder, however the demo ends: this process lives in a session of its own, and the end
// of its standard input tells it that the demo is gone. A demo that was killed leaves nothing behind either.
//
// It is told in lines of JSON: {"started": pid, "stop": signal, "kill": signal} for each process group, {"ended": pid} when its first
// process is gone, {"projects": [names]} for compose projects that are removed with all that they have, {"stop": true} to end all of
// them, {"kill": true} to do it at once. It exits with 1 if anything is left.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { askEngine, socketOf } from '../docker/ask.mjs';
import { openEngine } from '../docker/engine.mjs';

const [folder] = process.argv.slice(2);
const patience = 8000;

const groups = new Map();

const send = (pid, signal) => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};
const signalGroup = (group, signal) => send(-group, signal);
/** The process that was started tells its own children; a second signal makes some of them give up without cleaning up. */
const ask = (group, signal) => send(group, signal) || signalGroup(group, signal);

const alive = () => [...groups].filter(([group]) => signalGroup(group, 0));

const gone = async (milliseconds) => {
  for (const end = Date.now() + milliseconds; alive().length > 0; await delay(20)) if (Date.now() > end) return false;
  return true;
};

const killAll = async () => {
  for (const [group, { kill }] of alive()) signalGroup(group, kill);
  if (await gone(2000)) return;
  for (const [group] of alive()) signalGroup(group, 'SIGKILL');
  await gone(2000);
};

/** Opened as soon as there is something to remove, so that an engine that was started for the demo goes on until it is removed. */
let engine;
const projects = new Set();

/** Removes what a compose project has now; gives whether there was anything. */
const sweep = async (socket, project) => {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const list = (path) => askEngine(socket, 'GET', `${path}filters=${filters}`);
  const containers = (await list('/containers/json?all=1&')).map(({ Id }) => `/containers/${Id}?force=1&v=1`);
  const volumes = ((await list('/volumes?')).Volumes ?? []).map(({ Name }) => `/volumes/${Name}`);
  const networks = (await list('/networks?')).map(({ Id }) => `/networks/${Id}`);
  const all = [...containers, ...volumes, ...networks];
  for (const path of all) await askEngine(socket, 'DELETE', path);
  return all.length > 0;
};

/** Looks that find nothing before it is believed: what compose had asked for when it was ended may come after the first. */
const calmLooks = 4;
const lookMs = 250;
const sweepMs = 20_000;

const removeProject = async (socket, project) => {
  const end = Date.now() + sweepMs;
  for (let calm = 0; calm < calmLooks; await delay(lookMs)) {
    try {
      calm = (await sweep(socket, project)) ? 0 : calm + 1;
    } catch (error) {
      // A container that is being made, or removed by compose itself, has to be left alone for a moment.
      if (Date.now() > end) throw error;
      calm = 0;
    }
  }
};

/** Gives whether nothing is left. */
const removeProjects = async () => {
  if (projects.size === 0) return true;
  const { host, failure, close } = await engine;
  try {
    if (host === undefined) throw new Error(failure);
    await Promise.all([...projects].map((project) => removeProject(socketOf(host), project)));
    return true;
  } catch (error) {
    process.stderr.write(`Containers, volumes or networks of the demo are left: ${error.message}\n`);
    return false;
  } finally {
    await close?.();
  }
};

let ending = false;

const end = async () => {
  if (ending) return;
  ending = true;
  for (const [group, { stop }] of alive()) ask(group, stop);
  if (!(await gone(patience))) await killAll();
  const left = alive();
  for (const [group] of left) process.stderr.write(`Process group ${group} does not end.\n`);
  const removed = await removeProjects();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(left.length === 0 && removed ? 0 : 1);
};

const read = (line) => {
  const { started, ended, projects: more, stop, kill } = JSON.parse(line);
  if (more !== undefined) {
    engine ??= openEngine();
    for (const project of more) projects.add(project);
  } else if (started !== undefined) groups.set(started, { stop, kill });
  // The number may soon be another program's, unless children of the one that ended keep the group.
  else if (ended !== undefined && !signalGroup(ended, 0)) groups.delete(ended);
  else if (kill) for (const [group, signals] of alive()) signalGroup(group, signals.kill);
  else if (stop) void end();
};

createInterface({ input: process.stdin }).on('line', read).on('close', end);
