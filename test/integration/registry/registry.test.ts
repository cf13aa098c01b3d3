import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { lookup, type Route } from '../../../src/model/route-table.ts';
import type { CopyClaim, ServiceClaim, State } from '../../../src/model/workstream.ts';
import { createLiveness } from '../../../src/registry/liveness.ts';
import { createRegistry, type Registry, type RegistryOptions } from '../../../src/registry/registry.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange } from '../../support/raw.ts';
import { firstPort, makeFolders, startListening, startNode } from './processes.ts';

const warnings: string[] = [];
const log = {
  debug: () => {},
  info: () => {},
  warn: (_: object, text: string) => warnings.push(text),
  error: () => {},
};

const isLinux = process.platform === 'linux';

/** A registry that runs until the test is over. */
const startRegistry = (copies: readonly CopyClaim[], more: Partial<RegistryOptions> = {}) => {
  const registry = createRegistry({
    suffixes: ['localhost'],
    address: () => ({ scheme: 'http', port: 80 }),
    log,
    intervalMs: 20,
    ...more,
  });
  registry.publish({ provider: 'directory', copies, problems: [] });
  const ended = new AbortController();
  const running = registry.run(ended.signal);
  onTestFinished(async () => {
    ended.abort();
    await running;
  });
  return registry;
};

const serviceOf = ({ workstreams }: State, name: string, of: string) =>
  workstreams.find((workstream) => workstream.name === name)?.services.find((found) => found.name === of);

const until = (registry: Registry, name: string, of: string, expected: string) =>
  eventually(() => serviceOf(registry.state(), name, of)?.state === expected, `${of} of ${name} to be ${expected}`);

const routeOf = (registry: Registry, hostname: string): Route => {
  const match = lookup(registry.table(), hostname);
  if (match.kind !== 'route') throw new Error(`${hostname} is ${match.kind}`);
  return match.route;
};

/** Listens until it is told to close, and runs on. */
const closingCode = `
const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('data', () => server.close(() => console.log('"closed"')));`;

/** A port that was free a moment ago. */
const freePort = async (root: string): Promise<number> => {
  const child = await startListening(root);
  await child.stop();
  return firstPort(child);
};

const claim = (root: string, name: string, services: CopyClaim['services']): CopyClaim => ({
  ...copy(name, services),
  directory: join(root, name),
});

// The same through the kernel's tables and, where there are none, through probes.
test.each(isLinux ? (['linux', 'darwin'] as const) : ([process.platform] as const))(
  'services of both kinds are seen to start and to stop, on both families (%s)',
  async (platform) => {
    const root = await makeFolders('project-3');
    const directory = join(root, 'project-3');
    const [api, redis] = [await freePort(directory), await freePort(directory)];
    const services = [service('api', api), service('redis', redis, { kind: 'tcp' })];
    const registry = startRegistry([claim(root, 'project-3', services)], {
      liveness: createLiveness({ log, platform }),
    });
    await until(registry, 'project-3', 'api', 'down');
    expect(registry.state().workstreams[0]?.live).toBe(false);

    const server = await startListening(directory, { port: api });
    await until(registry, 'project-3', 'api', 'up');
    expect(serviceOf(registry.state(), 'project-3', 'api')?.upstream).toBe(`127.0.0.1:${api}`);
    expect(serviceOf(registry.state(), 'project-3', 'redis')?.state).toBe('down');
    expect(registry.state().workstreams[0]?.live).toBe(true);
    await server.stop();
    await until(registry, 'project-3', 'api', 'down');

    await startListening(directory, { port: api, host: '::1' }, { port: redis, host: '0.0.0.0' });
    await until(registry, 'project-3', 'api', 'up');
    await until(registry, 'project-3', 'redis', 'up');
    expect(serviceOf(registry.state(), 'project-3', 'api')?.upstream).toBe(`[::1]:${api}`);
  },
);

