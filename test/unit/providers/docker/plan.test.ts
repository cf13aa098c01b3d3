import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostnames } from '../../../../src/model/hostname.ts';
import type { CopyClaim } from '../../../../src/model/workstream.ts';
import type { ContainerData } from '../../../../src/providers/docker/container.ts';
import { containerOf, containerStates, planOf } from '../../../../src/providers/docker/plan.ts';
import { service } from '../../../support/claims.ts';

/** The copies that every case knows. */
const copies: readonly CopyClaim[] = ['project', 'project-2', 'project-3'].map((name, slot) => ({
  name,
  project: 'project',
  mode: slot === 0 ? 'main' : 'workstream',
  slot,
  directory: `/code/${name}`,
  branch: undefined,
  services: [
    service('api', 8000 + slot, { containerPort: 8000, health: '/healthz' }),
    service('web', 5173 + slot, { isDefault: true, subdomains: true }),
    service('grpc', 9000 + slot, { upstream: { host: 'localhost', port: 9000 + slot, protocol: 'h2c' } }),
    service('postgres', 5432 + slot, { kind: 'tcp' }),
  ],
  problems: [],
  composeProject: name,
}));

const suffixes = ['localhost', 'test'];

/**
 * Containers as the cases write them. `container NAME` begins one, `in COPY SERVICE [NUMBER]` gives it compose's labels; `label`, `env`,
 * `expose`, `publish ADDRESS:PORT:PORT`, `address`, `state`, `health`, `created` and `directory` are what they say.
 */
const readContainers = (text: string): readonly ContainerData[] => {
  const containers: {
    -readonly [Name in keyof ContainerData]: ContainerData[Name] extends readonly (infer Item)[]
      ? Item[]
      : ContainerData[Name] extends Readonly<Record<string, string>>
        ? Record<string, string>
        : ContainerData[Name];
  }[] = [];
  for (const line of text.split('\n')) {
    const [, word = '', rest = ''] = /^ *(\S*) ?(.*)$/.exec(line) ?? [];
    if (word === '' || word === '#') continue;
    const container = containers.at(-1);
    const [name = '', value = ''] = rest.split(/=(.*)/s);
    if (word === 'container') {
      const about = { id: `id of ${rest}`, name: rest, state: 'running', health: undefined, status: 'Up', created: 0 };
      const empty = { labels: {}, env: {}, exposed: [], published: [], addresses: [], directory: undefined };
      containers.push({ ...about, ...empty });
    } else if (container === undefined) throw new Error(line);
    else if (word === 'in') {
      const [copy = '', composeService = '', number = '1'] = rest.split(' ');
      container.directory = `/code/${copy}`;
      container.labels['com.docker.compose.project'] = copy;
      container.labels['com.docker.compose.service'] = composeService;
      container.labels['com.docker.compose.container-number'] = number;
    } else if (word === 'label') container.labels[name] = value;
    else if (word === 'env') container.env[name] = value;
    else if (word === 'expose') container.exposed.push(Number(rest));
    else if (word === 'address') container.addresses.push(rest);
    else if (word === 'publish') {
      const [, address = '', hostPort, port] = /^(.*):(\d+):(\d+)$/.exec(rest) ?? [];
      container.published.push({ address, hostPort: Number(hostPort), port: Number(port) });
    } else if (word === 'state') container.state = rest;
    else if (word === 'health') container.health = rest as 'starting';
    else if (word === 'created') container.created = Number(rest);
    else if (word === 'directory') container.directory = rest;
    else throw new Error(line);
  }
  return containers;
};

const written = (text: string): string => {
  const plan = planOf({ containers: readContainers(text), copies, suffixes });
  const lines: string[] = [];
  for (const { claim, services } of plan.copies) {
    for (const { claim: found, upstreams, starting } of services) {
      const words = [
        found.kind,
        ...(found.isDefault ? ['default'] : []),
        ...(found.subdomains ? ['subdomains'] : []),
        ...(claim.outside ? ['outside'] : []),
        ...(starting ? ['starting'] : []),
        ...(upstreams[0].protocol === undefined ? [] : [upstreams[0].protocol]),
      ];
      const addresses = upstreams.map(({ host, port }) => `${host} ${port}`);
      lines.push(`${claim.name}.${found.name} (${words.join(', ')}): ${found.container} at ${addresses.join(', ')}`);
      for (const alias of found.aliases ?? []) lines.push(`  also ${alias}`);
    }
    for (const { code, severity, message } of claim.problems)
      lines.push(`! ${claim.name} ${severity} ${code}: ${message}`);
  }
  for (const { code, severity, message } of plan.problems) lines.push(`! ${severity} ${code}: ${message}`);
  return lines.length === 0 ? 'nothing' : lines.join('\n');
};

