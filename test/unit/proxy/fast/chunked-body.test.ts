import { expect, test } from 'vitest';
import { ChunkedBody } from '../../../../src/proxy/fast/chunked-body.ts';
import { MessageBody } from '../../../../src/proxy/fast/message-body.ts';

/** What is written, as text. */
const collecting = () => {
  let written = '';
  return {
    written: () => written,
    text: (text: string) => {
      written += text;
    },
    bytes: (buffer: Buffer, from: number, to: number) => {
      expect(to).toBeGreaterThan(from);
      written += buffer.toString('latin1', from, to);
    },
  };
};

/** Passes a body that comes in pieces, each at an offset of its own in its buffer. */
const pass = (pieces: readonly string[]) => {
  const writer = collecting();
  const body = new ChunkedBody(true);
  let rest = '';
  for (const piece of pieces) {
    const buffer = Buffer.from(`<>${piece}`, 'latin1');
    const end = body.pass(buffer, 2, buffer.length, writer);
    rest += buffer.toString('latin1', end);
  }
  return { written: writer.written(), rest, state: body.state, trailers: body.trailers, dataBytes: body.dataBytes };
};

const bodies: Readonly<Record<string, readonly [text: string, written: string, trailers: readonly string[]]>> = {
  plain: ['3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n', '3\r\nabc\r\n10\r\n0123456789abcdef\r\n', []],
  'with sizes in capitals': ['A\r\n0123456789\r\n0\r\n\r\n', 'A\r\n0123456789\r\n', []],
  'with zeros before a size': ['0003\r\nabc\r\n000\r\n\r\n', '3\r\nabc\r\n', []],
  'with extensions': ['3;a\r\nabc\r\n3;a=b;c="d\\"\te";f=\r\ndef\r\n0;last\r\n\r\n', '3\r\nabc\r\n3\r\ndef\r\n', []],
  'with trailers': ['1\r\na\r\n0\r\nX-A: b\r\nX-C:\r\n\r\n', '1\r\na\r\n', ['X-A', 'b', 'X-C', '']],
  'with nothing': ['0\r\n\r\n', '', []],
  'with line ends as data': ['4\r\n\r\n\r\n\r\n0\r\n\r\n', '4\r\n\r\n\r\n\r\n', []],
};

test.each(Object.entries(bodies))('a body %s passes, however it is cut', (_name, [text, written, trailers]) => {
  const whole = pass([`${text}GET /`]);
  const dataBytes = written.replace(/[0-9a-f]+\r\n([\s\S]*?)\r\n(?=[0-9a-f]+\r\n|$)/gi, '$1').length;
  expect(whole).toEqual({ written, rest: 'GET /', state: 'over', trailers, dataBytes });
  // A size that is cut is written anew, in lower case.
  const either = new Set([written, written.replace('A\r\n', 'a\r\n')]);
  for (let first = 0; first <= text.length; first += 1) {
    for (const pieces of [[text.slice(0, first), `${text.slice(first)}GET /`], [...text].map(String)]) {
      const cut = pass(pieces.filter((piece) => piece !== ''));
      expect({ ...cut, rest: 'GET /' }).toEqual({ ...whole, written: cut.written });
      expect(either).toContain(cut.written);
    }
  }
});

test.each(Object.entries(bodies))(
  'of a body %s only the data is written where framing is not wanted',
  (_name, body) => {
    const [text, framed, trailers] = body;
    const data = framed.replace(/[0-9a-f]+\r\n([\s\S]*?)\r\n(?=[0-9a-f]+\r\n|$)/gi, '$1');
    for (const pieces of [[text], [...text]]) {
      const writer = collecting();
      const chunked = new MessageBody(false);
      chunked.begin('chunked', 0);
      for (const piece of pieces) chunked.pass(Buffer.from(piece, 'latin1'), 0, piece.length, writer);
      expect([chunked.isOver, writer.written(), chunked.dataBytes]).toEqual([true, data, data.length]);
      expect(chunked.trailers).toEqual(trailers);
    }
  },
);

test.each([
  'x\r\n',
  '\r\n',
  '-1\r\n',
  '+1\r\n',
  '0x1\r\n',
  ' 1\r\n',
  '1 \r\n',
  '1\n',
  '1\rx',
  '3\r\nabcd',
  '3\r\nabcdef\r\n',
  '3\r\nabc\n',
  '3\r\nabc\r0',
  '1;\r\n',
  '1; a\r\n',
  '1;a b\r\n',
  '1;a="\x01"\r\n',
  '1;a="\\\x01"\r\n',
  '1;a="b"c\r\n',
  '1;a=\x01\r\n',
  '10000000000000000\r\n',
  '0\r\nX : y\r\n\r\n',
  '0\r\nX: y\n\r\n',
  '0\r\n X: y\r\n\r\n',
  '0\r\nX: y\r\ncontent-length: 1\r\n\r\n',
  '0\r\nTransfer-Encoding: gzip\r\n\r\n',
])('%j is broken, whole and byte by byte', (text) => {
  expect(pass([text]).state).toBe('broken');
  expect(pass([...text]).state).toBe('broken');
  expect(pass([`2\r\nok\r\n${text}`])).toMatchObject({
    state: 'broken',
    written: expect.stringMatching(/^2\r\nok\r\n/),
  });
});

