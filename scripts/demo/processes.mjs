// Processes of the demo: each in a group of its own, its output in a log file, known to the cleaner from the start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cleanerFile = fileURLToPath(new URL('cleaner.mjs', import.meta.url));

/** The last lines of a log. */
export const tail = (log, lines = 40) => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');

/** `folder` is removed at the end; the logs are written to `logs` inside it. */
export const openProcesses = ({ folder, logs }) => {
  mkdirSync(logs, { recursive: true });
  const cleaner = spawn(process.execPath, [cleanerFile, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  cleaner.stdin.on('error', () => {});
  const cleaned = once(cleaner, 'exit');
  let stopping = false;
  const tell = (message) => cleaner.stdin.write(`${JSON.stringify(message)}\n`);

  /**
   * Starts a command without a shell. `stop` is the signal that ends it in peace, sent to the command itself; `kill` is the one that
   * ends its whole group at once.
   */
  const start = (name, [command, ...args], { cwd, env, identity = {}, stop = 'SIGTERM', kill = 'SIGKILL' }) => {
    if (stopping) throw new Error('The demo is ending.');
    const log = `${logs}/${name}.log`;
    const output = openSync(log, 'a');
    const child = spawn(command, args, { cwd, env, ...identity, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    const started = { name, log, ended: undefined };
    if (child.pid !== undefined) tell({ started: child.pid, stop, kill });
    started.exit = new Promise((resolve) => {
      const end = (outcome) => {
        started.ended = outcome;
        if (child.pid !== undefined) tell({ ended: child.pid });
        resolve(outcome);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? code));
    });
    started.stop = () => {
      child.kill(stop);
      return started.exit;
    };
    return started;
  };

  return {
    start,
    /** What these compose projects have is removed at the end. */
    removeProjects: (projects) => tell({ projects }),
    /** Ends all of them and removes the folder. */
    stop: async () => {
      stopping = true;
      tell({ stop: true });
      const [code] = await cleaned;
      if (code !== 0) throw new Error(`Not everything could be stopped and removed; look into ${folder}.`);
    },
    /** The same without patience. */
    kill: () => tell({ kill: true }),
  };
};
