import { chmod } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createHealth } from '../../../src/feedback/health/health.ts';
import type { ServiceCheck, ServiceHealth } from '../../../src/model/health.ts';
import type { Service } from '../../../src/model/workstream.ts';
import { selfSigned } from '../../support/certificate.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { postgresPrograms, startPostgres } from '../../support/postgres.ts';
import { nextBase } from '../../support/project-copies.ts';
import { portOf } from '../../support/proxy.ts';
import { startRedis } from '../../support/redis.ts';
import { needs } from '../../support/requirements.ts';
import { serviceOf, stateOf, workstreamOf } from '../../support/workstreams.ts';

const listening = async (server: Pick<Server, 'listen' | 'address' | 'close'>, sockets = new Set<Socket>()) => {
  (server as Server).on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => (server as Server).listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server as Server);
};

const serve = (listener: RequestListener) => listening(createServer(listener));
/** A server that says something to whoever comes, or nothing. */
const saying = (text?: string) => listening(createTcpServer((socket) => void (text !== undefined && socket.end(text))));

/** How a service is that listens on a port and is checked so. */
const examine = async (port: number, check: ServiceCheck, more: Partial<Service> = {}): Promise<ServiceHealth> => {
  const services = [serviceOf({ name: 'it', upstream: `127.0.0.1:${port}`, port, ...more })];
  const state = () => stateOf(1, [workstreamOf({ services })]);
  const [found] = await createHealth({ state, look: async () => {}, checkOf: async () => check })();
  expect(found).toMatchObject({ name: 'project-3', directory: '/code/project-3' });
  expect(found?.healthy).toBe(found?.services[0]?.healthy);
  return found?.services[0] as ServiceHealth;
};

const http = (more: Partial<ServiceCheck & { kind: 'http' }> = {}): ServiceCheck => ({
  kind: 'http',
  path: '/healthz',
  host: 'localhost:8003',
  ...more,
});

test('http: what its path of health answers', async () => {
  const asked: unknown[] = [];
  const port = await serve(({ method, url, headers }, response) => {
    asked.push([method, url, headers.host]);
    response.statusCode = asked.length === 1 ? 204 : asked.length === 2 ? 302 : 503;
    response.end();
  });
  expect(await examine(port, http())).toEqual({
    name: 'it',
    state: 'up',
    check: 'http',
    healthy: true,
    detail: 'GET /healthz answered 204',
    latencyMs: expect.any(Number),
  });
  expect(await examine(port, http())).toMatchObject({ healthy: false, detail: 'GET /healthz answered 302' });
  expect(await examine(port, http())).toMatchObject({ healthy: false, detail: 'GET /healthz answered 503' });
  expect(asked[0]).toEqual(['GET', '/healthz', 'localhost:8003']);
});

test('http: over TLS with any certificate, and HTTP/2 in clear text', async () => {
  const secure = await listening(createTlsServer(selfSigned(['elsewhere']), (_request, response) => response.end()));
  expect(await examine(secure, http({ protocol: 'https' }))).toMatchObject({ healthy: true });
  const h2c = await listening(
    createHttp2Server((request, response) =>
      response.writeHead(request.authority === 'localhost:8003' ? 200 : 500).end(),
    ),
  );
  expect(await examine(h2c, http({ protocol: 'h2c' }))).toMatchObject({ healthy: true });
  const other = await serve((_request, response) => response.end());
  expect(await examine(other, http({ protocol: 'h2c' }))).toMatchObject({ healthy: false });
});

test('what answers with an endless body or with anything else is not waited for', async () => {
  const endless = await serve((_request, response) => {
    response.write('x');
    setInterval(() => response.write('x'), 5).unref();
  });
  expect(await examine(endless, http())).toMatchObject({ healthy: true });
  const strange = await saying('220 \u001b[2Jmail\r\n');
  for (const check of [http(), { kind: 'postgres' }, { kind: 'redis' }] as const) {
    const { healthy, detail } = await examine(strange, check);
    expect(healthy).toBe(false);
    expect(detail).not.toContain('\u001b');
  }
});

test('what does not answer in time is not healthy', async () => {
  const silent = await saying();
  const checks = [http(), http({ protocol: 'h2c' }), { kind: 'postgres' }, { kind: 'redis' }] as const;
  const found = await Promise.all(checks.map((check) => examine(silent, check)));
  for (const { healthy, detail } of found)
    expect({ healthy, detail }).toEqual({ healthy: false, detail: 'no answer within 2 s' });
  expect(await examine(silent, { kind: 'tcp' })).toMatchObject({ healthy: true, check: 'tcp' });
});

test('what is down, of another copy or starting is not asked', async () => {
  let count = 0;
  const port = await listening(
    createTcpServer(() => {
      count += 1;
    }),
  );
  for (const [state, detail] of [
    ['down', `nothing listens on port ${port}`],
    ['foreign', `port ${port} is held by a process of another copy`],
    ['starting', 'its container is not healthy yet'],
  ] as const)
    expect(await examine(port, { kind: 'tcp' }, { state })).toEqual({
      name: 'it',
      state,
      check: 'none',
      healthy: false,
      detail,
    });
  expect(await examine(port, { kind: 'tcp' }, { upstream: 'nowhere' })).toMatchObject({ check: 'none' });
  expect(count).toBe(0);
  const gone = await examine(nextBase(), { kind: 'tcp' }, { upstream: `localhost:${nextBase()}` });
  expect(gone).toMatchObject({ healthy: false, detail: expect.stringContaining('ECONNREFUSED') });
});

