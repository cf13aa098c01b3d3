import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProxyAddress } from '../../../src/model/address.ts';
import { lookup, type Route } from '../../../src/model/route-table.ts';
import type { CopyClaim, Snapshot, State, Upstream } from '../../../src/model/workstream.ts';
import type { Liveness } from '../../../src/registry/liveness.ts';
import type { Sighting, Sightings } from '../../../src/registry/merge.ts';
import { upstreamKey } from '../../../src/registry/reach.ts';
import { createRegistry, type RegistryOptions } from '../../../src/registry/registry.ts';
import { copy, service } from '../../support/claims.ts';

/** Time of looks passes only when the test says so. */
const stopClock = () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
};

/** Eyes that see what a test tells them, and finish a look when the test says so. */
const fakeEyes = () => {
  const ports = new Map<number, Sighting>();
  const ended = new Set<number>();
  const looks: { readonly suspects: readonly string[]; readonly finish: () => void }[] = [];
  let held = false;
  let last: Sightings = new Map();
  const see = (upstreams: ReadonlyMap<string, Upstream>): Sightings => {
    const next = new Map([...upstreams].map(([key, { port }]) => [key, ports.get(port)]));
    const same = next.size === last.size && [...next].every(([key, found]) => last.has(key) && last.get(key) === found);
    if (!same) last = next;
    return last;
  };
  const liveness: Liveness = {
    seesOwners: (host) => host === 'localhost',
    isDue: () => false,
    isOrphaned: ({ owners }) => owners.some(({ pid }) => ended.has(pid)),
    look: (upstreams, suspects) =>
      new Promise((resolve) => {
        const seen = see(upstreams);
        looks.push({ suspects: [...suspects], finish: () => resolve(seen) });
        if (!held) resolve(seen);
      }),
  };
  return {
    liveness,
    looks,
    listen: (port: number, directory: string, heirs: Sighting['owners'][number]['heirs'] = []) =>
      ports.set(port, {
        address: '127.0.0.1',
        owners: [{ pid: port, command: 'node', directory, heirs, descriptor: '/proc/1/fd/1', socket: 'socket:[1]' }],
      }),
    stop: (port: number) => ports.delete(port),
    end: (pid: number) => ended.add(pid),
    revive: (pid: number) => ended.delete(pid),
    hold: () => {
      held = true;
    },
  };
};

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: vi.fn() };

const start = (more: Partial<RegistryOptions> = {}) => {
  const eyes = fakeEyes();
  const address: { current: ProxyAddress } = { current: { scheme: 'http', port: 80 } };
  const registry = createRegistry({
    suffixes: ['localhost'],
    address: () => address.current,
    log,
    liveness: eyes.liveness,
    ...more,
  });
  const states: State[] = [];
  const unsubscribe = registry.subscribe((state) => states.push(state));
  return { registry, eyes, states, unsubscribe, address };
};

const snapshot = (copies: readonly CopyClaim[], provider = 'directory'): Snapshot => ({
  provider,
  copies,
  problems: [],
});

const api = service('api', 8003);
const three = copy('project-3', [api]);
const two = copy('project-2', [service('api', 8002)]);

const routeOf = (registry: ReturnType<typeof start>['registry'], hostname = 'project-3.api.localhost'): Route => {
  const match = lookup(registry.table(), hostname);
  if (match.kind !== 'route') throw new Error(`${hostname} is ${match.kind}`);
  return match.route;
};

const stateOfApi = ({ workstreams }: State) => workstreams[0]?.services[0]?.state;

test('before the first snapshot there is nothing', () => {
  const { registry, states } = start();
  expect(registry.state()).toEqual({ version: 0, problems: [], workstreams: [] });
  expect(lookup(registry.table(), 'sidings.localhost').kind).toBe('status');
  expect(states).toEqual([]);
});

