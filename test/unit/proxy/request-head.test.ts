import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeHead, type ReceivedHead, tokens, valuesOf } from '../../../src/proxy/request-head.ts';

const host = ['Host', 'project-3.api.localhost'];
const judge = (more: Partial<ReceivedHead>) =>
  judgeHead({ method: 'GET', target: '/', version: '1.1', headers: host, ...more });

test('a plain head has one meaning', () => {
  expect(judge({ target: '/notes?a=1', headers: [...host, 'Accept', '*/*'] })).toEqual({
    method: 'GET',
    path: '/notes?a=1',
    host: 'project-3.api.localhost',
    authority: { hostname: 'project-3.api.localhost', port: undefined },
    framing: { kind: 'none' },
    headers: [...host, 'Accept', '*/*'],
    websocket: false,
  });
});

test.each<[string, Partial<ReceivedHead>]>([
  ['once', { headers: [...host, 'Expect', '100-Continue'] }],
  ['twice', { headers: [...host, 'Expect', '100-continue', 'Expect', '100-continue'] }],
  ['by HTTP/1.0, where it has no meaning', { headers: [...host, 'Expect', 'tea'], version: '1.0' }],
])('an expectation that is understood: %s', (_name, head) => {
  expect(judge(head)).not.toHaveProperty('code');
});

