import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HpackDecoder } from '../../../src/proxy/fast/http2/hpack/decoder.ts';
import { encodeFields } from '../../../src/proxy/fast/http2/hpack/encoder.ts';
import { endHeaders, endStream, type Frame, frame, frameReader, preface, types, uint32 } from '../../support/frames.ts';
import { bounded, patienceMs } from '../../support/fuzz.ts';

/** What Node's own HPACK writes we read, and what we write it reads: over one connection, so that its tables fill and change. */

interface Exchange {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Names of fields that no table may keep. */
  readonly secrets: readonly string[];
  readonly status: number;
  readonly answer: readonly (readonly [name: string, value: string])[];
  /** Sizes that the table of the client may have from now on, one after the other. */
  readonly tableSizes: readonly number[];
}

let server: Server;
let exchange: Exchange;
let received: readonly string[] | undefined;

const hasPriority = 0x20;
const maxPayload = 16_384;
const tableSize = (size: number): Buffer =>
  frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 1]), uint32(size)]));

/** Reads requests without a body, and answers each with what is set. */
const serve = (socket: Socket): void => {
  const decoder = new HpackDecoder(1_000_000);
  const read = frameReader();
  let toSkip = preface.length;
  let block: readonly Buffer[] = [];
  const take = ({ type, flags, stream, payload }: Frame): void => {
    if (type === types.settings && flags === 0) socket.write(frame(types.settings, 1, 0));
    if (type !== types.headers && type !== types.continuation) return;
    block = [...block, payload.subarray(type === types.headers && (flags & hasPriority) !== 0 ? 5 : 0)];
    if ((flags & endHeaders) === 0) return;
    received = decoder.decode(Buffer.concat(block));
    block = [];
    for (const size of exchange.tableSizes) socket.write(tableSize(size));
    answer(stream);
  };
  const answer = (stream: number): void => {
    const into = Buffer.alloc(200_000);
    const bytes = into.subarray(0, encodeFields(exchange.status, exchange.answer.flat(), into, 0));
    for (let at = 0; at === 0 || at < bytes.length; at += maxPayload) {
      const flags = (at === 0 ? endStream : 0) | (at + maxPayload >= bytes.length ? endHeaders : 0);
      const type = at === 0 ? types.headers : types.continuation;
      socket.write(frame(type, flags, stream, bytes.subarray(at, at + maxPayload)));
    }
  };
  socket.write(frame(types.settings, 0, 0));
  socket.on('error', () => {});
  socket.on('data', (data: Buffer) => {
    const skipped = Math.min(toSkip, data.length);
    toSkip -= skipped;
    try {
      for (const one of read(data.subarray(skipped))) take(one);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
};

beforeAll(async () => {
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

const pairsOf = (flat: readonly string[] | undefined): readonly (readonly string[])[] =>
  (flat ?? []).flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1] as string]] : []));

const head: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'project-3.api.localhost'],
  [':path', '/a?b'],
];

/** One request of Node's client: what we have read of it, and what it has read of our answer. */
const ask = async (session: ClientHttp2Session, next: Exchange): Promise<void> => {
  exchange = next;
  received = undefined;
  const headers: OutgoingHttpHeaders = Object.fromEntries(head);
  for (const [name, value] of next.fields) headers[name] = [...((headers[name] as string[] | undefined) ?? []), value];
  const stream = session.request({ ...headers, [sensitiveHeaders]: [...next.secrets] }, { endStream: true });
  const [, , raw] = (await once(stream, 'response')) as [unknown, unknown, string[]];
  // Repeated fields stand where the first of them was.
  const names = [...new Set(next.fields.map(([name]) => name))];
  const sent = names.flatMap((name) => next.fields.filter((field) => field[0] === name));
  expect(pairsOf(received)).toEqual([...head, ...sent]);
  expect(pairsOf(raw)).toEqual([
    [':status', String(next.status)],
    ...next.answer.map(([name, value]) => [name.toLowerCase(), value]),
  ]);
  stream.resume();
  await once(stream, 'close');
};

const askAll = async (exchanges: readonly Exchange[]): Promise<void> => {
  const { port } = server.address() as AddressInfo;
  const session = connect(`http://127.0.0.1:${port}`, { settings: { enablePush: false } });
  try {
    await once(session, 'connect');
    for (const next of exchanges) await ask(session, next);
  } finally {
    session.destroy();
  }
};

const visible = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((char) =>
  /[!-~\x80-\xff]/.test(char),
);
const values = fc.oneof(
  fc.string({ unit: fc.constantFrom(...visible), maxLength: 60 }),
  fc.constantFrom('gzip, deflate', 'a b\tc', '', 'no-cache', '0'),
  fc.string({ unit: fc.constantFrom(...'abc019-=;'), minLength: 1, maxLength: 20 }).map((text) => text.repeat(100)),
);
const names = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('accept', 'accept-encoding', 'cache-control', 'x-a', 'x-b', 'x-c', 'x-__proto__'),
  },
  fc.string({ unit: fc.constantFrom(..."abcxyz019-_!#$%&'*+.^`|~"), maxLength: 40 }).map((text) => `x-${text}`),
);
const fields = fc.array(fc.tuple(names, values), { maxLength: 20 });
const exchanges: fc.Arbitrary<Exchange> = fc.record({
  fields,
  secrets: fc.subarray(['x-a', 'cache-control', 'x-b']),
  status: fc.constantFrom(200, 204, 404, 201, 599),
  answer: fields.map((pairs) => pairs.map(([name, value]) => [name.toUpperCase(), value] as const)),
  tableSizes: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom(0, 32, 100, 500, 4096), { minLength: 1, maxLength: 3 }),
  ),
});

test('what Node writes we read, and what we write Node reads', { timeout: patienceMs }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(exchanges, { minLength: 1, maxLength: 15 }), askAll), bounded(60));
});

test('so are heads of several frames', async () => {
  const long = Array.from({ length: 40 }, (_, index) => [`x-${index}-name`, `${index}.`.repeat(300)] as const);
  const next: Exchange = { fields: long, secrets: [], status: 200, answer: long, tableSizes: [] };
  await askAll([next, next]);
});