test('a snapshot is a new state and a new table; the same once more is neither', () => {
  const { registry, states, unsubscribe } = start();
  registry.publish(snapshot([three]));
  const table = registry.table();
  expect(states.map(({ version }) => version)).toEqual([1]);
  expect(registry.state()).toBe(states[0]);
  registry.publish(structuredClone(snapshot([three])));
  expect(registry.table()).toBe(table);
  expect(states).toHaveLength(1);
  registry.publish(snapshot([three, two]));
  expect(registry.table()).not.toBe(table);
  expect(states.map(({ version, workstreams }) => [version, workstreams.length])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  unsubscribe();
  registry.publish(snapshot([]));
  expect(states).toHaveLength(2);
  expect(registry.state().version).toBe(3);
});

test('a change that nobody can see is no new state', () => {
  const { registry, states } = start();
  registry.publish(snapshot([three]));
  registry.publish(snapshot([copy('project-3', [{ ...api, health: '/healthz' }])]));
  expect(states).toHaveLength(1);
});

test('providers rank as told, whoever is first', () => {
  const { registry } = start({ precedence: ['directory', 'docker'] });
  const container = service('api', 3000, { upstream: { host: '172.17.0.2', port: 3000 } });
  registry.publish(snapshot([copy('project-3', [container])], 'docker'));
  registry.publish(snapshot([three], 'directory'));
  expect(routeOf(registry).upstream.host).toBe('172.17.0.2');
  registry.publish(snapshot([], 'docker'));
  expect(routeOf(registry).upstream.host).toBe('localhost');
});

test('a subscriber that throws is logged and keeps nobody from being told', () => {
  const { registry } = start();
  registry.subscribe(() => {
    throw new Error('broken');
  });
  const told = vi.fn();
  registry.subscribe(told);
  registry.publish(snapshot([three]));
  expect(told).toHaveBeenCalledOnce();
  expect(log.error).toHaveBeenCalled();
});

test('addresses follow the proxy when it learns its port', () => {
  const { registry, address } = start();
  registry.publish(snapshot([three]));
  address.current = { scheme: 'http', port: 8080 };
  expect(registry.state()).toMatchObject({
    version: 2,
    workstreams: [{ services: [{ url: 'http://project-3.api.localhost:8080' }] }],
  });
});

test('a port that is known to be up is confirmed at once, one that is not after a look', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  eyes.listen(8003, three.directory);
  expect(stateOfApi(registry.state())).toBe('unknown');
  await expect(registry.confirm(routeOf(registry))).resolves.toBeUndefined();
  expect(stateOfApi(registry.state())).toBe('up');
  expect(registry.confirm(routeOf(registry))).toBeUndefined();
  expect(eyes.looks).toHaveLength(1);
});

test('a port that another copy has just taken is refused, and its route too', async () => {
  const { registry, eyes, states } = start();
  registry.publish(snapshot([three, two]));
  const route = routeOf(registry);
  eyes.listen(8003, `${two.directory}/api`);
  expect((await registry.confirm(route))?.code).toBe('foreign-owner');
  for (const hostname of ['project-3.api.localhost', 'api.project-3.localhost', 'project-3-api.localhost']) {
    expect(routeOf(registry, hostname).refusal?.code).toBe('foreign-owner');
  }
  expect(routeOf(registry, 'project-2.api.localhost').refusal).toBeUndefined();
  expect(states.at(-1)?.workstreams.map(({ problems }) => problems.map(({ code }) => code))).toEqual([
    ['foreign-owner'],
    [],
  ]);
  // It is still refused, at once, to whoever had the route before.
  expect(registry.confirm(route)).toMatchObject({ code: 'foreign-owner' });
});

test('requests for a service that is down share a look that begins when they ask', async () => {
  stopClock();
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  eyes.hold();
  const route = routeOf(registry);
  const first = registry.confirm(route);
  const second = registry.confirm(route);
  expect(eyes.looks).toHaveLength(1);
  // The look under way may have read before the process came, so who asks now waits for the next one.
  vi.advanceTimersByTime(10);
  eyes.listen(8003, '/elsewhere');
  const third = registry.confirm(route);
  const fourth = registry.confirm(route);
  expect(eyes.looks).toHaveLength(1);
  eyes.looks[0]?.finish();
  await Promise.all([first, second]);
  expect(stateOfApi(registry.state())).toBe('down');
  await Promise.resolve();
  expect(eyes.looks).toHaveLength(2);
  eyes.looks[1]?.finish();
  await Promise.all([third, fourth]);
  expect(stateOfApi(registry.state())).toBe('up');
  expect(eyes.looks).toHaveLength(2);
});

test('a suspected port is looked at anew, with its owner, before the next request', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([three, two]));
  eyes.listen(8003, three.directory);
  eyes.listen(8002, two.directory);
  await registry.confirm(routeOf(registry));
  registry.suspect(routeOf(registry));
  eyes.listen(8003, two.directory);
  expect(registry.confirm(routeOf(registry, 'project-2.api.localhost'))).toBeUndefined();
  expect(await registry.confirm(routeOf(registry))).toMatchObject({ code: 'foreign-owner' });
  expect(eyes.looks.map(({ suspects }) => suspects)).toEqual([[], [upstreamKey(api.upstream)]]);
});

test('a port is not confirmed at once while the look for its suspicion is under way', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  eyes.listen(8003, three.directory);
  await registry.confirm(routeOf(registry));
  registry.suspect(routeOf(registry));
  eyes.hold();
  const first = registry.confirm(routeOf(registry));
  const second = registry.confirm(routeOf(registry));
  expect([first, second].map((answer) => answer instanceof Promise)).toEqual([true, true]);
  eyes.looks[1]?.finish();
  expect(await Promise.all([first, second])).toEqual([undefined, undefined]);
  expect(registry.confirm(routeOf(registry))).toBeUndefined();
});

