import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, onTestFinished, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import { errors } from '../../../src/model/errors.ts';
import { problem } from '../../../src/model/problem.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { startProxy } from '../../support/proxy.ts';
import { exchange } from '../../support/raw.ts';
import { type Answer, changingState, readAnswer, startStatus } from '../../support/status.ts';
import { serviceOf, stateOf, workstreamOf } from '../../support/workstreams.ts';

const evil = '<img src=x onerror=alert(1)>';
const full = {
  ...stateOf(17, [
    workstreamOf({ branch: 'feature/x' }),
    workstreamOf({
      name: evil,
      directory: `/code/${evil}`,
      branch: evil,
      live: false,
      problems: [problem('label-taken', { first: '/a', second: '/b', label: 'x' })],
      services: [
        serviceOf({ name: 'postgres', kind: 'tcp', state: 'foreign', urls: [], owner: { pid: 7, command: evil } }),
      ],
    }),
    workstreamOf({ name: 'twin', directory: '/a/twin' }),
    workstreamOf({ name: 'twin', directory: '/b/twin' }),
  ]),
  problems: [problem('root-unreadable', { directory: '/nope', reason: 'ENOENT' })],
};

const start = async (options: Partial<Parameters<typeof startStatus>[0]> = {}) => {
  const { port } = await startStatus({ ...changingState(full).options, ...options });
  return async (path: string, fields = '', method = 'GET'): Promise<Answer> => {
    const host = /^Host:/im.test(fields) ? '' : `Host: localhost:${port}\r\n`;
    return readAnswer(await exchange(port, `${method} ${path} HTTP/1.1\r\n${host}Connection: close\r\n${fields}\r\n`));
  };
};

const expectProblem = (answer: Answer, code: keyof typeof errors): void => {
  const { status } = errors[code] as { status: number };
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
  const body = JSON.parse(answer.body);
  expect(body).toEqual({
    type: 'about:blank',
    title: body.message,
    status,
    code,
    severity: 'error',
    message: expect.any(String),
    hint: expect.any(String),
  });
};

test('the state is given exactly as it is', async () => {
  const ask = await start();
  const { status, headers, body } = await ask('/api/workstreams');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers.server).toBe('sidings');
  expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(full)));
});

test('one workstream is found by its name, whatever the name is', async () => {
  const ask = await start();
  expect(JSON.parse((await ask('/api/workstreams/project-3')).body)).toEqual(full.workstreams[0]);
  expect(JSON.parse((await ask(`/api/workstreams/${encodeURIComponent(evil)}`)).body)).toEqual(full.workstreams[1]);
  for (const name of ['project-4', '__proto__', 'constructor', '..%2f..%2fetc', 'x'.repeat(255)])
    expectProblem(await ask(`/api/workstreams/${name}`), 'workstream-unknown');
  expectProblem(await ask(`/api/workstreams/${'x'.repeat(2000)}`), 'not-found');
  expectProblem(await ask('/api/workstreams/%zz'), 'not-found');
});

test('a name that two folders have leads to neither', async () => {
  const ask = await start();
  const answer = await ask('/api/workstreams/twin');
  expectProblem(answer, 'label-taken');
  expect(answer.body).toContain('/a/twin');
  expect(answer.body).toContain('/b/twin');
});

test('a folder is looked up by its real path', async () => {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'sidings-status-')));
  onTestFinished(() => rm(base, { recursive: true }));
  await mkdir(join(base, 'copy/src'), { recursive: true });
  await symlink(join(base, 'copy'), join(base, 'link'));
  const asked: string[] = [];
  const ask = await start({
    lookup: (directory) => {
      asked.push(directory);
      return directory.startsWith(join(base, 'copy')) ? full.workstreams[0] : undefined;
    },
  });
  const { status, body } = await ask(`/api/lookup?directory=${encodeURIComponent(join(base, 'link/src'))}`);
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual(full.workstreams[0]);
  // A folder that is gone is asked for as it was named.
  expect((await ask(`/api/lookup?directory=${encodeURIComponent(join(base, 'copy/gone'))}`)).status).toBe(200);
  expect(asked).toEqual([join(base, 'copy/src'), join(base, 'copy/gone')]);
  expectProblem(await ask(`/api/lookup?directory=${encodeURIComponent(base)}`), 'directory-unknown');
  expectProblem(await ask('/api/lookup?directory=/a%00b'), 'directory-unknown');
});

