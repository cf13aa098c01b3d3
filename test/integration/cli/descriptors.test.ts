import { createServer, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { State } from '../../../src/model/workstream.ts';
import { ask, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually, type RawClient, rawClient } from '../../support/raw.ts';

test('without descriptors for all clients, each that is let in reaches its service, the others are closed, and it is told', async () => {
  const [copy] = await makeCopies(await temporaryFolder(), ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  // Answers only when all requests are there, so that each has a connection of its own.
  const waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => waiting.push(response));
  await new Promise<void>((resolve) => server.listen(copy.ports.api, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const descriptors = 264;
  const sidings = await startSidings(['--no-tls', '--no-docker'], { cwd: copy.directory, descriptors });

  const watcher = rawClient(sidings.port);
  const clients: RawClient[] = [];
  let refused: RawClient | undefined;
  while (refused === undefined && clients.length < descriptors) {
    const client = rawClient(sidings.port);
    clients.push(client);
    // One that is let in hears nothing until it asks.
    const probe = rawClient(sidings.port);
    probe.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    if ((await probe.closed) === '') refused = probe;
  }
  expect(clients.length).toBeLessThanOrEqual(100);

  for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: project-2.api.localhost\r\n\r\n');
  // The place of a client that has just left may not have been free for the next one.
  const admitted = () => clients.filter(({ socket }) => !socket.destroyed);
  await eventually(() => waiting.length === admitted().length, 'all requests at the service');
  expect(waiting.length).toBeGreaterThan(90);
  for (const response of waiting) response.end('here');
  for (const client of admitted()) await client.until(/200 OK[\s\S]*here/);

  expect(sidings.stderr()).toContain('descriptors-exhausted');
  watcher.send('GET /api/workstreams HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await watcher.until(/"code":"descriptors-exhausted"/);

  for (const client of clients) client.socket.destroy();
  const problems = async () =>
    (JSON.parse((await ask(sidings.port, 'localhost', '/api/workstreams')).text) as State).problems;
  await eventually(async () => (await problems().catch(() => ['none yet'])).length === 0, 'room again');
});
