import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onTestFinished, type TestContext } from 'vitest';
import { type Started, start } from './commands.ts';
import { needs, skipWithout } from './requirements.ts';

const run = promisify(execFile);
const ip = (...args: readonly string[]) => run('ip', args);

/** Another machine as far as the network goes: a namespace of the kernel, behind a cable that can be pulled. */
export interface OtherMachine {
  readonly address: string;
  /** A program of Node that runs there, once it has written something. */
  readonly start: (program: string) => Promise<Started>;
  /** Nothing goes there or comes from there any more, and nobody is told. */
  readonly pull: () => Promise<void>;
  /** Connections from here to there that a process holds; the kernel goes on with those that were let go, until it gives up. */
  readonly connections: () => Promise<readonly string[]>;
}

/** Sets one up; removed with the test, which is skipped where the system does not allow it. */
export const openOtherMachine = async (context: TestContext): Promise<OtherMachine> => {
  needs(context, 'ip', 'ss');
  const name = `sidings${process.pid}`;
  const network = `10.213.${process.pid % 256}`;
  const address = `${network}.2`;
  try {
    await ip('netns', 'add', name);
  } catch (error) {
    return skipWithout(context, `a network namespace, which ${(error as Error).message.trim()}`);
  }
  onTestFinished(async () => {
    await ip('netns', 'delete', name);
  });
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'cable', 'netns', name);
  await ip('address', 'add', `${network}.1/24`, 'dev', name);
  await ip('link', 'set', name, 'up');
  await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'cable');
  await ip('-n', name, 'link', 'set', 'cable', 'up');
  return {
    address,
    start: async (program) => {
      const started = start('ip', ['netns', 'exec', name, process.execPath, '-e', program], {});
      await new Promise<void>((resolve, reject) => {
        started.child.stdout?.once('data', () => resolve());
        started.ended.then(({ stderr }) => reject(new Error(stderr)), reject);
      });
      return started;
    },
    pull: async () => {
      await ip('-n', name, 'link', 'set', 'cable', 'down');
    },
    connections: async () => {
      const { stdout } = await run('ss', ['-Htnp', 'dst', address]);
      return stdout.split('\n').filter((line) => line.includes('users:'));
    },
  };
};
