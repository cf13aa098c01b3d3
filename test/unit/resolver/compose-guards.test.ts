import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ComposeGuardInput, guardCompose } from '../../../src/resolver/compose-guards.ts';

const workstream: ComposeGuardInput['copy'] = {
  mode: 'workstream',
  slot: 3,
  services: {
    api: { kind: 'http', port: 8003, hostname: '', url: '', localUrl: '' },
    postgres: { kind: 'tcp', port: 5435 },
  },
  env: { COMPOSE_PROJECT_NAME: 'project-3', API_PORT: '8003', POSTGRES_PORT: '5435' },
};
const main: ComposeGuardInput['copy'] = {
  ...workstream,
  mode: 'main',
  slot: 0,
  services: { postgres: { kind: 'tcp', port: 5432 } },
  env: { POSTGRES_PORT: '5432' },
};

/** Severity, message and hint; the line is the way that was asked for. */
const findings = (content: unknown, copy = workstream, environment = {}) =>
  guardCompose({ copy, environment, files: [{ file: 'compose.yaml', content, lineOf: (path) => path.length }] }).map(
    ({ severity, message, hint }) => ({ severity, message, hint }),
  );
const ports = (...entries: unknown[]) => findings({ services: { api: { ports: entries } } });
const said = (content: unknown, copy = workstream, environment = {}) =>
  findings(content, copy, environment).map(({ severity, message }) => `${severity} ${message}`);

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is written in the file
test.each([
  ['8000:8000', '8000', 'Write there: "${API_PORT:-8000}:8000"'],
  ['127.0.0.1:5432:5432', '5432', 'Write there: "127.0.0.1:${POSTGRES_PORT:-5432}:5432"'],
  ['[::1]:8000:80', '8000', 'Write there: "[::1]:${API_PORT:-8000}:80"'],
  [{ target: 80, published: 8000 }, '8000', 'Write there: published: "${API_PORT:-8000}"'],
  [{ target: 80, published: '8000' }, '8000', 'Write there: published: "${API_PORT:-8000}"'],
  [
    '8025:8025',
    '8025',
    'Write there: "${API_PORT:-8025}:8025", and add "API_PORT" to "env" of a service with port 8025 in sidings.json.',
  ],
  [
    '53:53/udp',
    '53',
    'Write there: "${API_PORT:-53}:53/udp", and add "API_PORT" to "env" of a service with port 53 in sidings.json.',
  ],
  [
    '9000-9010:9000-9010',
    '9000-9010',
    'Publish the ports one by one, each with a variable of sidings.json as its port.',
  ],
  [
    '${OTHER:-8000}:8000',
    '${OTHER:-8000}',
    'Nothing sets OTHER. Add it to "env" of a service in sidings.json, so that each copy has its own port in it.',
  ],
])('%j is published in every copy', (entry, port, hint) => {
  expect(ports(entry)).toEqual([
    { severity: 'error', message: `compose.yaml:4: api publishes port ${port} of this machine in every copy.`, hint },
  ]);
});

test.each([
  '${API_PORT:-8000}:8000',
  '$API_PORT:8000',
  '${OTHER:-${API_PORT:-8000}}:8000',
  // Without a number the machine gives a free one.
  '8000',
  8000,
  '0:8000',
  '127.0.0.1::8000',
  '${UNSET}:8000',
  { target: 80 },
  { target: 80, published: '${API_PORT:-8000}' },
  undefined,
])('%j is not', (entry) => {
  expect(ports(entry)).toEqual([]);
});

test('a variable that .env or the shell sets is one', () => {
  const content = { services: { api: { ports: ['${OTHER:-8000}:8000'] } } };
  expect(said(content, workstream, { OTHER: '1' })).toEqual([]);
  // A doubled dollar stands for itself.
  expect(said({ services: { api: { container_name: '$$OTHER' } } }, workstream, { OTHER: '1' })).toHaveLength(1);
});

test('in main it is something to know', () => {
  expect(findings({ services: { db: { ports: ['5432:5432'] } } }, main)).toEqual([
    {
      severity: 'warning',
      message: 'compose.yaml:4: db publishes port 5432 of this machine in every copy.',
      hint: 'Write there: "${POSTGRES_PORT:-5432}:5432"',
    },
  ]);
});

test('names', () => {
  const content = {
    name: 'project',
    services: {
      api: { container_name: 'api' },
      web: { container_name: '${COMPOSE_PROJECT_NAME}-web' },
      db: { container_name: 5 },
    },
    volumes: {
      plain: undefined,
      named: { name: 'data' },
      own: { name: '${COMPOSE_PROJECT_NAME}_data' },
      outside: { external: true },
      'outside-named': { external: true, name: 'theirs' },
      'outside-own': { external: true, name: '${COMPOSE_PROJECT_NAME}_x' },
      legacy: { external: { name: 'old' } },
      inside: { external: false },
    },
    networks: { default: { name: 'net' }, other: {} },
  };
  expect(said(content)).toEqual([
    'warning compose.yaml:1: the compose project is called project in every copy.',
    'error compose.yaml:3: the container of api is called api in every copy.',
    'error compose.yaml:3: the volume named is called data in every copy.',
    'warning compose.yaml:3: the external volume outside is called outside in every copy.',
    'warning compose.yaml:3: the external volume outside-named is called theirs in every copy.',
    'warning compose.yaml:3: the external volume legacy is called old in every copy.',
    'error compose.yaml:3: the network default is called net in every copy.',
  ]);
  expect(said(content, main).every((line) => line.startsWith('warning'))).toBe(true);
  expect(said({ name: '${COMPOSE_PROJECT_NAME}' })).toEqual([]);
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: only there

test('what a file holds is text, and none of it is an exception', () => {
  expect(said({ services: { 'a\u001b[2J': { ports: ['1:1'] } } })).toEqual([
    'error compose.yaml:4: a\\u{1b}[2J publishes port 1 of this machine in every copy.',
  ]);
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
      const content = {
        services: { a: value, b: { ports: other, container_name: value } },
        volumes: other,
        name: value,
      };
      return Array.isArray(findings(content)) && Array.isArray(findings(value));
    }),
  );
});