test.each<[string, Partial<ReceivedHead>, string]>([
  ['HTTP/2.0 in a text head', { version: '2.0' }, 'request-invalid'],
  ['HTTP/0.9', { version: '0.9' }, 'request-invalid'],
  ['a method with a space', { method: 'GE T' }, 'request-invalid'],
  ['an empty method', { method: '' }, 'request-invalid'],
  ['CONNECT', { method: 'CONNECT', target: 'a:443' }, 'method-unsupported'],
  ['TRACE, which shows secrets to scripts', { method: 'TRACE' }, 'method-unsupported'],
  ['a space in the target', { target: '/a b' }, 'request-invalid'],
  ['a byte above ASCII in the target', { target: '/\u00e9' }, 'request-invalid'],
  ['an empty target', { target: '' }, 'request-invalid'],
  ['a fragment', { target: '/a#b' }, 'request-invalid'],
  ['"*" without OPTIONS', { target: '*' }, 'request-invalid'],
  ['a target without a slash', { target: 'notes' }, 'request-invalid'],
  ['a target of another scheme', { target: 'ftp://project-3.api.localhost/' }, 'request-invalid'],
  ['an absolute target with a user', { target: 'http://u@project-3.api.localhost/' }, 'host-invalid'],
  ['an absolute target without a host', { target: 'http:///a' }, 'host-invalid'],
  ['an unknown expectation', { headers: [...host, 'Expect', '100-continue, tea'] }, 'expectation-unknown'],
  ['no Host', { headers: [] }, 'host-invalid'],
  ['two Hosts', { headers: [...host, 'host', 'project-3.api.localhost'] }, 'host-invalid'],
  ['an empty Host', { headers: ['Host', ''] }, 'host-invalid'],
  ['a Host with a path', { headers: ['Host', 'a.localhost/b'] }, 'host-invalid'],
  ['a space in a name', { headers: [...host, 'X A', '1'] }, 'request-invalid'],
  ['an empty name', { headers: [...host, '', '1'] }, 'request-invalid'],
  ['a NUL in a value', { headers: [...host, 'X-A', 'a\0b'] }, 'request-invalid'],
  ['a line feed in a value', { headers: [...host, 'X-A', 'a\nb'] }, 'request-invalid'],
  ['two lengths', { headers: [...host, 'Content-Length', '1', 'content-length', '1'] }, 'request-invalid'],
  ['a length list', { headers: [...host, 'Content-Length', '1, 1'] }, 'request-invalid'],
  ['a signed length', { headers: [...host, 'Content-Length', '+1'] }, 'request-invalid'],
  ['a length beyond counting', { headers: [...host, 'Content-Length', '9'.repeat(16)] }, 'request-invalid'],
  ['both', { headers: [...host, 'Content-Length', '1', 'Transfer-Encoding', 'chunked'] }, 'request-invalid'],
  [
    'two encodings',
    { headers: [...host, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'] },
    'request-invalid',
  ],
  ['an encoding list', { headers: [...host, 'Transfer-Encoding', 'gzip, chunked'] }, 'request-invalid'],
  ['another encoding', { headers: [...host, 'Transfer-Encoding', 'identity'] }, 'request-invalid'],
  [
    'an encoding in HTTP/1.0',
    { version: '1.0', headers: [...host, 'Transfer-Encoding', 'chunked'] },
    'request-invalid',
  ],
  ['a disguised length', { headers: [...host, 'Content_Length', '1'] }, 'request-invalid'],
  ['a disguised encoding', { headers: [...host, 'transfer.encoding', 'chunked'] }, 'request-invalid'],
])('%s is refused', (_name, more, code) => {
  expect(judge(more)).toMatchObject({ code });
});

test.each<[string, Partial<ReceivedHead>, object]>([
  ['a length', { method: 'POST', headers: [...host, 'Content-Length', '12'] }, { kind: 'length', length: '12' }],
  ['chunks', { method: 'POST', headers: [...host, 'Transfer-Encoding', 'Chunked'] }, { kind: 'chunked' }],
  ['neither', { method: 'POST' }, { kind: 'none' }],
])('the framing is known: %s', (_name, more, framing) => {
  expect(judge(more)).toMatchObject({ framing });
});

test.each<[string, Partial<ReceivedHead>, string, string]>([
  ['an absolute target wins over Host', { target: 'http://web.localhost:81/a?b' }, '/a?b', 'web.localhost:81'],
  ['an absolute target without a path', { target: 'HTTPS://web.localhost' }, '/', 'web.localhost'],
  ['an absolute target with only a query', { target: 'http://web.localhost?a' }, '/?a', 'web.localhost'],
  ['OPTIONS for a whole host', { method: 'OPTIONS', target: 'http://web.localhost' }, '*', 'web.localhost'],
  ['OPTIONS *', { method: 'OPTIONS', target: '*' }, '*', 'project-3.api.localhost'],
  ['slashes stay', { target: '//a//b' }, '//a//b', 'project-3.api.localhost'],
])('%s', (_name, more, path, name) => {
  expect(judge(more)).toMatchObject({ path, host: name });
});

const key = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
const handshake = [...host, 'Upgrade', 'WebSocket', 'Connection', 'keep-alive, Upgrade', ...key];
test('a WebSocket handshake is recognised, an incomplete one is not', () => {
  expect(judge({ headers: handshake })).toMatchObject({ websocket: true });
  expect(judge({ headers: [...handshake, 'Content-Length', '0'] })).toMatchObject({ websocket: true });
  for (const [name, more] of Object.entries<Partial<ReceivedHead>>({
    'another method': { method: 'POST', headers: handshake },
    'HTTP/1.0': { version: '1.0', headers: handshake },
    'another protocol': { headers: [...host, 'Upgrade', 'h2c', 'Connection', 'Upgrade', ...key] },
    'two protocols': { headers: [...handshake, 'Upgrade', 'h2c'] },
    'no Connection': { headers: [...host, 'Upgrade', 'websocket', ...key] },
    'two keys': { headers: [...handshake, ...key] },
    'an empty key': { headers: [...handshake.slice(0, -1), ''] },
    'a key of another size': { headers: [...handshake.slice(0, -1), 'dGhlIHNhbXBsZQ=='] },
    'a body': { headers: [...handshake, 'Content-Length', '3'] },
    'a chunked body': { headers: [...handshake, 'Transfer-Encoding', 'chunked'] },
  }))
    expect(judge(more), name).toMatchObject({ websocket: false });
  const split = [...host, 'Upgrade', 'websocket', 'Connection', 'a', 'Connection', 'upgrade', ...key];
  expect(judge({ headers: split })).toMatchObject({ websocket: true });
});

test('lists and repeated fields are read whole', () => {
  expect(tokens(' A, b,, C ')).toEqual(['a', 'b', 'c']);
  expect(valuesOf(['Via', '1', 'X', '2', 'via', '3'], 'via')).toEqual(['1', '3']);
});

test('whatever the head is, the judgement is a head or a problem, and what passes has one Host and one framing', () => {
  const name = fc.oneof(
    fc.constantFrom('Host', 'Content-Length', 'Transfer-Encoding', 'content_length', 'Connection', 'Upgrade'),
    fc.string({ maxLength: 12 }),
  );
  const value = fc.oneof(fc.constantFrom('a.localhost', '5', 'chunked', 'close'), fc.string({ maxLength: 12 }));
  const fields = fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((pairs) => ['Host', 'a.localhost', ...pairs.flat()]);
  const target = fc.oneof(fc.constantFrom('/', '*', 'http://b.localhost/x'), fc.string({ maxLength: 12 }));
  fc.assert(
    fc.property(fields, target, (headers, path) => {
      const judged = judge({ headers, target: path });
      if ('code' in judged) return;
      const lengths = valuesOf(headers, 'content-length').length + valuesOf(headers, 'transfer-encoding').length;
      expect(lengths).toBe(judged.framing.kind === 'none' ? 0 : 1);
      expect(valuesOf(headers, 'host')).toHaveLength(1);
      expect(judged.path).toMatch(/^(\/[!-~]*|\*)$/);
    }),
  );
});

test('a name that only looks like one that decides is a name like any other', () => {
  const headers = ['Host', 'a.localhost', 'Continuing', 'x'];
  expect(judgeHead({ method: 'GET', target: '/', version: '1.1', headers })).toMatchObject({
    framing: { kind: 'none' },
  });
});
