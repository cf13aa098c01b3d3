import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { fail } from '../model/problem.ts';
import { type ComposeContainer, composeContainer } from '../resolver/compose-containers.ts';
import { reasonOf } from '../resolver/regular-file.ts';
import { findCommand } from '../tls/trust-stores/trust-store.ts';

/** Longer than this nobody waits for an engine that may be at the other end of a broken connection. */
const patienceMs = 10_000;

/** What a command prints; rejects with what it said when it fails. */
const capture = (command: string, args: readonly string[], timeout: number): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, args, { timeout, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(error.killed ? new Error('it did not answer in time') : (firstLine(stderr) ?? error));
    });
  });

const firstLine = (text: string): Error | undefined => {
  const [line = ''] = text.trim().split('\n');
  return line === '' ? undefined : new Error(line.replace(/\.$/, ''));
};

/** The command that is compose on this machine: v2, the plugin of Docker, else v1. Errors: `compose-missing`. */
export const findCompose = async (): Promise<readonly string[]> => {
  const hasPlugin = await capture('docker', ['compose', 'version'], patienceMs).then(
    () => true,
    () => false,
  );
  if (hasPlugin) return ['docker', 'compose'];
  if ((await findCommand('docker-compose', process.env.PATH)) !== undefined) return ['docker-compose'];
  throw fail('compose-missing');
};

/**
 * The containers of compose that carry any of these labels, running or not. Asked through the command, which finds the same engine that
 * compose does: contexts, DOCKER_HOST and all. Errors: `docker-failed`.
 */
export const composeContainers = async (
  labels: Readonly<Record<string, string>>,
  timeout = patienceMs,
  attempts = 3,
): Promise<readonly ComposeContainer[]> => {
  const ask = (...args: readonly string[]): Promise<string> =>
    capture('docker', args, timeout).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'the command docker is not on the PATH' : reasonOf(error);
      throw fail('docker-failed', { command: args[0] ?? '', reason });
    });
  // Labels that are asked for together would all have to be there.
  const lists = await Promise.all(
    Object.entries(labels).map(([label, value]) =>
      ask('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.${label}=${value}`),
    ),
  );
  const ids = [...new Set(lists.flatMap((list) => list.split('\n')).filter((id) => id !== ''))];
  if (ids.length === 0) return [];
  const answer = await ask('inspect', '--type', 'container', ...ids).catch((error: Error) => {
    // One of them went away in between.
    if (attempts > 1 && /no such/i.test(error.message)) return undefined;
    throw error;
  });
  if (answer === undefined) return composeContainers(labels, timeout, attempts - 1);
  return Promise.all(
    (JSON.parse(answer) as readonly unknown[]).map(composeContainer).map(async (container) => {
      // Compose names the folder as the shell did that it was called in, which may have come there by a symbolic link.
      const directory = await realpath(container.directory).catch(() => container.directory);
      return { ...container, directory };
    }),
  );
};