test('a service is asked once at a time, and again after a while or when it changes', async () => {
  let count = 0;
  const port = await serve((_request, response) => {
    count += 1;
    response.end();
  });
  let services = [serviceOf({ upstream: `127.0.0.1:${port}` })];
  const state = () =>
    stateOf(1, [workstreamOf({ services }), workstreamOf({ name: 'other', directory: '/o', services: [] })]);
  const health = createHealth({ state, look: async () => {}, checkOf: async () => http() });
  const found = await Promise.all([health(), health('/code/project-3'), health('/o')]);
  expect(found.map((some) => some.map(({ name, healthy }) => [name, healthy]))).toEqual([
    [
      ['project-3', true],
      ['other', true],
    ],
    [['project-3', true]],
    [['other', true]],
  ]);
  expect(count).toBe(1);
  services = [serviceOf({ upstream: `127.0.0.1:${port}`, state: 'down' })];
  expect((await health())[0]?.healthy).toBe(false);
  expect(count).toBe(1);
});

test('PostgreSQL: a session, with version and size where the login is known', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const port = nextBase();
  const server = await startPostgres(await postgresPrograms(), folder, port);
  const login = { user: 'postgres', password: 'postgres', database: 'postgres' };
  expect(await examine(port, { kind: 'postgres', login })).toEqual({
    name: 'it',
    state: 'up',
    check: 'postgres',
    healthy: true,
    detail: 'accepts sessions in postgres',
    latencyMs: expect.any(Number),
    version: expect.stringMatching(/^\d+\.\d+$/),
    sizeBytes: expect.any(Number),
  });
  expect(await examine(port, { kind: 'postgres' })).toMatchObject({ healthy: true, detail: 'accepts sessions' });
  expect(await examine(port, { kind: 'postgres', login: { ...login, database: 'gone' } })).toMatchObject({
    healthy: false,
    detail: 'database "gone" does not exist',
  });

  // From here on it asks for passwords: SCRAM, as every server does that was not told otherwise.
  const client = new pg.Client({ host: '127.0.0.1', port, ...login });
  await client.connect();
  await client.query("CREATE ROLE me LOGIN PASSWORD 'sesame'");
  await client.query("COPY (SELECT 'host all all all scram-sha-256') TO PROGRAM 'cat > pg_hba.conf'");
  await client.query('SELECT pg_reload_conf()');
  await client.end();
  const me = { user: 'me', password: 'sesame', database: 'postgres' };
  expect(await examine(port, { kind: 'postgres', login: me })).toMatchObject({ healthy: true, check: 'postgres' });
  expect(await examine(port, { kind: 'postgres', login: { ...me, password: 'no' } })).toMatchObject({
    healthy: false,
    detail: 'password authentication failed for user "me"',
  });
  const before = server.stderr();
  expect(await examine(port, { kind: 'postgres' })).toMatchObject({
    healthy: true,
    detail: 'answers, and asks for a password',
  });
  expect(await examine(port, { kind: 'postgres', login: me })).toMatchObject({ healthy: true });
  // Nothing of it fills its log.
  expect(server.stderr().slice(before.length)).toBe('');
});

test('Redis: PING, after AUTH where a password is known', async (context) => {
  needs(context, 'redis-server');
  const folder = await temporaryFolder();
  const [open, closed] = [nextBase(), nextBase()];
  await startRedis(folder, open);
  await startRedis(folder, closed, ['--requirepass', 'sesame', '--user', 'me', 'on', '>you', '+ping']);
  expect(await examine(open, { kind: 'redis' })).toEqual({
    name: 'it',
    state: 'up',
    check: 'redis',
    healthy: true,
    detail: 'PING answered PONG',
    latencyMs: expect.any(Number),
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    sizeBytes: expect.any(Number),
  });
  expect(await examine(closed, { kind: 'redis', password: 'sesame' })).toMatchObject({ healthy: true });
  // A user that may not ask for more.
  const me = await examine(closed, { kind: 'redis', user: 'me', password: 'you' });
  expect(me).toMatchObject({ healthy: true });
  expect(me).not.toHaveProperty('version');
  expect(await examine(closed, { kind: 'redis' })).toMatchObject({
    healthy: true,
    detail: expect.stringMatching(/^PING answered NOAUTH/),
  });
  for (const wrong of [{ password: 'x' }, { user: 'nobody', password: 'sesame' }])
    expect(await examine(closed, { kind: 'redis', ...wrong })).toMatchObject({
      healthy: false,
      detail: expect.stringContaining('AUTH was refused: WRONGPASS'),
    });
});

test('answers that come in parts, and those that lie about their length', async () => {
  const port = await listening(
    createTcpServer((socket) => {
      socket.once('data', async () => {
        for (const part of ['+PO', 'NG\r', '\n$3', '3\r\nredis_version:7', '.0.15\r\nused_memory\r\n']) {
          socket.write(part);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    }),
  );
  expect(await examine(port, { kind: 'redis' })).toMatchObject({ healthy: true, version: '7.0.15' });
  for (const lie of ['$999999999\r\nx', '$-1\r\n', '*2\r\n', '+PONG\r\n', `+${'x'.repeat(70_000)}`, '']) {
    expect(await examine(await saying(lie), { kind: 'redis' })).toMatchObject({ healthy: false });
  }
});