const folder = fileURLToPath(new URL('golden', import.meta.url));
const dashes = '\n----------\n';

// With a new case, write what stands above the dashes and run `vitest -u`; then read what came below.
describe('golden', () => {
  test.each(readdirSync(folder))('%s', async (file) => {
    const [input = ''] = readFileSync(`${folder}/${file}`, 'utf8').split(dashes);
    await expect(`${input.trimEnd()}${dashes}${written(input)}\n`).toMatchFileSnapshot(`golden/${file}`);
  });
});

test('no label, variable or name gives a container outside a hostname of a copy', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'project',
      'project-2',
      'project-3',
      'api',
      'web',
      'sidings',
      'localhost',
      'x',
      '3-api',
      'Project-3',
    ),
    fc.string({ maxLength: 12 }),
  );
  const host = fc.array(word, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const rule = host.map((name) => `Host(\`${name}\`)`);
  const own = new Set(
    copies.flatMap(({ name: workstream, services }) =>
      services.flatMap(({ name, isDefault }) =>
        suffixes.flatMap((suffix) => hostnames({ workstream, service: name, isDefault }, suffix)),
      ),
    ),
  );
  fc.assert(
    fc.property(host, host, rule, word, word, word, (mine, virtual, traefik, name, project, composeService) => {
      const container: ContainerData = {
        ...(readContainers('container x')[0] as ContainerData),
        name,
        labels: {
          'sidings.enable': 'true',
          'sidings.host': mine,
          'traefik.http.routers.x.rule': traefik,
          'com.docker.compose.project': project,
          'com.docker.compose.service': composeService,
        },
        env: { VIRTUAL_HOST: virtual },
        exposed: [80],
        addresses: ['172.18.0.2'],
      };
      const plan = planOf({ containers: [container], copies, suffixes });
      for (const { claim, services } of plan.copies) {
        for (const { claim: found } of services) {
          const parts = { workstream: claim.name, service: found.name, isDefault: found.isDefault };
          const names = [...suffixes.flatMap((suffix) => hostnames(parts, suffix)), ...(found.aliases ?? [])];
          for (const hostname of names) {
            expect(own.has(hostname)).toBe(false);
            expect(['localhost', 'sidings.localhost', 'sidings.test']).not.toContain(hostname);
            expect(hostname).toMatch(/\.(localhost|test)$/);
          }
        }
      }
    }),
  );
});

test('a port that is published on loopback is reached where the machine is, one that is published for others nowhere', () => {
  const containers = readContainers(`
container project-3_api_1
  in project-3 api
  address 172.18.0.2
  expose 8000
  publish 127.0.0.1:8003:8000
container project-3_web_1
  in project-3 web
  expose 5173
  publish 192.0.2.1:5176:5173`);
  const { copies: found } = planOf({ containers, copies, suffixes, upstreamHost: '192.168.65.254' });
  expect(found.flatMap(({ services }) => services.map(({ upstreams }) => upstreams))).toMatchObject([
    [
      { host: '172.18.0.2', port: 8000 },
      { host: '192.168.65.254', port: 8003 },
    ],
  ]);
});

test('says how the containers of a service are, those that ended as well', () => {
  const containers = readContainers(`
container project-3_api_1
  in project-3 api
  state exited
container project-3_api_2
  in project-3 api 2
  created 5
container job
  in project-3 api
  label com.docker.compose.oneoff=True
container tool
`).map((container) => ({ ...container, status: container.state === 'exited' ? 'Exited (1) now\u001b[31m' : '' }));
  const input = { containers, copies, suffixes };
  expect(containerStates(input, '/code/project-3', 'api')).toBe(
    'project-3_api_2: running; project-3_api_1: Exited (1) now\\u{1b}[31m',
  );
  expect(containerOf(input, '/code/project-3', 'api')?.name).toBe('project-3_api_2');
  expect(containerStates(input, 'docker:tool', 'tool')).toBe('tool: running');
  expect(containerStates(input, '/code/project-3', 'web')).toBeUndefined();
});