test('what was seen long ago is not relied upon', async () => {
  stopClock();
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  eyes.listen(8003, three.directory);
  await registry.confirm(routeOf(registry));
  vi.advanceTimersByTime(900);
  expect(registry.confirm(routeOf(registry))).toBeUndefined();
  vi.advanceTimersByTime(200);
  await turn();
  expect(registry.confirm(routeOf(registry))).toBeInstanceOf(Promise);
  expect(eyes.looks).toHaveLength(2);
});

test('what one turn of the event loop brings together is confirmed once, unless something is heard of the port', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  eyes.listen(8003, three.directory);
  await registry.confirm(routeOf(registry));
  const confirm = () => registry.confirm(routeOf(registry));
  expect(confirm()).toBeUndefined();
  eyes.end(8003);
  expect(confirm()).toBeUndefined();
  registry.suspect(routeOf(registry));
  expect(confirm()).toBeInstanceOf(Promise);
  await confirm();
  eyes.revive(8003);
  expect(confirm()).toBeUndefined();
  eyes.end(8003);
  await turn();
  expect(confirm()).toBeInstanceOf(Promise);
});

test('a port whose owner has let go of it is looked at anew, even when it was seen just now', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([two, three]));
  eyes.listen(8003, three.directory);
  await registry.confirm(routeOf(registry));
  eyes.end(8003);
  eyes.stop(8003);
  const answer = registry.confirm(routeOf(registry));
  expect(answer).toBeInstanceOf(Promise);
  expect(await answer).toBeUndefined();
  expect(eyes.looks[1]?.suspects).toEqual([upstreamKey(routeOf(registry).upstream)]);
  expect(registry.state().workstreams[1]?.services[0]?.state).toBe('down');
});

test('nothing is sent to a service that moved or went while its port was looked at', async () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([three]));
  const route = routeOf(registry);
  const moved = registry.confirm(route);
  registry.publish(snapshot([copy('project-3', [service('api', 8004)])]));
  expect((await moved)?.code).toBe('upstream-starting');
  const gone = registry.confirm(routeOf(registry));
  registry.publish(snapshot([]));
  expect((await gone)?.code).toBe('hostname-unknown');
  expect(eyes.looks.length).toBeGreaterThan(0);
});

test('what is not on this machine is neither confirmed nor suspected', () => {
  const { registry, eyes } = start();
  registry.publish(snapshot([copy('project-3', [service('api', 80, { upstream: { host: '172.17.0.2', port: 80 } })])]));
  const route = routeOf(registry);
  registry.suspect(route);
  expect(registry.confirm(route)).toBeUndefined();
  expect(eyes.looks).toEqual([]);
});

test('the table stays the same while services start and stop', async () => {
  const { registry, eyes, states } = start();
  registry.publish(snapshot([three]));
  const table = registry.table();
  eyes.listen(8003, three.directory);
  await registry.confirm(routeOf(registry));
  eyes.stop(8003);
  registry.suspect(routeOf(registry));
  await registry.confirm(routeOf(registry));
  expect(states.map(stateOfApi)).toEqual(['unknown', 'up', 'down']);
  expect(registry.table()).toBe(table);
});

const soon = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { interval: 1 });

test('while it runs it looks at what is published, and ends with the signal', async () => {
  const { registry, eyes } = start({ intervalMs: 60_000 });
  const ended = new AbortController();
  const running = registry.run(ended.signal);
  eyes.listen(8003, three.directory);
  registry.publish(snapshot([three]));
  await soon(() => expect(stateOfApi(registry.state())).toBe('up'));
  // Published during the pause.
  eyes.listen(8002, two.directory);
  registry.publish(snapshot([two]));
  await soon(() => expect(stateOfApi(registry.state())).toBe('up'));
  ended.abort();
  await running;
  await registry.run(ended.signal);
});

test('while it runs it looks at suspects and notices a new address of the proxy', async () => {
  const { registry, eyes, states, address } = start({ intervalMs: 1 });
  const ended = new AbortController();
  const running = registry.run(ended.signal);
  registry.publish(snapshot([three]));
  await soon(() => expect(states.map(stateOfApi)).toEqual(['unknown', 'down']));
  eyes.listen(8003, three.directory);
  registry.suspect(routeOf(registry));
  await soon(() => expect(states.map(stateOfApi)).toEqual(['unknown', 'down', 'up']));
  address.current = { scheme: 'https', port: 443 };
  await soon(() => expect(states.at(-1)?.workstreams[0]?.services[0]?.url).toBe('https://project-3.api.localhost'));
  ended.abort();
  await running;
});
