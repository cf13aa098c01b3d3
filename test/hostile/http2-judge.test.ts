import { createServer } from 'node:http2';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { frame, preface, types } from '../support/frames.ts';
import { portOf } from '../support/proxy.ts';
import { talk } from './http2/client.ts';
import { openFaulty, wrongs } from './http2/faulty.ts';
import { createDecoder } from './http2/hpack.ts';
import { http2Families } from './http2/index.ts';
import { runHttp2 } from './http2/run.ts';
import { ask, type Course, raw, type Vector } from './http2/vector.ts';
import type { Faults } from './run.ts';

/** The judge of HTTP/2 can fail: proxies that do wrong do not pass. */

const vectors = http2Families.flatMap((family) => family.vectors);
const namesOf = (all: readonly Vector[]): readonly string[] => all.map(({ name }) => name).sort();
const failedBy = async (wrong: keyof typeof wrongs, all: readonly Vector[], patienceMs: number): Promise<Faults> =>
  runHttp2(all, await openFaulty(wrongs[wrong]), { byPromises: false, patienceMs });
/** Nothing has to be seen of it. */
const isNothing = ({ streams, connection }: Course): boolean => connection === 'goes on' && streams.length === 0;
const arrives = ({ streams }: Course): boolean => streams.some((fate) => 'request' in fate);
const without = (is: (course: Course) => boolean): readonly Vector[] =>
  vectors.filter(({ allowed, isFlood }) => isFlood !== true && !allowed.some(is));

test('every vector has a name of its own and a source', () => {
  expect(namesOf(vectors)).toEqual([...new Set(namesOf(vectors))]);
  for (const { name, source, allowed } of vectors) {
    expect(source, name).toMatch(/RFC \d{4}|DESIGN|CVE-\d{4}/);
    expect(allowed.length, name).toBeGreaterThan(0);
  }
});

test.each([
  ['says nothing', 30],
  ['gives an answer that belongs to another request', 30],
] as const)('a proxy that %s fails whatever is to be answered', async (wrong, patienceMs) => {
  const answered = without(isNothing);
  expect(answered.length).toBeGreaterThan(600);
  expect(Object.keys(await failedBy(wrong, answered, patienceMs)).sort()).toEqual(namesOf(answered));
});

test('a proxy that refuses everything fails what must be passed on', async () => {
  const mustArrive = without((course) => !arrives(course));
  expect(mustArrive.length).toBeGreaterThan(80);
  expect(Object.keys(await failedBy('refuses everything', mustArrive, 300)).sort()).toEqual(namesOf(mustArrive));
});

test('a proxy that writes what it reads into HTTP/1.1 as it comes fails whatever must be refused', async () => {
  const mustBeRefused = without((course) => arrives(course) || isNothing(course));
  expect(mustBeRefused.length).toBeGreaterThan(250);
  const failed = await failedBy('writes what it reads into HTTP/1.1 as it comes', mustBeRefused, 300);
  expect(namesOf(mustBeRefused).filter((name) => failed[name] === undefined)).toEqual([]);
});

test('heads of answers are read as Node writes them, with its table and its codes', async () => {
  const values = [
    Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
      .join('')
      .trim(),
    Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index)).join(''),
    'a'.repeat(3000),
    '',
  ];
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({
      ':status': 200,
      etag: '"1"',
      ...Object.fromEntries(values.map((value, index) => [`x-${index}`, value])),
    });
    stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const client = talk(connect(portOf(server), '127.0.0.1'));
  onTestFinished(client.destroy);
  await client.send(Buffer.concat([preface, frame(types.settings, 0, 0)]));
  // The later ones name what is in the table by then.
  for (const stream of [1, 3, 5]) await client.send(ask({ ':authority': 'a' }, [], stream)((text) => text));
  await client.until(() => client.stream(5).state === 'whole', 10_000);
  for (const stream of [1, 3, 5]) {
    const fields = Object.fromEntries(client.stream(stream).fields);
    expect([fields.etag, ...values.map((_, index) => fields[`x-${index}`])]).toEqual(['"1"', ...values]);
  }
});

test.each(['\x80', '\xbe', '\xff\xff\xff\x0f', '\x00', '\x00\x03x-a\x05b', '\x00\x03x-a\x81\x18'])(
  'the bytes %j are no head',
  (bytes) => {
    expect(() => createDecoder()(raw(bytes)((text) => text))).toThrow();
  },
);