test.runIf(isLinux)('a port that a process of another copy holds is foreign until it lets go', async () => {
  const root = await makeFolders('project-3/api', 'project-2/api', 'project');
  const thief = await startListening(join(root, 'project-2/api'));
  const port = firstPort(thief);
  const registry = startRegistry([
    { ...claim(root, 'project', [service('api', port)]), mode: 'main' },
    claim(root, 'project-2', [service('api', await freePort(root))]),
    claim(root, 'project-3', [service('api', port), service('web', await freePort(root))]),
  ]);
  await until(registry, 'project-3', 'api', 'foreign');
  expect(serviceOf(registry.state(), 'project', 'api')?.state).toBe('foreign');
  const three = registry.state().workstreams[2];
  expect(three?.live).toBe(false);
  expect(three?.problems.map(({ code }) => code)).toEqual(['foreign-owner']);
  const message = three?.problems[0]?.message;
  expect(message).toContain(`Port ${port} (api of project-3) is held by process ${thief.pid} (`);
  expect(message).toContain(`works in ${join(root, 'project-2/api')}, inside project-2.`);
  expect(routeOf(registry, 'project-3-api.localhost').refusal).toEqual(three?.problems[0]);
  expect(routeOf(registry, 'project-3.web.localhost').refusal).toBeUndefined();

  await thief.stop();
  await until(registry, 'project-3', 'api', 'down');
  expect(routeOf(registry, 'project-3-api.localhost').refusal).toBeUndefined();
  await startListening(join(root, 'project-3/api'), { port });
  await until(registry, 'project-3', 'api', 'up');
  expect(registry.state().workstreams[2]?.problems).toEqual([]);
  // The main checkout has the same port here, so now that one is held by project-3.
  expect(serviceOf(registry.state(), 'project', 'api')?.state).toBe('foreign');
});

test.runIf(isLinux)('a process of another copy behind one of the families is found', async () => {
  const root = await makeFolders('project-3', 'project-2');
  const own = await startListening(join(root, 'project-3'), { host: '::1' }, { host: '127.0.0.1' });
  const [v6 = 0, v4 = 0] = own.ports;
  const registry = startRegistry([
    claim(root, 'project-3', [service('api', v6), service('web', v4)]),
    claim(root, 'project-2', []),
  ]);
  await until(registry, 'project-3', 'api', 'up');
  await until(registry, 'project-3', 'web', 'up');
  const foreign = await startListening(
    join(root, 'project-2'),
    { port: v6, host: '127.0.0.1' },
    { port: v4, host: '::1' },
  );
  await until(registry, 'project-3', 'api', 'foreign');
  await until(registry, 'project-3', 'web', 'foreign');
  await foreign.stop();
  await until(registry, 'project-3', 'api', 'up');
  await until(registry, 'project-3', 'web', 'up');
});

test.runIf(isLinux)('a process outside all copies is not foreign, one of a copy within the copy is', async () => {
  const root = await makeFolders('project-3/worktrees/fix', 'elsewhere');
  const outside = await startListening(join(root, 'elsewhere'));
  const nested = await startListening(join(root, 'project-3/worktrees/fix'));
  const services = [service('api', firstPort(outside)), service('web', firstPort(nested))];
  const copies = [claim(root, 'project-3', services), { ...claim(root, 'project-3/worktrees/fix', []), name: 'fix' }];
  const registry = startRegistry(copies);
  await until(registry, 'project-3', 'api', 'up');
  await until(registry, 'project-3', 'web', 'foreign');
  expect(registry.state().workstreams[0]?.problems[0]?.message).toContain('inside fix.');
  // When the inner copy is gone, its folder is a part of the outer one.
  registry.publish({ provider: 'directory', copies: copies.slice(0, 1), problems: [] });
  await until(registry, 'project-3', 'web', 'up');
});

test.runIf(isLinux)('a request never reaches a process that took the port after the last look', async () => {
  const root = await makeFolders('project-3', 'project-2');
  const port = await freePort(root);
  // It looks once, and then only when somebody asks.
  const registry = startRegistry([claim(root, 'project-3', [service('api', port)]), claim(root, 'project-2', [])], {
    intervalMs: 600_000,
  });
  await until(registry, 'project-3', 'api', 'down');
  const proxy = await startProxy({
    copies: [],
    table: registry.table,
    confirm: registry.confirm,
    suspect: registry.suspect,
  });
  const ask = () =>
    exchange(proxy.port, 'GET / HTTP/1.1\r\nHost: project-3.api.localhost\r\nConnection: close\r\n\r\n');
  expect(await ask()).toMatch(/^HTTP\/1.1 502 /);
  const thief = await startListening(join(root, 'project-2'), { port });
  const answer = await ask();
  expect(answer).toMatch(/^HTTP\/1.1 409 /);
  expect(answer).toContain('foreign-owner');
  expect(answer).toContain(String(thief.pid));
});