test('of a chunk that does not end in CR LF nothing passes but its data', () => {
  for (const end of ['\n0\r\n\r\n', 'd\r\n', '0\r\n\r\n']) {
    expect(pass([`3\r\nabc${end}`])).toMatchObject({ state: 'broken', written: '3\r\nabc', rest: end });
    expect(pass(['3\r\nabc', end])).toMatchObject({ state: 'broken', written: '3\r\nabc', rest: end });
  }
  expect(pass(['3\r\nabc\r0\r\n'])).toMatchObject({ state: 'broken', written: '3\r\nabc\r', rest: '0\r\n' });
});

test('extensions and trailers that are too long are so much, and no longer kept', () => {
  const long = 'a'.repeat(5000);
  for (const [begin, end] of [
    ['1;', '\r\na\r\n'],
    ['0\r\nX: ', '\r\n\r\n'],
    ['0\r\n', ': x'],
  ] as const) {
    expect(pass([begin, long, long, long, end]).state).not.toBe('too-large');
    expect(pass([begin, long, long, long, long, end]).state).toBe('too-large');
  }
});

test('what comes behind a broken or finished body stays where it is', () => {
  const writer = collecting();
  const body = new ChunkedBody(true);
  expect(body.pass(Buffer.from('0\r\n\r\nabc'), 0, 8, writer)).toBe(5);
  expect(body.pass(Buffer.from('abc'), 0, 3, writer)).toBe(0);
});

test('a body with a length ends there', () => {
  const writer = collecting();
  const body = new MessageBody(true);
  body.begin('length', 5);
  expect(body.pass(Buffer.from('abc'), 0, 3, writer)).toBe(3);
  expect([body.isOver, body.end(writer)]).toEqual([false, false]);
  expect(body.pass(Buffer.from('defg'), 0, 4, writer)).toBe(2);
  expect([body.isOver, body.dataBytes, writer.written()]).toEqual([true, 5, 'abcde']);
  expect(body.pass(Buffer.from('x'), 0, 1, writer)).toBe(0);
  body.begin('length', 0);
  expect(body.isOver).toBe(true);
  body.begin('none', 7);
  expect([body.isOver, body.pass(Buffer.from('x'), 0, 1, writer)]).toEqual([true, 0]);
});

test('a body that ends with its connection is written in chunks', () => {
  const writer = collecting();
  const body = new MessageBody(true);
  body.begin('close', 0);
  expect(body.pass(Buffer.from('0123456789abcdefg'), 0, 17, writer)).toBe(17);
  expect([body.isOver, body.end(writer), body.isOver, body.dataBytes]).toEqual([false, true, true, 17]);
  expect(writer.written()).toBe('11\r\n0123456789abcdefg\r\n0\r\n\r\n');
});

test('the last chunk is ours: only trailers that may be passed on are in it', () => {
  const writer = collecting();
  const body = new MessageBody(true);
  body.begin('chunked', 0);
  const text = '1\r\na\r\n000;x\r\nX-Sum: 42\r\nAge: 7\r\n\r\n';
  expect(body.pass(Buffer.from(text), 0, text.length, writer)).toBe(text.length);
  expect([body.isOver, body.isBroken, body.dataBytes]).toEqual([true, false, 1]);
  expect(writer.written()).toBe('1\r\na\r\n0\r\nX-Sum: 42\r\n\r\n');
  body.begin('chunked', 0);
  body.pass(Buffer.from('x'), 0, 1, writer);
  expect([body.isOver, body.isBroken, body.isTooLarge]).toEqual([false, true, false]);
  body.begin('chunked', 0);
  body.pass(Buffer.from(`1;${'a'.repeat(20_000)}`), 0, 20_002, writer);
  expect([body.isOver, body.isBroken, body.isTooLarge]).toEqual([false, true, true]);
});

test('a body whose end is told from outside takes trailers with it, or is written as it is', () => {
  for (const [isFramed, written] of [
    [true, '3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n'],
    [false, 'abc'],
  ] as const) {
    const writer = collecting();
    const body = new MessageBody(isFramed);
    body.begin('close', 0);
    body.pass(Buffer.from('abc'), 0, 3, writer);
    expect(body.end(writer, ['X-Sum', '42', 'Content-Length', '7'])).toBe(true);
    expect([writer.written(), body.trailers]).toEqual([written, []]);
  }
});
