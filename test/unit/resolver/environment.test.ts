import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  composeDefault,
  composeName,
  databaseName,
  type EnvironmentInput,
  environment,
} from '../../../src/resolver/environment.ts';
import { anyText } from '../../support/text.ts';

const input: EnvironmentInput = {
  copy: {
    name: 'project-3',
    project: 'project',
    mode: 'workstream',
    slot: 3,
    directory: '/code/project-3',
    services: {
      api: {
        kind: 'http',
        port: 8003,
        hostname: 'project-3.api.localhost',
        url: 'http://project-3.api.localhost',
        localUrl: 'http://localhost:8003',
      },
      postgres: { kind: 'tcp', port: 5435 },
    },
  },
  project: {
    project: 'project',
    services: {
      api: { port: 8000, env: ['API_PORT', 'PORT'] },
      postgres: { port: 5432, kind: 'tcp', env: ['POSTGRES_PORT'] },
    },
    env: {},
  },
  file: '/code/project-3/sidings.json',
  composeProject: 'project-3',
  rootCertificate: undefined,
};

const withEnv = (env: Record<string, string>) => environment({ ...input, project: { ...input.project, env } });
const filled = (template: string) => withEnv({ X: template }).X;

test('every variable is there, in order', () => {
  expect(Object.entries(withEnv({ URL: '{api.url}' }))).toEqual([
    ['STACK_NAME', 'project-3'],
    ['STACK_MODE', 'workstream'],
    ['STACK_SLOT', '3'],
    ['STACK_DIRECTORY', '/code/project-3'],
    ['COMPOSE_PROJECT_NAME', 'project-3'],
    ['API_PORT', '8003'],
    ['PORT', '8003'],
    ['POSTGRES_PORT', '5435'],
    ['URL', 'http://project-3.api.localhost'],
  ]);
});

test('a project without variables of its own has those of Sidings', () => {
  const env = environment({ ...input, project: { project: 'project', services: { api: { port: 8000 } } } });
  expect(Object.keys(env)).toEqual([
    'STACK_NAME',
    'STACK_MODE',
    'STACK_SLOT',
    'STACK_DIRECTORY',
    'COMPOSE_PROJECT_NAME',
  ]);
});

test('the root certificate is given to Node, unless the project gives another one', () => {
  const rooted = { ...input, rootCertificate: '/ca.pem' };
  expect(environment(rooted).NODE_EXTRA_CA_CERTS).toBe('/ca.pem');
  const own = { ...input.project, env: { NODE_EXTRA_CA_CERTS: '{directory}/ca.pem' } };
  expect(environment({ ...rooted, project: own }).NODE_EXTRA_CA_CERTS).toBe('/code/project-3/ca.pem');
  expect(environment(input)).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
});

test.each([
  ['{api.port}', '8003'],
  ['{api.url}', 'http://project-3.api.localhost'],
  ['{api.localUrl}', 'http://localhost:8003'],
  ['{postgres.port}', '5435'],
  ['{workstream}', 'project-3'],
  ['{project}', 'project'],
  ['{slot}', '3'],
  ['{database}', 'project_3'],
  ['{directory}', '/code/project-3'],
  ['pg://localhost:{postgres.port}/{database}?x={slot}', 'pg://localhost:5435/project_3?x=3'],
  ['{{slot}}', '{slot}'],
  ['{{unknown.word}}', '{unknown.word}'],
  ['{{{slot}}}', '{{slot}}'],
  ['{"a": {"b": 1}}', '{"a": {"b": 1}}'],
  ['{}', '{}'],
  ['{ slot }', '{ slot }'],
  ['$& $1 {slot}', '$& $1 3'],
  ['', ''],
])('%j becomes %j', (template, expected) => {
  expect(filled(template)).toBe(expected);
});

test('what is filled in is not looked at again', () => {
  const env = environment({
    ...input,
    copy: { ...input.copy, name: '{slot}' },
    project: { ...input.project, env: { X: '{workstream}' } },
  });
  expect(env.X).toBe('{slot}');
});

test.each(['{api.prot}', '{postgres.url}', '{PORT}', '{toString}', '{constructor}', `\${HOME}`])(
  'the placeholder %j is unknown, and the known ones are listed',
  (template) => {
    expect(() => filled(template)).toThrow(
      expect.objectContaining({
        code: 'placeholder-unknown',
        message: `/code/project-3/sidings.json: env.X uses ${template.replace('$', '')}, which does not exist.`,
        hint: 'Known: {api.port}, {api.url}, {api.localUrl}, {postgres.port}, {workstream}, {project}, {slot}, {database}, {directory}.',
      }),
    );
  },
);

test('names that objects have anyway are names like any other', () => {
  const env = withEnv(JSON.parse('{ "__proto__": "{slot}", "constructor": "x" }') as Record<string, string>);
  expect(Object.getOwnPropertyDescriptor(env, '__proto__')?.value).toBe('3');
  expect(env.constructor).toBe('x');
  const own = { ...input.copy.services, toString: { kind: 'tcp', port: 1 } } as const;
  expect(environment({ ...input, copy: { ...input.copy, services: own } })).not.toHaveProperty('1');
});

test.each([
  ['project-3', 'project_3'],
  ['project', 'project'],
  ['Project_3', 'project_3'],
  ['_x', '_x'],
  ['2fast', 'db_2fast'],
  ['-x', '_x'],
])('the database of %j is %j', (name, expected) => {
  expect(databaseName(name)).toBe(expected);
});

test.each([
  ['project-3', 'project-3'],
  ['Feature_3', 'feature_3'],
  ['_feature', 'feature'],
])('the compose project of %j is %j', (name, expected) => {
  expect(composeName(name, 'project')).toBe(expected);
});

test('main has the compose project that compose gives it', () => {
  expect(composeDefault('My App.v2')).toBe('myappv2');
  expect(composeDefault('-_x')).toBe('x');
  expect(composeDefault('日本')).toMatch(/^[0-9a-f]{8}$/);
});

test('names that lost something stay distinct', () => {
  const names = ['my app', 'my.app', 'my+app', '日本', '中国', `${'x'.repeat(70)}a`, `${'x'.repeat(70)}b`, ' '];
  expect(new Set(names.map(databaseName)).size).toBe(names.length);
  expect(new Set(names.map((name) => composeName(name, 'project'))).size).toBe(names.length);
  expect(databaseName('my app')).toMatch(/^my_app_[0-9a-f]{8}$/);
  expect(composeName('my app', 'project')).toMatch(/^myapp-[0-9a-f]{8}$/);
  expect(databaseName('cafe\u0301')).toBe(databaseName('caf\u00e9'));
});

test.each(['_project', 'Project', '-project-3', 'PROJECT_3', 'Project3'])(
  '%s does not get the compose project of main or of a numbered copy',
  (name) => expect(composeName(name, 'project')).toMatch(/^project[-_]?3?-[0-9a-f]{8}$/),
);

test('numbered copies of a project with capitals keep the name that compose gives them', () => {
  expect(composeName('MyApp-3', 'MyApp')).toBe('myapp-3');
  expect(composeName('myapp-3', 'MyApp')).toMatch(/^myapp-3-[0-9a-f]{8}$/);
});

test('any name becomes a PostgreSQL identifier and a compose project name', () => {
  fc.assert(
    fc.property(anyText(100), (name) => {
      expect(databaseName(name)).toMatch(/^[a-z_][a-z0-9_]{0,62}$/);
      expect(composeName(name, 'project')).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/);
      expect(composeDefault(name)).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
    }),
  );
});
