import type { ClientHttp2Session } from 'node:http2';
import * as fc from 'fast-check';
import { test } from 'vitest';
import { openBothLanes, turn } from '../../support/both-lanes.ts';
import { sessionTo } from '../../support/fronts.ts';
import { bounded, cutAt, patienceMs } from '../../support/fuzz.ts';
import type { TestProxy } from '../../support/proxy.ts';
import { linesOf, type Script } from '../../support/recorder.ts';
import { script, scripts } from '../../support/scripts.ts';

/** Whatever is asked by HTTP/2, both lanes make the same of it: what arrives at the upstream, and what is answered. */

const host = 'project-3.api.localhost';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host?: string;
  readonly fields?: Readonly<Record<string, string | string[]>>;
  /** Written one after the other; undefined: the head ends the request. */
  readonly pieces?: readonly string[] | undefined;
  readonly trailers?: Readonly<Record<string, string>> | undefined;
}

/** What a client got. Of an answer that is cut only that counts, since what came before is a matter of time. */
interface Got {
  readonly fields: readonly string[];
  readonly informed: readonly (readonly string[])[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly ending: 'whole' | 'cut' | 'open';
}

const askOne = (session: ClientHttp2Session, asked: Asked) => {
  const { method, path, fields = {}, pieces, trailers } = asked;
  const head = { ':method': method, ':path': path, ':authority': asked.host ?? host, ...fields };
  const hasBody = pieces !== undefined || trailers !== undefined;
  const stream = session.request(head, { endStream: !hasBody, waitForTrailers: trailers !== undefined });
  let answer: Got = { fields: [], informed: [], body: '', trailers: [], ending: 'open' };
  let events = 0;
  const learn = (more: Partial<Got>): void => {
    answer = { ...answer, ...more };
    events += 1;
  };
  const lines = (...[, , raw]: unknown[]): readonly string[] => linesOf(raw as readonly string[]);
  stream.on('error', () => {});
  stream.on('headers', (...args: unknown[]) => learn({ informed: [...answer.informed, lines(...args)] }));
  stream.on('response', (...args: unknown[]) => learn({ fields: lines(...args) }));
  stream.on('trailers', (...args: unknown[]) => learn({ trailers: lines(...args) }));
  stream.on('data', (data: Buffer) => learn({ body: answer.body + data.toString('latin1') }));
  let hasEnded = false;
  stream.on('end', () => {
    hasEnded = true;
  });
  stream.on('close', () => learn({ ending: hasEnded && stream.rstCode === 0 ? 'whole' : 'cut' }));
  stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
  const send = async (): Promise<void> => {
    for (const piece of pieces ?? []) {
      if (stream.writable) stream.write(Buffer.from(piece, 'latin1'));
      await turn(1);
    }
    if (hasBody) stream.end();
  };
  return { send, events: () => events, got: () => simplified(answer) };
};

const simplified = (got: Got): Got => {
  if (got.ending === 'cut') return { fields: [], informed: [], body: '', trailers: [], ending: 'cut' };
  if (!got.fields.includes('server: sidings')) return got;
  // What is wrong is said in words that may differ; the code counts.
  const fields = got.fields.filter((field) => !field.startsWith('content-length'));
  return { ...got, fields, body: /(?<="code":"|<code>)[a-z-]+/.exec(got.body)?.[0] ?? '' };
};

/** Asks for all of them at once over one connection. */
const ask = async ({ securePort }: TestProxy, requests: readonly Asked[], turns: number): Promise<readonly Got[]> => {
  const session = sessionTo(securePort);
  const asked = requests.map((request) => askOne(session, request));
  await Promise.all(asked.map(({ send }) => send()));
  const events = (): number => asked.reduce((sum, one) => sum + one.events(), 0);
  const isOpen = (): boolean => asked.some(({ got }) => got().ending === 'open');
  // All parts are in this process: when nothing happens for so many turns of its loop, nothing will.
  for (let quiet = 0, before = -1; isOpen() && quiet < turns; quiet += 1) {
    if (events() !== before) quiet = 0;
    before = events();
    await turn(1);
  }
  session.destroy();
  // What was on its way arrives before somebody else asks.
  await turn(100);
  return asked.map(({ got }) => got());
};

const plain: readonly Script[] = [scripts['with a length'] as Script];
const get: Asked = { method: 'GET', path: '/0' };

const hard: Readonly<Record<string, readonly Asked[]>> = {
  'a hundred requests at once': Array.from({ length: 100 }, (_, index) => ({ ...get, fields: { 'x-n': `${index}` } })),
  'a body with a length': [
    { method: 'POST', path: '/0', fields: { 'content-length': '6' }, pieces: ['ab', '', 'cd', 'ef'] },
  ],
  'a body without a length': [{ method: 'POST', path: '/0', pieces: ['ab', '', 'x'.repeat(70_000), 'cd'] }],
  'a body of nothing': [{ method: 'POST', path: '/0', pieces: [] }],
  'a body of nothing with a length': [{ method: 'PUT', path: '/0', fields: { 'content-length': '0' }, pieces: [] }],
  'a length with zeros before it': [
    { method: 'POST', path: '/0', fields: { 'content-length': '003' }, pieces: ['abc'] },
  ],
  'no body where there is one mostly': [{ method: 'POST', path: '/0' }],
  'a body that is too short': [{ method: 'POST', path: '/0', fields: { 'content-length': '9' }, pieces: ['abc'] }],
  'a body that is too long': [{ method: 'POST', path: '/0', fields: { 'content-length': '2' }, pieces: ['ab', 'cd'] }],
  trailers: [{ method: 'POST', path: '/0', pieces: ['abc'], trailers: { 'x-sum': '42', host: 'evil', age: '1' } }],
  'trailers behind a length': [
    { method: 'POST', path: '/0', fields: { 'content-length': '3' }, pieces: ['abc'], trailers: { 'x-sum': '42' } },
  ],
  'trailers behind nothing': [{ method: 'POST', path: '/0', trailers: { 'x-sum': '42' } }],
  'a body on GET': [{ ...get, pieces: ['abc'] }],
  'a body on HEAD': [{ method: 'HEAD', path: '/0', pieces: ['abc'] }],
  'a body on DELETE': [{ method: 'DELETE', path: '/0', fields: { 'content-length': '3' }, pieces: ['abc'] }],
  'a promise of trailers': [{ ...get, fields: { te: 'trailers' } }],
  'an announced trailer': [{ ...get, fields: { trailer: 'x-sum' } }],
  'crumbs of cookies': [{ ...get, fields: { cookie: ['a=1', 'b=2'], 'x-a': ['1', '2'] } }],
  'an expectation': [
    { method: 'POST', path: '/0', fields: { expect: '100-continue', 'content-length': '3' }, pieces: ['abc'] },
  ],
  'an expectation that nobody knows': [{ method: 'POST', path: '/0', fields: { expect: 'tea' }, pieces: ['abc'] }],
  'a loop': [
    { ...get, fields: { via: '1.1 sidings, 1.1 sidings, 1.1 sidings, 1.1 sidings, 1.1 sidings, 1.1 sidings' } },
  ],
  'what only a proxy may say': [
    { ...get, fields: { 'x-forwarded-for': '6.6.6.6', x_real_ip: '6.6.6.6', forwarded: 'for=6', via: '1.0 other' } },
  ],
  'a host in capitals with a port': [{ ...get, host: 'PROJECT-3.API.Localhost:80' }],
  'a host that nobody has': [{ ...get, host: 'project-9.api.localhost' }],
  'a host that is not ours': [{ ...get, host: 'example.com', pieces: ['abc'] }],
  'the status page': [{ ...get, host: 'localhost' }],
  'a method in small letters': [{ ...get, method: 'get' }],
  'a method that is rare': [{ ...get, method: 'PROPFIND' }],
  'an asterisk': [{ ...get, method: 'OPTIONS', path: '*' }],
  'odd characters in a target': [{ ...get, path: `/0?a={"b":'<c>'}|\\^\`[]&%zz` }],
  'a fragment in a target': [{ ...get, path: '/0#a' }],
  'a field in Latin-1': [{ ...get, fields: { 'x-a': 'caf\xe9' } }],
  'a field of 20 KB': [{ ...get, fields: { 'x-a': 'a'.repeat(20_000) } }],
  'a head that is too large': [{ ...get, fields: { 'x-a': ['a'.repeat(40_000), 'b'.repeat(30_000)] } }],
};

test('hard cases: both lanes do the same', async () => {
  const { compare } = await openBothLanes(ask);
  for (const requests of Object.values(hard)) await compare(requests, plain);
}, 120_000);

test('answers of every kind: both lanes pass the same on', async () => {
  const { compare } = await openBothLanes(ask);
  const reset = scripts['with a length'] as Script;
  const without = { ...reset, pieces: ['HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok'] };
  const chunked = {
    ...reset,
    pieces: ['HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n'],
  };
  for (const answer of [...Object.values(scripts), without, chunked]) {
    await compare([get, { method: 'HEAD', path: '/0' }, { method: 'POST', path: '/0', pieces: ['a', 'bc'] }], [answer]);
  }
}, 120_000);

const usual: fc.Arbitrary<Readonly<Record<string, string | string[]>>> = fc.constantFrom<
  Readonly<Record<string, string | string[]>>[]
>(
  { 'x-a': 'b' },
  { 'x-b': ['1', '2'] },
  { 'x-empty': '' },
  { cookie: ['a=1', 'b=2'] },
  { accept: '*/*' },
  { 'x-latin': '\xe4\xff' },
  { te: 'trailers' },
  { via: '1.1 sidings' },
  { 'x-forwarded-for': '6.6.6.6' },
  { x_forwarded_host: 'a' },
  { 'x-request-id': 'mine' },
  { trailer: 'x-sum' },
  { 'upgrade-insecure-requests': '1' },
  { expect: '100-continue' },
  { content_length: '3' },
);
const body = fc
  .record({ text: fc.string({ maxLength: 40 }), places: fc.array(fc.nat(), { maxLength: 4 }), kind: fc.nat(3) })
  .map(({ text, places, kind }) => {
    if (kind === 0) return {};
    const pieces = cutAt(text, places);
    if (kind === 1) return { fields: { 'content-length': String(Buffer.byteLength(text, 'latin1')) }, pieces };
    return { pieces, trailers: kind === 2 ? undefined : { 'x-sum': '1', age: '7' } };
  });
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
    path: fc.constantFrom('/0', '/1', '/2', '/0?a=b&c[]=%2f', '/1/../x'),
    host: fc.constantFrom(host, host, host, `${host}:80`, 'api.PROJECT-3.localhost', 'project-9.localhost'),
    fields: fc.array(usual, { maxLength: 4 }),
    body,
  })
  .map(
    ({ fields, body: { fields: framing, ...rest }, ...head }): Asked => ({
      ...head,
      ...rest,
      fields: Object.assign({}, ...fields, framing),
    }),
  );

test(
  'generated requests and answers, whole and damaged, in pieces: both lanes do the same',
  async () => {
    const { compare } = await openBothLanes(ask);
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 4 }),
        fc.array(script, { minLength: 1, maxLength: 3 }),
        (requests, answers) => compare(requests, answers),
      ),
      bounded(100),
    );
  },
  patienceMs,
);
