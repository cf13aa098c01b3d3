// The copies: made as a user makes them, asked for their ports by stack-env, moved to other base ports where somebody is in the way.
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { root } from '../lib.mjs';
import { exec } from './exec.mjs';
import { isHeld, nameOwner } from './ports.mjs';

/** The names of so many copies: the main checkout, and those that are numbered. */
export const namesOf = (count) => [
  'project',
  ...Array.from({ length: count - 1 }, (_, index) => `project-${index + 2}`),
];

/** What a user types; also many times faster than Node's own copying. */
export const copyFolder = (from, to) => exec('cp', ['-R', from, to]);

export const stackEnv = [process.execPath, `${root}dist/cli/stack-env.js`];

/** Gives a copy the `sidings` of this checkout, in place of the package that `npm install --save-dev sidings` would bring. */
export const linkSidings = async (copy) => {
  const link = `${copy}/node_modules/sidings`;
  await rm(link, { recursive: true, force: true });
  await symlink(root, link);
};

/** Runs `stack-env` in a copy. Gives `{ code, stdout, stderr }`. */
export const runStackEnv = async (args, { cwd, env }) => {
  const [node, file] = stackEnv;
  try {
    return { code: 0, ...(await exec(node, [file, ...args], { cwd, env })) };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
};

const resolve = async (directory, env) => {
  const { code, stdout, stderr } = await runStackEnv(['--json'], { cwd: directory, env });
  if (code !== 0) throw new Error(`stack-env in ${directory} ended with ${code}.\n${stderr}`);
  return JSON.parse(stdout);
};

/** What stack-env says about each copy. */
export const resolveCopies = (folder, names, env) =>
  Promise.all(names.map((name) => resolve(`${folder}/${name}`, env)));

const heldPorts = async (copies) => {
  const all = copies.flatMap(({ services }) =>
    Object.entries(services).map(([service, { port }]) => ({ service, port })),
  );
  const held = await Promise.all(all.map(async (entry) => ((await isHeld(entry.port)) ? entry : undefined)));
  return held.filter((entry) => entry !== undefined);
};

/** The next base port in steps of a thousand that keeps all ranges apart by what they were, and whose ports are free. */
const freeBase = async (base, others, gap, slots) => {
  for (let candidate = base + 1000; candidate + gap < 65536; candidate += 1000) {
    if (others.some((other) => Math.abs(other - candidate) < gap)) continue;
    const held = await Promise.all(slots.map((slot) => isHeld(candidate + slot)));
    if (!held.includes(true)) return candidate;
  }
  throw new Error(`There is no free base port above ${base}.`);
};

const smallestGap = (ports) => {
  const sorted = [...ports].sort((a, b) => a - b);
  return Math.min(...sorted.slice(1).map((port, index) => port - sorted[index]));
};

/**
 * Moves the base port of each service that has a port held by another program, in the `sidings.json` of all copies alike. Gives
 * one line of text for each move.
 */
export const moveHeldPorts = async (folder, copies) => {
  const held = await heldPorts(copies);
  if (held.length === 0) return [];
  const files = copies.map(({ name }) => `${folder}/${name}/sidings.json`);
  const text = await readFile(files[0], 'utf8');
  const project = JSON.parse(text);
  const bases = Object.values(project.services).map(({ port }) => port);
  const gap = smallestGap(bases);
  const slots = copies.map(({ slot }) => slot);
  const moves = [];
  for (const [service, entry] of Object.entries(project.services)) {
    const inTheWay = held.find((port) => port.service === service);
    if (inTheWay === undefined) continue;
    const others = Object.entries(project.services).flatMap(([name, { port }]) => (name === service ? [] : [port]));
    const from = entry.port;
    entry.port = await freeBase(from, others, gap, slots);
    const owner = await nameOwner(inTheWay.port);
    moves.push(
      `Port ${inTheWay.port} is held by ${owner}: ${service} counts from ${entry.port} here, not from ${from}.`,
    );
  }
  await Promise.all(files.map((file) => writeFile(file, `${JSON.stringify(project, undefined, 2)}\n`)));
  return moves;
};
