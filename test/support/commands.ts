import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const built = (command: string): string => fileURLToPath(new URL(`../../dist/cli/${command}.js`, import.meta.url));

export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

/** Is given what ends a process. */
export type Ending = (end: () => Promise<void>) => void;

/** A process that ends with the test at the latest, or when `ending` has it ended. */
export const start = (
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  ending: Ending = onTestFinished,
): Started => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code ?? undefined,
    signal: signal ?? undefined,
    stdout,
    stderr,
  }));
  ending(async () => {
    child.kill('SIGKILL');
    await ended.catch(() => {});
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
};

interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly ending?: Ending;
  readonly uid?: number;
  readonly gid?: number;
  /** How many descriptors the process may have. */
  readonly descriptors?: number;
}

/** Only what a command needs of the machine: nothing of the shell that runs the tests gets in. */
const environmentOf = ({ cwd, env, ending: _ending, descriptors: _descriptors, ...identity }: Place) => ({
  cwd,
  ...identity,
  env: {
    PATH: process.env.PATH,
    HOME: cwd,
    SIDINGS_STATE_DIR: `${cwd}/.state`,
    SIDINGS_CERTS_DIR: `${cwd}/.certs`,
    ...env,
  },
});

/** Starts `sidings` or `stack-env` as built. */
export const startCommand = (command: 'sidings' | 'stack-env', args: readonly string[], place: Place): Started => {
  const all = [process.execPath, built(command), ...args];
  const [program = '', ...rest] =
    place.descriptors === undefined ? all : ['sh', '-c', `ulimit -n ${place.descriptors}; exec "$@"`, 'sh', ...all];
  return start(program, rest, environmentOf(place), place.ending);
};

/** Runs `sidings` or `stack-env` as built, to its end. */
export const runCommand = (command: 'sidings' | 'stack-env', args: readonly string[], place: Place): Promise<Ended> =>
  startCommand(command, args, place).ended;

/** Asks a process to end and waits for it. `stack-env run`, killed, would leave behind what it has started. */
export const terminate = async ({ child, ended }: Started): Promise<void> => {
  child.kill('SIGTERM');
  await ended;
};

/** A command of a service under `stack-env run`; it ends with the test at the latest, or when `ending` has it ended. */
export const startRun = (service: string, command: readonly string[], place: Place): Started => {
  const started = startCommand('stack-env', ['run', '--service', service, '--', ...command], place);
  (place.ending ?? onTestFinished)(() => terminate(started));
  return started;
};

/** Runs `sidings`, or another command, as built in a terminal, where somebody types the answer when the question is asked; gives what stood there. */
export const runInTerminal = async (
  args: readonly string[],
  { question, answer, ...place }: Place & { readonly question: string; readonly answer: string },
  name: 'sidings' | 'stack-env' = 'sidings',
): Promise<Ended> => {
  const command = [process.execPath, built(name), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const { env, ...rest } = environmentOf(place);
  // Its shell is found by the path of the test, whatever the command is to find.
  const set = `PATH='${env.PATH}' exec `;
  const started = start('/usr/bin/script', ['-qec', set + command.join(' '), '/dev/null'], {
    ...rest,
    env: { ...env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.child.stdout?.on('data', () => {
    if (started.stdout().includes(question)) started.child.stdin?.end(answer);
  });
  return started.ended;
};

export interface RunningSidings extends Started {
  /** For clear text. */
  readonly port: number;
  readonly httpsPort: number;
  readonly ready: { readonly [key: string]: unknown };
}

/** `sidings start` on ports of its own, once it is ready. */
export const startSidings = async (args: readonly string[], place: Place): Promise<RunningSidings> => {
  const started = startCommand('sidings', ['start', '--http-port', '0', ...args], place);
  const line = await new Promise<string>((resolve, reject) => {
    started.child.stdout?.on('data', () => {
      const [first, rest] = started.stdout().split('\n', 2);
      if (rest !== undefined) resolve(first ?? '');
    });
    started.ended.then(({ code, stderr }) => reject(new Error(`sidings ended with ${code}: ${stderr}`)), reject);
  });
  const ready = JSON.parse(line) as { http: { port: number }; https?: { port: number } };
  return { ...started, port: ready.http.port, httpsPort: ready.https?.port ?? 0, ready };
};

/** A service of a copy: a process that works in the copy's folder, listens on a port and answers with its name. */
export const startService = async (
  directory: string,
  port: number,
  name: string,
  host = '127.0.0.1',
): Promise<Started> => {
  const program = `require('node:http').createServer((request, response) => response.end(${JSON.stringify(name)}))
    .listen(${port}, ${JSON.stringify(host)}, () => console.log('listening'))`;
  const started = start(process.execPath, ['-e', program], { cwd: directory });
  await new Promise<void>((resolve, reject) => {
    started.child.stdout?.once('data', () => resolve());
    started.ended.then(({ stderr }) => reject(new Error(`The service did not start: ${stderr}`)), reject);
  });
  return started;
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Asks the proxy for a hostname, as a browser would that resolves it to loopback. */
export const ask = (
  port: number,
  hostname: string,
  path = '/',
  { headers = {}, address = '127.0.0.1' }: { headers?: Record<string, string>; address?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: address,
      port,
      path,
      agent: false,
      headers: { host: `${hostname}:${port}`, ...headers },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.end();
  });
