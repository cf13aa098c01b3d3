import { createServer, type ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { State } from '../../../src/model/workstream.ts';
import { ask, startService, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { sessionTo } from '../../support/fronts.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually, type RawClient, rawClient } from '../../support/raw.ts';

const descriptors = 264;

/** A daemon with few descriptors before a service whose answers wait in a list, so that each has a connection of its own. */
const scene = async (args: readonly string[]) => {
  const [copy] = await makeCopies(await temporaryFolder(), ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => waiting.push(response));
  await new Promise<void>((resolve) => server.listen(copy.ports.api, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const sidings = await startSidings([...args, '--no-docker'], { cwd: copy.directory, descriptors });
  const problems = async () =>
    (JSON.parse((await ask(sidings.port, 'localhost', '/api/workstreams')).text) as State).problems.map(
      ({ code }) => code,
    );
  return { copy, waiting, sidings, problems };
};

test('without descriptors for all clients, each that is let in reaches its service, the others are closed, and it is told', async () => {
  const { waiting, sidings, problems } = await scene(['--no-tls']);
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
  await eventually(async () => (await problems().catch(() => ['none yet'])).length === 0, 'room again');
});

test.each(['fast', 'full'])(
  'clients of HTTP/2 that ask for more than there are descriptors get some of it, and the rest is told so: %s lane',
  async (lanes) => {
    const { copy, waiting, sidings, problems } = await scene(['--https-port', '0', '--lanes', lanes]);
    await startService(copy.directory, copy.ports.web ?? 0, 'web');
    const sessions = Array.from({ length: 4 }, () => sessionTo(sidings.httpsPort));
    const statuses: number[] = [];
    const over = sessions.flatMap((session) =>
      Array.from({ length: 100 }, async () => {
        const stream = session.request({ ':path': '/', ':authority': 'project-2.api.localhost' });
        stream.on('response', ({ ':status': status }) => statuses.push(Number(status)));
        await finished(stream.resume());
      }),
    );
    await eventually(() => waiting.length === 100 && statuses.length === 300, 'all of them');
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(sidings.stderr()).toContain('descriptors-exhausted');
    expect(sidings.stderr()).not.toContain('EMFILE');
    expect(await problems()).toContain('descriptors-exhausted');
    expect(await ask(sidings.port, 'project-2.web.localhost')).toMatchObject({ status: 503 });

    for (const response of waiting) response.end('here');
    await Promise.all(over);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    // What is kept of those gives way.
    expect(await ask(sidings.port, 'project-2.web.localhost')).toMatchObject({ status: 200, text: 'web' });
    await eventually(async () => !(await problems()).includes('descriptors-exhausted'), 'room again');
  },
);
