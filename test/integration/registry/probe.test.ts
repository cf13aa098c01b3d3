import { expect, test } from 'vitest';
import { probe } from '../../../src/registry/probe.ts';
import { eventually } from '../../support/raw.ts';
import { startRawUpstream, startUpstream } from '../../support/upstream.ts';
import { firstPort, makeFolders, startListening } from './processes.ts';

const options = { timeoutMs: 2000, concurrency: 2 };

test('probes say at which address of an upstream somebody listens', async () => {
  const v4 = await startUpstream((_request, response) => response.end());
  const v6 = await startUpstream((_request, response) => response.end(), '::1');
  const closed = await startUpstream((_request, response) => response.end());
  await new Promise((resolve) => closed.server.close(resolve));
  const upstreams = [
    { host: 'localhost', port: v4.port },
    { host: 'localhost', port: v6.port },
    { host: '127.0.0.1', port: v6.port },
    { host: 'localhost', port: closed.port },
    { host: '::1', port: v6.port },
  ];
  expect(await probe(upstreams, options)).toEqual(['127.0.0.1', '::1', undefined, undefined, '::1']);
  expect(await probe([], options)).toEqual([]);
});

test('a server that greets at once and has no listener for errors survives probes', async () => {
  const root = await makeFolders();
  const server = await startListening(root);
  const upstream = { host: 'localhost', port: firstPort(server) };
  for (let count = 0; count < 20; count += 1) expect(await probe([upstream], options)).toEqual(['127.0.0.1']);
});

test('a connection that was made for a probe is closed without a byte', async () => {
  const { port, connections } = await startRawUpstream(() => {});
  await probe([{ host: 'localhost', port }], options);
  await eventually(() => connections[0]?.closed === true);
  expect(connections).toEqual([{ received: '', closed: true }]);
});

test('an address that says nothing counts as one where nobody listens, after a time', async () => {
  const root = await makeFolders();
  const server = await startListening(root, { backlog: 1 });
  const upstream = { host: '127.0.0.1', port: firstPort(server) };
  process.kill(server.pid, 'SIGSTOP');
  const impatient = { timeoutMs: 50, concurrency: 8 };
  // The kernel takes connections for a stopped process until its queue is full.
  await eventually(async () => (await probe([upstream], impatient))[0] === undefined);
});