test.each(['', '?directory=', '?directory=project-3', '?directory=./x', '?directory=/a&directory=/b', '?Directory=/a'])(
  'a lookup with %j says what is wrong with it',
  async (query) => {
    const ask = await start();
    expectProblem(await ask(`/api/lookup${query}`), 'parameter-invalid');
  },
);

test.each([
  ['/api/requests?statsu=5xx&limit=1', 'statsu', /workstream, service, status,.*, limit\.$/],
  ['/api/requests?Status=5xx', 'Status', /status/],
  ['/api/requests/events?limit=5', 'limit', /since\.$/],
  ['/api/har?worktree=x', 'worktree', /workstream/],
  ['/api/requests/r1?workstream=x', 'workstream', /there is none/],
  ['/api/health?service=api', 'service', /not workstream\.$/],
  ['/api/logs/events?workstream=project-3&service=api&until=1', 'until', /since\.$/],
  ['/api/lookup?directory=/a&__proto__=x', '__proto__', /not directory\.$/],
  ['/api/workstreams?workstream=project-3', 'workstream', /there is none/],
  ['/api/openapi.json?x', 'x', /there is none/],
])('%s is refused: nobody may take everything for what was asked for', async (path, parameter, known) => {
  const ask = await start();
  const answer = await ask(path);
  expectProblem(answer, 'parameter-invalid');
  const { message } = JSON.parse(answer.body);
  expect(message).toMatch(known);
  expect(message).toContain(`The parameter ${parameter} is unknown here`);
});

test('the page takes any parameter', async () => {
  const ask = await start();
  expect((await ask('/?utm=x')).status).toBe(200);
});

test.each([
  ['a name rebound to this machine', 'Host: evil.example\r\n', 'host-misdirected'],
  ['an address', 'Host: 127.0.0.1\r\n', 'host-misdirected'],
  ['a page of another port', 'Origin: http://localhost:1\r\n', 'origin-refused'],
  ['a page of another program', 'Origin: http://localhost:3000\r\n', 'origin-refused'],
  ['a page of a workstream', 'Origin: http://project-3.web.localhost\r\n', 'origin-refused'],
  ['a sandboxed page', 'Origin: null\r\n', 'origin-refused'],
  ['an image on another site', 'Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n', 'origin-refused'],
  ['a fetch of a workstream', 'Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n', 'origin-refused'],
] as const)('%s gets nothing, on no path', async (_who, fields, code) => {
  const ask = await start();
  for (const path of ['/', '/page.js', '/api/workstreams', '/api/events', '/api/openapi.json', '/nothing', '/%zz']) {
    const answer = await ask(path, fields);
    expectProblem(answer, code);
    expect(answer.body).not.toContain('project-3');
    expect(answer.body).not.toContain('evil');
  }
});

