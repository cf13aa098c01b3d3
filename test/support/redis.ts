import { type Started, start } from './commands.ts';
import { eventually } from './raw.ts';

/** A Redis on a port of loopback that keeps nothing on disk; ended with the test. */
export const startRedis = async (folder: string, port: number, args: readonly string[] = []): Promise<Started> => {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...args];
  const started = start('redis-server', options, { cwd: folder, env: { PATH: process.env.PATH } });
  await eventually(() => started.stdout().includes('Ready to accept connections'), 'Redis', 30_000);
  return started;
};
