import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask, type RunningSidings, start, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { portOf } from '../../support/proxy.ts';
import { eventually, rawClient } from '../../support/raw.ts';

const hostname = 'project-2.api.localhost';

/** A daemon before a service whose answers to `/slow` wait in a list, that sends events without end and takes WebSockets. */
const scene = async () => {
  const [copy] = await makeCopies(await temporaryFolder(), ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/slow') {
      response.flushHeaders();
      waiting.push(response);
    } else response.setHeader('Content-Type', 'text/event-stream').write('data: 1\n\n');
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(copy.ports.api, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const sidings = await startSidings(['--https-port', '0', '--no-docker'], { cwd: copy.directory });
  return { copy, waiting, sidings, ca: await readFile(join(copy.directory, '.certs/root.pem'), 'utf8') };
};

const connectHttp2 = ({ httpsPort }: RunningSidings, ca: string) => {
  const session = connect(`https://127.0.0.1:${httpsPort}`, { ca, servername: hostname });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
};

const textOf = (stream: ClientHttp2Stream): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (data) => {
      text += data;
    });
    stream.on('end', () => resolve(text)).on('error', reject);
  });

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n${more}\r\n`;

test('SIGTERM: requests under way are finished by both protocols, what never ends is ended, and nothing new is taken', async () => {
  const { waiting, sidings, ca } = await scene();
  const open = () => rawClient(sidings.port);
  const [slow, events, tunnel, idle] = [open(), open(), open(), open()];
  slow.send(get('/slow'));
  events.send(get('/events'));
  await events.until(/data: 1/);
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
  tunnel.send(get('/', `Upgrade: websocket\r\nConnection: Upgrade\r\n${key}`));
  await tunnel.until(/ 101 /);
  const busy = connectHttp2(sidings, ca);
  const goodbyes: number[] = [];
  busy.on('goaway', (code) => goodbyes.push(code));
  const stream = busy.request({ ':path': '/slow', ':authority': hostname });
  const text = textOf(stream);
  const quiet = connectHttp2(sidings, ca);
  await new Promise((resolve) => quiet.once('connect', resolve));
  await eventually(() => waiting.length === 2, 'both requests at the service');

  sidings.child.kill('SIGTERM');
  await Promise.all([idle.closed, events.closed, tunnel.closed]);
  await eventually(() => quiet.closed && goodbyes.length > 0, 'both connections of HTTP/2 to be told');
  await expect(ask(sidings.port, hostname)).rejects.toThrow();
  for (const response of waiting) response.end('whole');
  expect(await slow.closed).toMatch(/ 200 [\s\S]*whole/);
  expect(await text).toBe('whole');
  expect(goodbyes).toEqual([0]);
  expect(await sidings.ended).toMatchObject({ code: 0 });
});

test('a second signal does not wait for what is under way', async () => {
  const { waiting, sidings } = await scene();
  const client = rawClient(sidings.port);
  client.send(get('/slow'));
  await eventually(() => waiting.length === 1, 'the request at the service');
  sidings.child.kill('SIGTERM');
  await eventually(() => sidings.stderr().includes('ending'), 'the end to begin');
  sidings.child.kill('SIGTERM');
  expect(await sidings.ended).toMatchObject({ code: 1 });
});

/** One that nobody had a moment ago. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
};

test.each([
  ['closed', '>&-'],
  ['full', '>/dev/full 2>/dev/full'],
  ['a pipe that nobody reads', ''],
])('what it prints to is %s: it serves all the same', async (_what, redirection) => {
  const [copy] = await makeCopies(await temporaryFolder(), ['project-2']);
  const cwd = copy?.directory ?? '';
  const port = await freePort();
  const command = join(import.meta.dirname, '../../../dist/cli/sidings.js');
  const args = [command, 'start', '--no-tls', '--no-docker', '--http-port', String(port), '--access-log'];
  const { child, ended } = start('sh', ['-c', `exec "$@" ${redirection}`, 'sh', process.execPath, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, SIDINGS_STATE_DIR: `${cwd}/.state` },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  await eventually(
    () =>
      ask(port, 'nowhere.localhost').then(
        ({ status }) => status === 404,
        () => false,
      ),
    'an answer',
  );
  for (let count = 0; count < 5; count += 1) expect((await ask(port, 'nowhere.localhost')).status).toBe(404);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0 });
});