test('a page of ours, a typed address and a program are answered', async () => {
  const { port } = await startStatus(changingState(full).options);
  for (const fields of [
    `Host: localhost:${port}\r\nOrigin: http://localhost:${port}\r\nSec-Fetch-Site: same-origin\r\n`,
    `Host: sidings.localhost:${port}\r\nSec-Fetch-Site: none\r\n`,
    `Host: sidings.test:${port}\r\n`,
  ]) {
    const text = await exchange(port, `GET /api/workstreams HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
    expect(readAnswer(text).status).toBe(200);
  }
});

test('no answer lets another origin read it, and none can be framed or run foreign code', async () => {
  const ask = await start();
  for (const [path, method] of [
    ['/', 'GET'],
    ['/api/workstreams', 'GET'],
    ['/nothing', 'GET'],
    ['/api/workstreams', 'OPTIONS'],
    ['/%zz', 'GET'],
  ] as const) {
    const { headers } = await ask(path, '', method);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  }
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY', 'PROPFIND', 'PURGE'])(
  '%s changes nothing anywhere',
  async (method) => {
    const ask = await start();
    for (const path of [
      '/',
      '/page.js',
      '/api/workstreams',
      '/api/workstreams/project-3',
      '/api/events',
      '/api/lookup',
    ]) {
      for (const fields of ['', 'Content-Type: text/plain\r\nContent-Length: 0\r\n']) {
        const answer = await ask(path, fields, method);
        expectProblem(answer, 'method-not-allowed');
        expect(answer.headers.allow).toBe('GET, HEAD');
      }
    }
    expectProblem(await ask('/nothing', 'Content-Type: text/plain\r\nContent-Length: 0\r\n', method), 'not-found');
  },
);

test('HEAD is GET without the body', async () => {
  const ask = await start();
  for (const path of ['/', '/style.css', '/api/workstreams', '/api/openapi.json', '/nothing']) {
    const { date: _date, ...get } = (await ask(path)).headers;
    const head = await ask(path, '', 'HEAD');
    const { date: _other, ...fields } = head.headers;
    expect(fields).toEqual(get);
    expect(head.body).toBe('');
  }
  const events = await ask('/api/events', '', 'HEAD');
  expect(events.headers['content-type']).toBe('text/event-stream');
  expect(events.body).toBe('');
});

test('the page comes with all that it asks for, and nothing in it is inline', async () => {
  const ask = await start();
  const page = await ask('/');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=/i);
  const wanted = [...page.body.matchAll(/(?:src|href)="(\/[^"/]*)"/g)].map(([, path]) => path as string);
  expect(wanted).toEqual(expect.arrayContaining(['/page.js', '/style.css', '/icon.svg']));
  // One script, which fetches no other.
  expect((await ask('/page.js')).body).not.toMatch(/\bimport\b/);
  const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
  for (const path of wanted) {
    const { status, headers } = await ask(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(types[path.slice(path.indexOf('.') + 1) as keyof typeof types]);
  }
});

test('a file that the browser has is not sent again', async () => {
  const ask = await start();
  const { etag } = (await ask('/page.js')).headers;
  expect((await ask('/page.js')).headers['cache-control']).toBe('no-cache');
  const again = await ask('/page.js', `If-None-Match: W/${etag}\r\n`);
  expect([again.status, again.body, again.headers.etag]).toEqual([304, '', etag]);
  expect((await ask('/style.css', `If-None-Match: ${etag}\r\n`)).status).toBe(200);
});

test.each([
  '/../app.js',
  '/web/page.js',
  '/..%2fapp.js',
  '/%2e%2e/app.js',
  '/page.js/',
  '/page.tsx',
  '/.gitkeep',
  '//',
])('%s is nothing', async (path) => {
  const ask = await start();
  expectProblem(await ask(path), 'not-found');
});

test('a fault inside is an answer and a line in the log', async () => {
  const logged: unknown[] = [];
  const silent = { debug: () => {}, info: () => {}, warn: () => {} };
  const ask = await start({
    state: () => {
      throw new Error('broken');
    },
    log: { ...silent, error: (...line) => logged.push(line) },
  });
  expectProblem(await ask('/api/workstreams'), 'internal');
  expect(logged).toEqual([[{ err: expect.objectContaining({ message: 'broken' }) }, expect.any(String)]]);
});

test('the description is valid OpenAPI and says what is answered', async () => {
  const requests = openHistory({ count: 10, version: '0' });
  requests.add(exchangeOf({ error: 'upstream-broken' }));
  requests.add(exchangeOf({ id: 'b', workstream: undefined, service: undefined, directory: undefined, status: 0 }));
  const commit = { hash: 'a'.repeat(40), subject: evil, at: 1 };
  const all = { name: 'a', directory: '/a', branch: evil, dirty: 1, ahead: 2, behind: 3, commit, lastActivity: 4 };
  const ask = await start({
    lookup: () => full.workstreams[0],
    requests,
    activity: async () => [{ name: 'b', directory: '/b' }, all],
  });
  const { headers, body } = await ask('/api/openapi.json');
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  const description = JSON.parse(body);
  expect(await new Validator().validate(structuredClone(description))).toEqual({ valid: true });
  expect(Object.keys(description.paths)).toEqual([
    '/api/workstreams',
    '/api/workstreams/{name}',
    '/api/lookup',
    '/api/events',
    '/api/requests',
    '/api/requests/{id}',
    '/api/requests/events',
    '/api/har',
    '/api/activity',
    '/api/traffic',
    '/api/setup',
    '/api/problems',
    '/api/logs',
    '/api/logs/events',
    '/api/health',
  ]);
  for (const operations of Object.values(description.paths)) expect(Object.keys(operations as object)).toEqual(['get']);

  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(description, 'api');
  const expectDescribed = (pattern: string, { status, headers: fields, body: text }: Answer): void => {
    const pointer = [
      pattern,
      'get',
      'responses',
      String(status),
      'content',
      fields['content-type']?.split(';')[0] ?? '',
    ];
    const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    const check = ajv.getSchema(`api#/paths/${escaped.join('/')}/schema`);
    expect(check, `${pattern} ${status}`).toBeDefined();
    check?.(JSON.parse(text));
    expect(check?.errors ?? []).toEqual([]);
  };
  expectDescribed('/api/workstreams', await ask('/api/workstreams'));
  expectDescribed('/api/workstreams/{name}', await ask('/api/workstreams/project-3'));
  expectDescribed('/api/workstreams/{name}', await ask('/api/workstreams/nobody'));
  expectDescribed('/api/workstreams/{name}', await ask('/api/workstreams/twin'));
  expectDescribed('/api/lookup', await ask('/api/lookup?directory=/code'));
  expectDescribed('/api/lookup', await ask('/api/lookup'));
  for (const path of ['/api/requests', '/api/har', '/api/activity', '/api/traffic', '/api/setup', '/api/problems'])
    expectDescribed(path, await ask(path));
  for (const path of ['/api/requests', '/api/requests/events', '/api/har'])
    expectDescribed(path, await ask(`${path}?status=x`));
  for (const id of ['abc-1', 'b', 'nothing']) expectDescribed('/api/requests/{id}', await ask(`/api/requests/${id}`));
  const nowhere = await start();
  expectDescribed('/api/lookup', await nowhere('/api/lookup?directory=/code'));
  const crowded = await start({ maxClients: 0 });
  for (const path of ['/api/events', '/api/requests/events']) expectDescribed(path, await crowded(path));
});

test('behind the proxy it answers for the status hosts alone, with the id of the request', async () => {
  const status = await startStatus(changingState(full).options);
  const { port } = await startProxy({ copies: [], status: status.handle });
  const ask = async (target: string, host: string, more = '') =>
    readAnswer(await exchange(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`));
  const answer = await ask('/api/workstreams', `localhost:${port}`);
  expect(answer.status).toBe(200);
  expect(answer.headers['x-request-id']).toMatch(/./);
  expect(JSON.parse(answer.body).version).toBe(17);
  // The authority of an absolute target wins over Host.
  expect((await ask(`http://localhost:${port}/api/workstreams`, 'evil.example')).status).toBe(200);
  expect((await ask('http://evil.example/api/workstreams', `localhost:${port}`)).status).toBe(421);
  expect((await ask('/api/workstreams', `evil.example:${port}`)).status).toBe(421);
  // Programs leave the port out, and a tunnel shows another one.
  for (const host of ['localhost', 'localhost:1']) expect((await ask('/api/workstreams', host)).status).toBe(200);
  expect((await ask('/api/workstreams', `localhost:${port}`, 'Origin: http://evil.example\r\n')).status).toBe(403);
});
