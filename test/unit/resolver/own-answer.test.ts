import { expect, test } from 'vitest';
import { parseOwnAnswer, whyUnusable } from '../../../src/resolver/own-answer.ts';
import type { ProjectFile } from '../../../src/resolver/project-file.ts';

const project: ProjectFile = {
  project: 'project',
  services: {
    api: { port: 8000, env: ['API_PORT', 'PORT'] },
    postgres: { port: 5432, kind: 'tcp', env: ['PGPORT'] },
    worker: { port: 9000 },
  },
};
const parse = (output: unknown) =>
  parseOwnAnswer(typeof output === 'string' ? output : JSON.stringify(output), 'project-3', project);

test('JSON in the shape of stack-env is taken', () => {
  const answer = parse({
    name: 'project-3',
    slot: 7,
    services: { api: { kind: 'http', port: 8103 }, postgres: { port: 5999 }, mail: { kind: 'tcp', port: 1025 } },
    env: { API_URL: 'http://localhost:8103', LEVEL: 3, DEBUG: true },
    problems: [],
  });
  expect(answer).toEqual({
    slot: 7,
    ports: new Map([
      ['api', { kind: 'http', port: 8103 }],
      ['postgres', { kind: 'tcp', port: 5999 }],
      ['mail', { kind: 'tcp', port: 1025 }],
    ]),
    env: { API_URL: 'http://localhost:8103', LEVEL: '3', DEBUG: 'true' },
  });
});

test('any part of it may be left out', () => {
  expect(parse({ slot: 0 })).toEqual({ slot: 0, ports: new Map(), env: {} });
  expect(parse({ env: { A: '1' } })).toMatchObject({ slot: undefined, env: { A: '1' } });
});

test('lines are taken as a shell would read them', () => {
  const answer = parse(
    [
      '# mine',
      '',
      'API_PORT=8103',
      'export A=x=y',
      `B='it'\\''s $x'`,
      'C="say \\"hi\\" \\$1"',
      'D=',
      "E='open",
      'STACK_SLOT=4',
    ].join('\r\n'),
  );
  expect(answer).toEqual({
    slot: 4,
    ports: new Map([['api', { kind: 'http', port: 8103 }]]),
    env: { API_PORT: '8103', A: 'x=y', B: "it's $x", C: 'say "hi" $1', D: '', E: "'open" },
  });
});

test('a variable that a service declares gives its port', () => {
  expect(parse({ env: { PGPORT: '5999' } }).ports).toEqual(new Map([['postgres', { kind: 'tcp', port: 5999 }]]));
  expect(parse({ env: { PORT: 8103 }, services: { api: { port: '8103' } } }).ports.get('api')?.port).toBe(8103);
});

test('who the copy is stays computed', () => {
  const { env } = parse('STACK_NAME=project-3\nSTACK_MODE=main\nSTACK_DIRECTORY=/x\nSTACK_SLOT=2\nSTACK_OTHER=y');
  expect(env).toEqual({ STACK_OTHER: 'y' });
});

test('a compose project of its own is taken', () => {
  expect(parse('COMPOSE_PROJECT_NAME=mine_3').env).toEqual({ COMPOSE_PROJECT_NAME: 'mine_3' });
});

test('names that objects have anyway do no harm', () => {
  const { env } = parse('{ "env": { "__proto__": "x", "constructor": "y" } }');
  expect(Object.entries(env)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect(Object.getPrototypeOf(env)).toBe(Object.prototype);
});

test.each([
  ['', 'it printed nothing'],
  ['# only a comment', 'it printed nothing'],
  ['Starting…', 'it printed "Starting…", which is neither JSON nor KEY=VALUE'],
  ['{ "slot": ', /JSON/],
  ['{}', 'it gives neither slot nor services nor env'],
  [{ name: 'project-4', slot: 4 }, 'its answer is about project-4'],
  ['STACK_NAME=project-4', 'its answer is about project-4'],
  [{ slot: -1 }, 'slot is -1, which is no number from 0 to 65535'],
  [{ slot: 1.5 }, 'slot is 1.5, which is no number from 0 to 65535'],
  ['STACK_SLOT=three', 'slot is "three", which is no number from 0 to 65535'],
  [{ services: [] }, 'services is not an object'],
  [{ services: { api: 8003 } }, 'services.api is not an object'],
  [{ services: { 'a b': { port: 1 } } }, 'a b is not a name for a service'],
  [{ services: { api: { kind: 'udp', port: 8003 } } }, 'the kind of api is neither http nor tcp'],
  [{ services: { api: {} } }, /^services\.api\.port is undefined, which is no number from 1 to 65535$/],
  [{ services: { api: { port: 65536 } } }, 'services.api.port is 65536, which is no number from 1 to 65535'],
  [{ services: { api: { port: 8003 } }, env: { PORT: '8004' } }, 'it gives api two ports, 8003 and 8004'],
  ['API_PORT=', 'API_PORT is "", which is no number from 1 to 65535'],
  [{ env: 'A=1' }, 'env is not an object'],
  [{ env: { A: null } }, 'env.A is not text'],
  [{ env: { 'A B': '1' } }, 'A B is not a name for a variable'],
  ['A-B=1', 'A-B is not a name for a variable'],
  [{ env: { A: 'x\0y' } }, 'the value of A holds a NUL character'],
  ['COMPOSE_PROJECT_NAME=My App', 'its COMPOSE_PROJECT_NAME is not a name that compose takes'],
])('the answer %j is refused', (output, reason) => {
  expect(() => parse(output)).toThrow(reason);
});

test('ports that do not go together are found', () => {
  expect(whyUnusable({ a: { kind: 'http', port: 1000 }, b: { kind: 'tcp', port: 6000 } })).toBeUndefined();
  expect(whyUnusable({ a: { kind: 'http', port: 1000 }, b: { kind: 'tcp', port: 1000 } })).toBe(
    'a and b would both have port 1000',
  );
  expect(whyUnusable({ a: { kind: 'tcp', port: 65536 } })).toBe('a would have port 65536');
  expect(whyUnusable({ a: { kind: 'http', port: 6000 } })).toBe(
    'browsers refuse to open port 6000, which a would have',
  );
});