test.runIf(isLinux)(
  'a process of another copy that took the port over a moment after it was seen is found',
  async () => {
    const root = await makeFolders('project-3', 'project-2');
    const own = await startListening(join(root, 'project-3'));
    const port = firstPort(own);
    const registry = startRegistry([claim(root, 'project-3', [service('api', port)]), claim(root, 'project-2', [])], {
      intervalMs: 600_000,
    });
    await until(registry, 'project-3', 'api', 'up');
    const route = routeOf(registry, 'project-3.api.localhost');
    expect(registry.confirm(route)).toBeUndefined();
    await registry.look();
    await own.stop();
    await startListening(join(root, 'project-2'), { port });
    expect(await registry.confirm(route)).toMatchObject({ code: 'foreign-owner' });
    // What is known again is known at once.
    expect(registry.confirm(route)).toMatchObject({ code: 'foreign-owner' });
  },
);

test.runIf(isLinux)(
  'a port that its owner let go of and another copy took is found, though the owner runs on',
  async () => {
    const root = await makeFolders('project-3', 'project-2');
    const own = await startNode(join(root, 'project-3'), closingCode);
    const port = own.said as number;
    const registry = startRegistry([claim(root, 'project-3', [service('api', port)]), claim(root, 'project-2', [])], {
      intervalMs: 600_000,
    });
    await until(registry, 'project-3', 'api', 'up');
    const route = routeOf(registry, 'project-3.api.localhost');
    // However long the other process takes to start, what was seen is of just now.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await registry.look();
    expect(registry.confirm(route)).toBeUndefined();
    own.child.stdin.write('close');
    await once(own.child.stdout, 'data');
    await startListening(join(root, 'project-2'), { port });
    expect(await registry.confirm(route)).toMatchObject({ code: 'foreign-owner' });
  },
);

test.runIf(isLinux)('many copies: each start and stop is seen at its own service alone', async () => {
  const live = ['project-2', 'project-7', 'project-301'];
  const root = await makeFolders(...live);
  const servers = await Promise.all(live.map((name) => startListening(join(root, name), {}, { host: '::1' })));
  const port = await freePort(root);
  const copies = Array.from({ length: 300 }, (_, index): CopyClaim => {
    const name = `project-${index + 2}`;
    const [api, web] = servers[live.indexOf(name)]?.ports ?? [];
    const at = (service: number): Partial<ServiceClaim> => ({
      upstream: { host: `127.1.${service}.${index % 250}`, port },
    });
    return claim(root, name, [
      api === undefined ? service('api', port, at(1)) : service('api', api),
      web === undefined ? service('web', port, at(2)) : service('web', web),
    ]);
  });
  const registry = startRegistry(copies);
  const up = () => registry.state().workstreams.filter((workstream) => workstream.live);
  await eventually(() => up().length > 0, 'live workstreams');
  expect(up().map(({ name, services }) => [name, ...services.map(({ state }) => state)])).toEqual(
    live.map((name) => [name, 'up', 'up']),
  );
  await servers[1]?.stop();
  await eventually(() => up().length < 3, 'a stopped workstream');
  expect(up().map(({ name }) => name)).toEqual(['project-2', 'project-301']);
});

test('an upstream that may be elsewhere is probed, beside the tables', async () => {
  const root = await makeFolders('project-3', 'project-2');
  const server = await startListening(join(root, 'project-2'), {}, {});
  const [api = 0, web = 0] = server.ports;
  // A way to write 127.0.0.1 that is not recognized as such.
  const away = { upstream: { host: '::ffff:127.0.0.1', port: web } };
  const registry = startRegistry([
    claim(root, 'project-3', [service('api', api), service('web', web, away)]),
    claim(root, 'project-2', []),
  ]);
  await until(registry, 'project-3', 'web', 'up');
  expect(serviceOf(registry.state(), 'project-3', 'web')?.upstream).toBe(`[::ffff:127.0.0.1]:${web}`);
  expect(serviceOf(registry.state(), 'project-3', 'api')?.state).toBe(isLinux ? 'foreign' : 'up');
  await server.stop();
  await until(registry, 'project-3', 'web', 'down');
  await until(registry, 'project-3', 'api', 'down');
});

test.runIf(isLinux)('ports of a copy for the diagnosis', async () => {
  const root = await makeFolders('project-3/web');
  const server = await startListening(join(root, 'project-3/web'));
  const registry = startRegistry([claim(root, 'project-3', [])]);
  const found = await registry.listeningIn(join(root, 'project-3'));
  expect(found).toMatchObject([{ port: firstPort(server), pid: server.pid }]);
});
