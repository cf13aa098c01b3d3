import { expect, test } from 'vitest';
import { head, refused, smuggled } from '../../support/hard-heads.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { exchange, rawClient } from '../../support/raw.ts';
import { answerOk, startRawUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
/** An upstream that takes what it gets literally: it would see a request that was hidden in another one. */
const open = async () => {
  const upstream = await startRawUpstream(answerOk);
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  return { upstream, port: proxy.port };
};

test.each(Object.entries(refused))('%s: refused, nothing forwarded, connection closed', async (_name, text) => {
  const { upstream, port } = await open();
  const answer = await exchange(port, text);
  expect(answer).toMatch(/^HTTP\/1\.1 (400|505) /);
  expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  // A head whose body turns out to be broken may be on its way already; it never ends there, and nothing hidden arrives.
  expect(upstream.received()).not.toMatch(/smuggled|0\r\n\r\n$/);
});

test.each(Object.entries(refused).filter(([, text]) => !text.includes('chunked\r\n\r\n')))(
  '%s: not a byte reaches the upstream',
  async (_name, text) => {
    const { upstream, port } = await open();
    await exchange(port, text);
    expect(upstream.received()).toBe('');
  },
);

test('methods that a reverse proxy has no use for get 501', async () => {
  const { upstream, port } = await open();
  for (const line of [`CONNECT ${host}:80`, 'TRACE /']) {
    expect(await exchange(port, `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 501 /);
  }
  expect(upstream.received()).toBe('');
});

test('an expectation that nobody knows gets 417 in our words', async () => {
  const { upstream, port } = await open();
  const answer = await exchange(port, head(['Expect: tea', 'Content-Length: 3'], 'abc'));
  expect(answer).toMatch(/^HTTP\/1\.1 417 /);
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  expect(answer).toContain('"code":"expectation-unknown"');
  expect(upstream.received()).toBe('');
});

test('a head that is too large gets 431', async () => {
  const { upstream, port } = await open();
  const answer = await exchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(upstream.received()).toBe('');
});

test('thousands of small fields arrive, the length among them', async () => {
  const { upstream, port } = await open();
  const many = Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`);
  const client = rawClient(port);
  client.send(head([...many, 'Content-Length: 4'], '\r\n\r\n'));
  await client.until(/200 OK/);
  expect(upstream.received()).toContain('X-2999: 1\r\n');
  expect(upstream.received()).toContain('Content-Length: 4\r\n');
});

test('chunks are passed on as chunks of their own, without extensions', async () => {
  const { upstream, port } = await open();
  await exchange(port, head(['Transfer-Encoding: CHUNKED', 'Connection: close'], '3;a=b\r\nabc\r\n00\r\n\r\n'));
  expect(upstream.received()).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
  expect(upstream.received()).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/);
});

test('a body on DELETE and OPTIONS is framed, and not a second request', async () => {
  for (const method of ['DELETE', 'OPTIONS', 'GET', 'HEAD']) {
    const { upstream, port } = await open();
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    await exchange(port, head(['Transfer-Encoding: chunked', 'Connection: close'], chunk).replace('POST', method));
    expect(upstream.received()).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(upstream.received()).toContain(`\r\n\r\n${chunk}`);
    expect(upstream.received()).not.toMatch(/content-length: 0/i);
  }
});

test('what is forwarded is written anew: spare spaces and empty lines before the request line are gone', async () => {
  const { upstream, port } = await open();
  const answer = await exchange(port, `\r\nGET  /  HTTP/1.1\r\nHost:   ${host}  \r\nConnection: close\r\n\r\n`);
  if (answer.startsWith('HTTP/1.1 400')) expect(upstream.received()).toBe('');
  else expect(upstream.received()).toMatch(new RegExp(`^GET / HTTP/1\\.1\\r\\nHost: ${host}\\r\\n`));
});

test('the authority of an absolute target wins over Host, and must be ours', async () => {
  const { upstream, port } = await open();
  const ask = (target: string, name: string) =>
    exchange(port, `GET ${target} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  expect(await ask(`http://${host}/a?b`, 'example.com')).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.received()).toMatch(new RegExp(`^GET /a\\?b HTTP/1\\.1\\r\\nHost: ${host}\\r\\n`));
  expect(await ask('http://example.com/', host)).toMatch(/^HTTP\/1\.1 421 /);
  expect(await ask(`http://${host}`, host)).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.received()).toContain('GET / HTTP/1.1');
});

test('a request behind a refused one on the same connection is not handled', async () => {
  const { upstream, port } = await open();
  const answer = await exchange(port, head(['Content-Length: 3', 'Transfer_Encoding: chunked'], `abc${smuggled}`));
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  expect(upstream.received()).toBe('');
});

test('garbage behind a good request does not spoil its answer', async () => {
  const { port } = await open();
  const answer = await exchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n\0garbage\r\n\r\n`);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
});

test('a CONNECT behind a request that is cut afterwards harms nobody', async () => {
  const upstream = await startRawUpstream((_received, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', () => socket.end());
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const answer = await exchange(
    port,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\nCONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*ok$/);
});

test('one connection may ask for several hosts; each request is routed by its own', async () => {
  const [one, two] = [await startRawUpstream(answerOk), await startRawUpstream(answerOk)];
  const { port } = await startProxy({
    copies: [copy('project-2', [service('api', one.port)]), copy('project-3', [service('api', two.port)])],
  });
  const client = rawClient(port);
  client.send('GET /2 HTTP/1.1\r\nHost: project-2.api.localhost\r\n\r\n');
  await client.until(/ok$/);
  client.send('GET /3 HTTP/1.1\r\nHost: project-3.api.localhost\r\nConnection: close\r\n\r\n');
  expect((await client.closed).match(/X-Workstream: \S+/g)).toEqual([
    'X-Workstream: project-2',
    'X-Workstream: project-3',
  ]);
  expect(one.received()).toMatch(/^GET \/2 /);
  expect(two.received()).toMatch(/^GET \/3 /);
});

test('a request that arrives byte by byte is the same request', async () => {
  const upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n\r\n\r\n')) answerOk(received, socket);
  });
  const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  const client = rawClient(port);
  client.socket.setNoDelay(true);
  for (const byte of head(['Content-Length: 4', 'Connection: close'], '\r\n\r\n')) {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await client.closed).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(upstream.received()).toMatch(/^POST \/ HTTP\/1\.1\r\n[\s\S]*\r\n\r\n\r\n\r\n$/);
});
