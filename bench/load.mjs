// What puts load on a proxy, from the other core.
import { loadCore, start } from './machine.mjs';
import { hostname } from './peers/peer.mjs';

const finished = async (child) => {
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} failed: ${child.said()}`);
  return child.said();
};

const milliseconds = { us: 0.001, ms: 1, s: 1000 };

/** HTTP/1.1 in clear text over 64 connections: requests per second, and the latency that 99 % do not exceed, in milliseconds. */
export const wrk = async ({ port, path, seconds }) => {
  const options = ['--threads=1', '--connections=64', `--duration=${seconds}s`, '--latency', '--timeout=10s'];
  const said = await finished(
    start(loadCore, 'wrk', [...options, '--header', `Host: ${hostname}`, `http://127.0.0.1:${port}${path}`]),
  );
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(said) ?? [];
  const failed = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/
    .exec(said)
    ?.slice(1)
    .some((n) => n !== '0');
  if (failed || /Non-2xx/.test(said)) throw new Error(`requests failed: ${said}`);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]), p99: Number(p99) * milliseconds[unit] };
};

/** HTTP/2 over TLS, 8 connections of 32 streams: requests per second. */
export const h2load = async ({ port, path, seconds }) => {
  const options = [
    '--threads=1',
    '--clients=8',
    '--max-concurrent-streams=32',
    `--duration=${seconds}`,
    '--warm-up-time=1',
  ];
  const target = [`--connect-to=127.0.0.1:${port}`, `https://${hostname}:${port}${path}`];
  const said = await finished(start(loadCore, 'h2load', [...options, ...target]));
  const [, failed, errored, timeout] = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(said) ?? [];
  if (Number(failed) + Number(errored) + Number(timeout) > 0 || /[1-9]\d* [45]xx/.test(said))
    throw new Error(`requests failed: ${said}`);
  return { rate: Number(/finished in .*?, ([\d.]+) req\/s/.exec(said)?.[1]) };
};
