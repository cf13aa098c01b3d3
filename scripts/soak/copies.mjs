// The copies of a soak: folders with a sidings.json, and the process that is the service of each.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isHeld } from '../demo/ports.mjs';
import { until } from '../demo/until.mjs';

const program = fileURLToPath(new URL('upstream.mjs', import.meta.url));

/** Above those of other programs that people run, below those that Linux gives to outgoing connections. */
const [lowest, highest] = [24_000, 32_000];
/** Where a copy is moved to, and back. */
const otherBase = 100;

/** A base port from which on so many are free, and as many where copies are moved to. */
export const freeBase = async (count, random) => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = lowest + Math.floor(random() * (highest - lowest));
    const ports = Array.from({ length: count }, (_, slot) => [base + slot, base + otherBase + slot]).flat();
    if (!(await Promise.all(ports.map(isHeld))).includes(true)) return base;
  }
  throw new Error(`There are not ${count} free ports in a row from ${lowest} to ${highest}.`);
};

/**
 * A copy in `folder`, not there yet. `processes` starts its service; `known` has the process of each copy whose service listens, as the
 * ledger was told.
 */
export const openCopy = ({ folder, name, project, base, slot, processes, known, ledger, habit }) => {
  const directory = `${folder}/${name}`;
  const file = `${directory}/sidings.json`;
  let moved = 0;
  let extra = 0;
  let started;

  const port = () => base + moved + slot;
  const text = () =>
    JSON.stringify({
      project,
      services: { web: { port: base + moved }, ...(extra > 0 && { extra: { port: base + 500 + extra, kind: 'tcp' } }) },
    });

  const copy = {
    name,
    hostnames: [`${name}.web.localhost`, `web.${name}.localhost`, `${name}-web.localhost`],
    port,
    /** Something is being done to it. */
    isBusy: false,
    make: () => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(file, text());
    },
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
    /** Starts its service, and waits until that listens. */
    start: async () => {
      known.delete(name);
      const command = [process.execPath, program, name, String(port()), ledger, habit];
      started = processes.start(name, command, { cwd: directory, env: { PATH: process.env.PATH } });
      await until(`the service of ${name} listens`, () => known.has(name), { started });
    },
    signal: (signal) => process.kill(known.get(name), signal),
    /** Gives what ends the service that runs now, when nothing is under way there any more. */
    ending: () => {
      const [pid, { exit }] = [known.get(name), started];
      return () => {
        process.kill(pid, 'SIGTERM');
        return exit;
      };
    },
    /** Ends its service without warning. */
    kill: async () => {
      copy.signal('SIGKILL');
      await started.exit;
    },
    /** Another service in its file, or none: an edit that changes nothing for `web`. */
    edit: (isWhole) => {
      extra = (extra + 1) % 4;
      if (!isWhole) return writeFileSync(file, text());
      writeFileSync(`${file}.new`, text());
      return renameSync(`${file}.new`, file);
    },
    break: () => writeFileSync(file, '{ "project": '),
    mend: () => writeFileSync(file, text()),
    /** The next port is another one; gives what takes the file there. */
    move: () => {
      moved = moved === 0 ? otherBase : 0;
      return () => writeFileSync(file, text());
    },
  };
  return copy;
};
