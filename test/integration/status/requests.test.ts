import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type History, openHistory } from '../../../src/feedback/history.ts';
import type { RequestDetail, RequestSummary } from '../../../src/model/requests.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { fetchBy, fronts, open, openTunnel } from '../../support/fronts.ts';
import { expectHar } from '../../support/har.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange, type RawClient, rawClient } from '../../support/raw.ts';
import { changingState, readAnswer, startStatus } from '../../support/status.ts';
import { startRawUpstream, startUpstream } from '../../support/upstream.ts';
import { stateOf, workstreamOf } from '../../support/workstreams.ts';

const ask = async (port: number, path: string) => {
  const text = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
  // Bytes of the wire are read as Latin-1.
  return readAnswer(Buffer.from(text, 'latin1').toString());
};

const listed = async (port: number, query = ''): Promise<readonly RequestSummary[]> =>
  JSON.parse((await ask(port, `/api/requests${query}`)).body).requests;

const detail = async (port: number, id: string): Promise<RequestDetail> =>
  JSON.parse((await ask(port, `/api/requests/${id}`)).body);

const follow = (port: number, query = ''): RawClient => {
  const client = rawClient(port);
  client.send(`GET /api/requests/events${query} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  return client;
};

/** Events on a raw stream, oldest first; chunk sizes of the wire are taken out. */
const eventsOf = (client: RawClient): [name: string, data: unknown][] => {
  const body = client.received().slice(client.received().indexOf('\r\n\r\n') + 4);
  const text = body.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
  return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, name, data]) => [
    name as string,
    JSON.parse(data as string),
  ]);
};

const state = stateOf(1, [workstreamOf(), workstreamOf({ name: 'project-4', directory: '/code/project-4' })]);

const serve = async (options: Partial<Parameters<typeof startStatus>[0]> = {}) => {
  const history = openHistory({ count: 100, version: '0' });
  const status = await startStatus({ ...changingState(state).options, requests: history, ...options });
  return { ...status, history };
};

/** A proxy in front of an upstream, its history, and the status page that reads it, all in one. */
const stage = async (handle: Parameters<typeof startUpstream>[0]) => {
  const upstream = await startUpstream(handle);
  const { handle: status, history } = await serve();
  const copies = [copy('project-3', [service('api', upstream.port), service('web', 1)])];
  const proxy = await startProxy({ copies, status, onExchange: history.add });
  return { proxy, history, upstream };
};

const host = 'project-3.api.localhost';

test.each(fronts)('%s: what went through the proxy is told, and what came of it', async (front) => {
  const { proxy } = await stage((request, response) => {
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some');
      setImmediate(() => response.destroy());
      return;
    }
    if (request.url === '/never') return;
    request.resume().on('end', () => {
      response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['sid=secret; Path=/', 'b=secret'] });
      response.end('12345');
    });
  });
  const headers = { authorization: 'Bearer secret', cookie: 'sid=secret', 'content-length': '3' };
  await fetchBy(front, proxy, { host, method: 'POST', path: '/notes?token=secret', body: '123', headers });
  await fetchBy(front, proxy, { host, path: '/cut' });
  await fetchBy(front, proxy, { host: 'project-3.web.localhost', path: '/refused' });
  await fetchBy(front, proxy, { host: 'nobody.localhost', path: '/nowhere' });
  const left = open(front, proxy, { host, path: '/never' });
  await new Promise((resolve) => setImmediate(resolve));
  await eventually(async () => (await listed(proxy.port)).length >= 4, 'four requests');
  left.cancel();
  await eventually(async () => (await listed(proxy.port)).length >= 5, 'the one that was left');

  const all = await listed(proxy.port);
  const protocol = front === 'HTTP/2' ? 'h2' : 'http/1.1';
  const scheme = front === 'HTTP/1.1' ? 'http' : 'https';
  for (const request of all) expect(request).toMatchObject({ protocol, scheme });
  expect(all.map(({ path, status, error, service: name }) => [path, status, error, name])).toEqual([
    ['/never', 0, undefined, 'api'],
    ['/nowhere', 404, 'hostname-unknown', undefined],
    ['/refused', 502, 'upstream-refused', 'web'],
    ['/cut', 200, 'upstream-broken', 'api'],
    ['/notes?token=***', 201, undefined, 'api'],
  ]);
  const posted = all[4] as RequestSummary;
  expect(posted).toMatchObject({ method: 'POST', host, bytesIn: 3, bytesOut: 5, workstream: 'project-3' });
  expect(posted.firstByteMs).toBeLessThanOrEqual(posted.durationMs);
  expect(all[0]).not.toHaveProperty('firstByteMs');

  const whole = await detail(proxy.port, posted.id);
  expect(whole).toMatchObject(posted);
  const masked = Object.fromEntries(whole.requestHeaders.map(([name, value]) => [name.toLowerCase(), value]));
  expect(masked).toMatchObject({ host, authorization: 'Bearer ***', cookie: 'sid=***' });
  expect(whole.responseHeaders).toEqual(
    expect.arrayContaining([
      ['set-cookie', 'sid=***; Path=/'],
      ['set-cookie', 'b=***'],
      ['X-Request-Id', posted.id],
    ]),
  );
  expect(whole.curl).toMatch(/^curl --request POST 'https?:.* --data-binary @body$/);
  expect(JSON.stringify(whole)).not.toContain('secret');
  const refused = await detail(proxy.port, all[2]?.id ?? '');
  expect(refused.responseHeaders).toEqual(expect.arrayContaining([['Content-Type', 'application/problem+json']]));

  const har = expectHar(JSON.parse((await ask(proxy.port, '/api/har')).body));
  expect(har.log.entries.map(({ response }) => response.status)).toEqual([201, 200, 502, 404, 0]);
});

test.each(fronts)('%s: a WebSocket is told when it ends, with what passed', async (front) => {
  const { proxy, upstream } = await stage(() => {});
  upstream.server.on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    socket.write(`Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}\r\n\r\n`);
    socket.on('data', (data: Buffer) => socket.end(`${data}!`));
  });
  const tunnel = await openTunnel(front, proxy, { host });
  tunnel.duplex?.write('hello');
  await tunnel.until(/hello!/);
  tunnel.duplex?.end();
  await tunnel.closed;
  await eventually(async () => (await listed(proxy.port)).length === 1, 'the WebSocket');
  expect(await listed(proxy.port)).toMatchObject([
    { protocol: 'websocket', status: 101, bytesIn: 5, bytesOut: 6, service: 'api' },
  ]);
});

test('a page load that is sent to https belongs to its copy; the status page is never there', async () => {
  const { proxy } = await stage((_request, response) => response.end());
  await fetchBy('HTTP/1.1', proxy, { host, headers: { 'upgrade-insecure-requests': '1' } });
  await fetchBy('HTTP/1.1', proxy, { host: 'localhost', path: '/api/workstreams' });
  await eventually(async () => (await listed(proxy.port)).length > 0, 'the redirect');
  expect(await listed(proxy.port)).toMatchObject([{ status: 308, workstream: 'project-3', service: 'api' }]);
});

test('a list is filtered, and says what is wrong with a filter', async () => {
  const { port, history } = await serve();
  for (let count = 0; count < 5; count += 1) history.add(exchangeOf({ id: `ok-${count}` }));
  history.add(exchangeOf({ id: 'failed', status: 503, workstream: 'project-4', method: 'POST', path: '/a b' }));
  const ids = async (query: string) => (await listed(port, query)).map(({ id }) => id);
  expect(await ids('?status=5xx,404')).toEqual(['failed']);
  expect(await ids('?workstream=project-4&service=api&method=post&path=a%20b&since=1700000000000')).toEqual(['failed']);
  expect(await ids('?status=200&limit=2')).toEqual(['ok-4', 'ok-3']);
  expect(await ids('?since=5m')).toEqual([]);
  for (const path of ['requests', 'har', 'requests/events'])
    for (const query of ['status=x', 'since=x', 'status=404&status=500']) {
      const answer = await ask(port, `/api/${path}?${query}`);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'parameter-invalid']);
    }
  for (const limit of ['0', '1001', 'x', ''])
    expect((await ask(port, `/api/requests?limit=${limit}`)).status).toBe(400);
  const missing = await ask(port, '/api/requests/nothing');
  expect([missing.status, JSON.parse(missing.body).code]).toEqual([404, 'request-unknown']);
});

test('an archive is a file to be kept', async () => {
  const { port, history } = await serve();
  history.add(exchangeOf({ id: 'a' }));
  history.add(exchangeOf({ id: 'b', status: 500 }));
  const { headers, body } = await ask(port, '/api/har?status=500');
  expect(headers['content-disposition']).toBe('attachment; filename="sidings.har"');
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(expectHar(JSON.parse(body)).log.entries).toHaveLength(1);
});

test('each workstream has its traffic, and problems say whose they are', async () => {
  const own = { code: 'label-taken', severity: 'error', message: 'm', hint: 'h' } as const;
  const general = { ...own, code: 'root-unreadable' } as const;
  const { options } = changingState({
    ...state,
    problems: [general],
    workstreams: [workstreamOf({ problems: [own] })],
  });
  const { port, history } = await serve(options);
  history.add(exchangeOf({ startedAt: Date.now(), durationMs: 5, status: 500 }));
  const { workstreams } = JSON.parse((await ask(port, '/api/traffic')).body);
  expect(workstreams).toEqual([
    {
      name: 'project-3',
      directory: '/code/project-3',
      perSecond: expect.any(Array),
      requests: 1,
      errors: 1,
      slowestMs: 5,
      countedOnly: 0,
    },
  ]);
  expect(workstreams[0].perSecond).toHaveLength(60);
  expect(JSON.parse((await ask(port, '/api/problems')).body)).toEqual({
    problems: [general, { ...own, workstream: 'project-3' }],
  });
});

test('who follows gets each request that a filter means, as it ends', async () => {
  const { port, history } = await serve();
  history.add(exchangeOf({ id: 'before' }));
  const client = follow(port, '?status=5xx');
  await client.until(/\n\n/);
  expect(client.received()).toMatch(/\r\nContent-Type: text\/event-stream\r\n/);
  history.add(exchangeOf({ id: 'ok' }));
  history.add(exchangeOf({ id: 'failed', status: 500, path: '/a\nevent: forged\n\n?token=secret' }));
  await client.until(/failed.*\n\n/);
  expect(eventsOf(client)).toEqual([
    ['request', expect.objectContaining({ id: 'failed', path: '/a\nevent: forged\n\n?token=***' })],
  ]);
  expect(client.received()).not.toMatch(/^event: forged/m);
});

test('who reads slowly loses requests and is told how many; nobody else does', async () => {
  const { port, history } = await serve();
  const slow = follow(port);
  const quick = follow(port);
  await Promise.all([slow.until(/\n\n/), quick.until(/\n\n/)]);
  slow.socket.pause();
  const path = `/${'x'.repeat(1500)}`;
  const count = 8000;
  const heard = (): number => (quick.received().match(/event: request/g) ?? []).length;
  for (let index = 0; index < count; index += 1) {
    history.add(exchangeOf({ id: `id-${index}`, path }));
    // As long as the quick one takes what it gets.
    if (index % 100 === 99) await eventually(() => heard() === index + 1, 'the quick one to keep up');
  }
  slow.socket.resume();
  await slow.until(/event: lost\n.*\n\n/);
  history.add(exchangeOf({ id: 'afterwards' }));
  await slow.until(/afterwards.*\n\n/);
  const events = eventsOf(slow);
  const lost = events.filter(([name]) => name === 'lost').map(([, data]) => (data as { count: number }).count);
  const told = events.filter(([name]) => name === 'request').length;
  expect(lost.reduce((sum, more) => sum + more, 0) + told).toBe(count + 1);
  expect(told).toBeLessThan(count);
  expect(quick.received()).not.toContain('event: lost');
}, 60_000);

test('of more than there is time to keep, the list says how many were only counted', async () => {
  const requests = openHistory({ count: 2, version: '0' });
  for (const id of ['1', '2', '3']) requests.add(exchangeOf({ id, startedAt: Date.now(), durationMs: 5 }));
  requests.add(exchangeOf({ id: 'failed', startedAt: Date.now(), durationMs: 5, status: 500 }));
  const { port } = await serve({ requests });
  const listed = async (query: string) => {
    const { requests: found, countedOnly } = JSON.parse((await ask(port, `/api/requests${query}`)).body);
    return [found.map(({ id }: { id: string }) => id), countedOnly];
  };
  expect(await listed('')).toEqual([['failed', '2'], 1]);
  expect(await listed('?workstream=project-3&status=5xx')).toEqual([['failed'], 1]);
  expect(await listed('?workstream=project-4')).toEqual([[], 0]);
});

test('a place is free again when a follower leaves, and its history forgets it', async () => {
  const listeners = new Set<unknown>();
  const history: History = openHistory({ count: 1, version: '0' });
  const requests: History = {
    ...history,
    subscribe: (listener) => {
      const end = history.subscribe(listener);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        end();
      };
    },
  };
  const { port } = await serve({ requests, maxClients: 1 });
  const client = follow(port);
  await client.until(/\n\n/);
  const second = follow(port);
  await second.until(/"code":"events-full"/);
  expect(listeners.size).toBe(1);
  client.socket.resetAndDestroy();
  await eventually(() => listeners.size === 0, 'the follower to be forgotten');
  const head = await new Promise<number | undefined>((resolve, reject) => {
    const options = { port, method: 'HEAD', path: '/api/requests/events', headers: { host: 'localhost' } };
    const outgoing = httpRequest(options, (response) => resolve(response.resume().statusCode));
    outgoing.on('error', reject).end();
    onTestFinished(() => {
      outgoing.destroy();
    });
  });
  expect([head, listeners.size]).toEqual([200, 0]);
});

test('what strangers write stays text and has an end', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (!received.endsWith('\r\n\r\n')) return;
    const evilHead = 'HTTP/1.1 200 OK\r\nX-Evil: <img src=x onerror=alert(1)>\x9b31m\r\nContent-Length: 0\r\n\r\n';
    socket.end(evilHead, 'latin1');
  });
  const { handle: status, history } = await serve();
  const copies = [copy('project-3', [service('api', upstream.port)])];
  const proxy = await startProxy({ copies, status, onExchange: history.add });
  const send = (target: string, fields = '') =>
    exchange(proxy.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`);
  const evil = `/<img%20src=x>?${'a'.repeat(40_000)}`;
  await send(evil, `X-Note: \x9b31m<script>\r\nX-Long: ${'b'.repeat(20_000)}\r\n`);
  await send('/#<script>');
  await eventually(async () => (await listed(proxy.port)).length === 2, 'two requests');
  const answer = await ask(proxy.port, '/api/requests');
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.body.length).toBeLessThan(10_000);
  const [refused, long] = JSON.parse(answer.body).requests as RequestSummary[];
  expect(refused).toMatchObject({ status: 400, error: 'request-invalid', path: '/#<script>' });
  expect(long?.path).toHaveLength(2000);
  const whole = await detail(proxy.port, long?.id ?? '');
  expect(whole).toMatchObject({ status: 200, path: evil });
  expect(whole.curl).toMatch(/^[ -~]*$/);
  expect(whole.responseHeaders).toContainEqual(['X-Evil', '<img src=x onerror=alert(1)>\x9b31m']);
  expectHar(JSON.parse((await ask(proxy.port, '/api/har')).body));
});
