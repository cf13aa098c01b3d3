import { expect, test } from 'vitest';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { exchange, rawClient } from '../../support/raw.ts';
import { answerOk, startRawUpstream } from '../../support/upstream.ts';

const host = 'project-3.api.localhost';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: project-3.api.localhost\r\n\r\n';

/** An upstream that takes what it gets literally: it would see a request that was hidden in another one. */
const open = async () => {
  const upstream = await startRawUpstream(answerOk);
  const proxy = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])] });
  return { upstream, port: proxy.port };
};

const head = (lines: readonly string[], body = '') =>
  `${['POST / HTTP/1.1', `Host: ${host}`, ...lines].join('\r\n')}\r\n\r\n${body}`;

const chunkedSmuggle = `0\r\n\r\n${smuggled}`;

const refused: Readonly<Record<string, string>> = {
  'both lengths': head(['Content-Length: 6', 'Transfer-Encoding: chunked'], chunkedSmuggle),
  'both lengths, the other way round': head(['Transfer-Encoding: chunked', 'Content-Length: 6'], chunkedSmuggle),
  'two equal lengths': head(['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  'two different lengths': head(['Content-Length: 3', 'Content-Length: 0'], smuggled),
  'a list of lengths': head(['Content-Length: 3, 3'], 'abc'),
  'a signed length': head(['Content-Length: +3'], 'abc'),
  'a negative length': head(['Content-Length: -1'], 'abc'),
  'a hexadecimal length': head(['Content-Length: 0x3'], 'abc'),
  'a length with a letter': head(['Content-Length: 3a'], 'abc'),
  'a length with a space inside': head(['Content-Length: 1 0'], 'abcdefghij'),
  'an empty length': head(['Content-Length:'], ''),
  'a length beyond all bounds': head(['Content-Length: 99999999999999999999999'], ''),
  'a decimal length': head(['Content-Length: 3.0'], 'abc'),
  'a length in disguise': head(['Content_Length: 3', 'Transfer-Encoding: chunked'], chunkedSmuggle),
  'a transfer encoding in disguise': head(['Transfer_Encoding: chunked', 'Content-Length: 3'], 'abc'),
  'a transfer encoding with a dot': head(['Transfer.Encoding: chunked'], chunkedSmuggle),
  'two transfer encodings': head(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunkedSmuggle),
  'two times chunked': head(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunkedSmuggle),
  'chunked in a list': head(['Transfer-Encoding: gzip, chunked'], chunkedSmuggle),
  'chunked not last': head(['Transfer-Encoding: chunked, identity'], chunkedSmuggle),
  'an unknown encoding': head(['Transfer-Encoding: xchunked'], chunkedSmuggle),
  'an identity encoding': head(['Transfer-Encoding: identity', 'Content-Length: 3'], 'abc'),
  'a quoted encoding': head(['Transfer-Encoding: "chunked"'], chunkedSmuggle),
  'an empty encoding': head(['Transfer-Encoding:', 'Content-Length: 3'], 'abc'),
  'an encoding with a vertical tab': head(['Transfer-Encoding: \x0bchunked'], chunkedSmuggle),
  'an encoding with NUL': head(['Transfer-Encoding: chunked\0'], chunkedSmuggle),
  'an encoding with 8-bit space': head(['Transfer-Encoding: \xa0chunked'], chunkedSmuggle),
  'an encoding on a folded line': head(['Transfer-Encoding:\r\n chunked'], chunkedSmuggle),
  'a folded field': head(['X-A: b\r\n c', 'Content-Length: 3'], 'abc'),
  'a space before the colon': head(['Transfer-Encoding : chunked', 'Content-Length: 3'], 'abc'),
  'a tab before the colon': head(['Content-Length\t: 3'], 'abc'),
  'a space before the first field': `POST / HTTP/1.1\r\n Host: ${host}\r\nContent-Length: 3\r\n\r\nabc`,
  'a line without a colon': head(['Content-Length', 'X: y'], ''),
  'an empty name': head([': x'], ''),
  'a control character in a name': head(['X\x01: y'], ''),
  'NUL in a value': head(['X: a\0b'], ''),
  'a bare CR in a value': head(['X: a\rTransfer-Encoding: chunked'], ''),
  'bare LF between fields': `POST / HTTP/1.1\nHost: ${host}\nContent-Length: 3\n\nabc`,
  'one bare LF': head(['X: a\nTransfer-Encoding: chunked'], chunkedSmuggle),
  'a bare LF that ends the head': `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\n\nabc`,
  'a chunk size that is no number': head(['Transfer-Encoding: chunked'], 'x\r\nabc\r\n0\r\n\r\n'),
  'a signed chunk size': head(['Transfer-Encoding: chunked'], '+3\r\nabc\r\n0\r\n\r\n'),
  'a chunk size with 0x': head(['Transfer-Encoding: chunked'], '0x3\r\nabc\r\n0\r\n\r\n'),
  'a chunk size beyond 64 bits': head(['Transfer-Encoding: chunked'], '10000000000000003\r\nabc\r\n0\r\n\r\n'),
  'a chunk that is longer than it says': head(['Transfer-Encoding: chunked'], '2\r\nabc\r\n0\r\n\r\n'),
  'a chunk size that ends in LF': head(['Transfer-Encoding: chunked'], '3\nabc\r\n0\r\n\r\n'),
  'a chunk that ends in LF': head(['Transfer-Encoding: chunked'], '3\r\nabc\n0\r\n\r\n'),
  'chunks in HTTP/1.0': head(['Transfer-Encoding: chunked'], '0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
  'no host': 'GET / HTTP/1.1\r\n\r\n',
  'two hosts': `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\n\r\n`,
  'an empty host': 'GET / HTTP/1.1\r\nHost:\r\n\r\n',
  'a host with user information': `GET / HTTP/1.1\r\nHost: user@${host}\r\n\r\n`,
  'a host with a path': `GET / HTTP/1.1\r\nHost: ${host}/x\r\n\r\n`,
  'a host with a space': `GET / HTTP/1.1\r\nHost: ${host} x\r\n\r\n`,
  'a list of hosts': `GET / HTTP/1.1\r\nHost: ${host}, evil\r\n\r\n`,
  'a host with a bad port': `GET / HTTP/1.1\r\nHost: ${host}:80x\r\n\r\n`,
  'absolute form with user information': `GET http://a@${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'absolute form of another scheme': `GET ftp://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'a target that is no path': `GET evil HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'a fragment in the target': `GET /a#b HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'an 8-bit character in the target': `GET /\xe4 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'a tab in the request line': `GET\t/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'an asterisk for GET': `GET * HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'an unknown version': `GET / HTTP/1.2\r\nHost: ${host}\r\n\r\n`,
  'HTTP/0.9': 'GET /\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
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
