import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { answerFamilies } from './answers/index.ts';
import { connecting } from './doors.ts';
import { openFaulty, wrongs } from './faulty.ts';
import { readAnswer, readRequest } from './http1.ts';
import { lifeOfTest } from './life.ts';
import { startRecorder } from './recorder.ts';
import { requestFamilies } from './requests/index.ts';
import { type Faults, run } from './run.ts';
import type { Own, Step, Vector } from './vector.ts';

/** The judge can fail: proxies that do wrong do not pass. */

const vectors = [...requestFamilies, ...answerFamilies].flatMap((family) => family.vectors);
const namesOf = (all: readonly Vector[]): readonly string[] => all.map(({ name }) => name).sort();
const isOwn = (step: Step | undefined): step is Own => typeof step === 'object' && 'closes' in step;
const failedBy = async (wrong: keyof typeof wrongs, patienceMs: number): Promise<Faults> =>
  run(vectors, await openFaulty(wrongs[wrong]), { byPromises: false, patienceMs });

test('every vector has a name of its own and a source', () => {
  expect(namesOf(vectors)).toEqual([...new Set(namesOf(vectors))]);
  for (const { name, source, allowed: courses } of vectors) {
    expect(source, name).toMatch(/RFC \d{4}|DESIGN/);
    expect(courses.length, name).toBeGreaterThan(0);
  }
});

test.each([
  ['says nothing', 30],
  ['gives an answer that belongs to another request', 30],
  ['asks for something else as well', 300],
] as const)('a proxy that %s fails every vector', async (wrong, patienceMs) => {
  expect(Object.keys(await failedBy(wrong, patienceMs)).sort()).toEqual(namesOf(vectors));
});

test('a proxy that refuses everything fails what must be passed on, and nothing else', async () => {
  const mayBeRefused = ({ allowed: courses }: Vector): boolean =>
    courses.some(
      ([step, ...more]) =>
        more.length === 0 && isOwn(step) && (step.statuses === 'any' || (step.statuses ?? [400]).includes(400)),
    );
  const failed = await failedBy('refuses everything', 10_000);
  expect(Object.keys(failed).sort()).toEqual(namesOf(vectors.filter((vector) => !mayBeRefused(vector))));
});

test('a proxy that passes all bytes on fails whatever has two meanings', async () => {
  const failed = await failedBy('passes all bytes on', 300);
  // That its client closes is passed on as well, which is all that can be done with a request that is not whole.
  const mustBeRefused = vectors.filter(
    ({ allowed: courses, halfClose }) =>
      halfClose !== true && courses.every(([step, ...more]) => more.length === 0 && isOwn(step)),
  );
  expect(mustBeRefused.length).toBeGreaterThan(150);
  expect(namesOf(mustBeRefused).filter((name) => failed[name] === undefined)).toEqual([]);
  for (const name of [
    'Upgrade: h2c',
    'a name in Connection',
    'an answer with NUL in a value',
    'a switch that nobody has asked for',
  ])
    expect(failed, name).toHaveProperty([name]);
});

test('http-proxy as its README shows it fails where it is known to', async () => {
  const recorder = await startRecorder(lifeOfTest());
  const child = fork(new URL('../support/bare-http-proxy.mjs', import.meta.url), [String(recorder.ports.host)]);
  onTestFinished(() => {
    child.kill();
  });
  const [port] = await once(child, 'message');
  const door = {
    ...connecting('clear text', Number(port), ''),
    host: 'a.test',
    other: 'b.test',
    isRouted: false,
    recorder,
  };
  const known = ['a body in chunks on DELETE', 'a name in Connection', 'the target //a//b'];
  const chosen = vectors.filter(({ name }) => [...known, 'a WebSocket', 'an empty value'].includes(name));
  expect(Object.keys(await run(chosen, [door], { byPromises: false, patienceMs: 10_000 })).sort()).toEqual(
    known.sort(),
  );
});

const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
test.each([
  'POST /  HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.2\r\nHost: a\r\n\r\n',
  'POST /\t HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\n\r\n',
  '\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n',
  `${post}Host: b\r\n\r\n`,
  `${post}X-A : b\r\n\r\n`,
  `${post}X-A: b\r\n c\r\n\r\n`,
  `${post}X-A: b\nX-B: c\r\n\r\n`,
  `${post}X-A: b\rc\r\n\r\n`,
  `${post}X-A: \0\r\n\r\n`,
  `${post}X-A\r\n\r\n`,
  `${post}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
  `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${post}Content-Length: +1\r\n\r\na`,
  `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  ...[
    'x\r\n',
    '0x1\r\na\r\n',
    '1\na\r\n',
    '1\r\nab\r\n',
    '1\r\na\n',
    '1;\r\na\r\n',
    '1;a="\n"\r\na\r\n',
    '0\r\nX : y\r\n\r\n',
  ].map((body) => `${post}Transfer-Encoding: chunked\r\n\r\n${body}`),
])('%j is not one request', (text) => {
  expect(readRequest(text)).toMatchObject({ kind: 'wrong' });
});

test('a request is read whole, and no further', () => {
  const text = `${post}Transfer-Encoding: chunked\r\nX-A:  b \r\n\r\n3;a="b"\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`;
  expect(readRequest(`${text}GET`)).toEqual({
    kind: 'whole',
    size: text.length,
    message: {
      method: 'POST',
      target: '/',
      version: '1.1',
      fields: [
        ['host', 'a'],
        ['transfer-encoding', 'chunked'],
        ['x-a', 'b'],
      ],
      body: 'abc',
      trailers: [['x-sum', '1']],
    },
  });
  for (let size = 0; size < text.length; size += 1)
    expect(readRequest(text.slice(0, size)), String(size)).toMatchObject({ kind: 'incomplete' });
});

test('an answer without a length is whole when its connection has ended, and not before', () => {
  const text = 'HTTP/1.1 200 OK\r\n\r\nabc';
  expect(readAnswer(text, 'GET', false)).toMatchObject({ kind: 'incomplete' });
  expect(readAnswer(text, 'GET', true)).toMatchObject({ kind: 'whole', message: { body: 'abc' } });
  expect(readAnswer(text, 'HEAD', false)).toMatchObject({ kind: 'whole', size: text.length - 3 });
  expect(readAnswer(text.replace('200', '2000'), 'GET', true)).toMatchObject({ kind: 'wrong' });
});
