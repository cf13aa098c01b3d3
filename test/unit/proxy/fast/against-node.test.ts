import { request } from 'node:http';
import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeAnswer } from '../../../../src/proxy/answer-head.ts';
import { MessageBody } from '../../../../src/proxy/fast/message-body.ts';
import { type ReadAnswer, readAnswer } from '../../../../src/proxy/fast/plain-answer.ts';
import { safeTrailers } from '../../../../src/proxy/headers.ts';
import { valuesOf } from '../../../../src/proxy/request-head.ts';
import { bounded, cutAt, damage, patienceMs } from '../../../support/fuzz.ts';

/** Whatever an upstream sends: what we pass on of it is what Node's parser reads, and nothing that Node's parser refuses. */

interface Read {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}
/** `cut`: the connection ended before it was whole. Undefined where it is refused. */
type Outcome = (Read & { readonly isWhole: boolean }) | undefined;

/** What the fast lane makes of the bytes of a connection that ends behind them. */
const readByUs = (pieces: readonly string[]): Outcome => {
  let head: ReadAnswer | undefined;
  let text = '';
  let written = '';
  const body = new MessageBody(true);
  const writer = {
    text: (more: string) => {
      written += more;
    },
    bytes: (buffer: Buffer, from: number, to: number) => {
      written += buffer.toString('latin1', from, to);
    },
  };
  const pass = (piece: string): boolean => {
    body.pass(Buffer.from(piece, 'latin1'), 0, piece.length, writer);
    return !body.isBroken;
  };
  for (const piece of pieces) {
    if (head !== undefined) {
      if (!pass(piece)) return undefined;
      continue;
    }
    text += piece;
    for (;;) {
      const answer = readAnswer(text);
      if (answer === 'wrong') return undefined;
      if (answer === 'incomplete') break;
      text = text.slice(answer.size);
      const isInterim = answer.status >= 100 && answer.status < 200;
      if (isInterim && (answer.status === 101 || answer.version === '1.0')) return undefined;
      if (isInterim) continue;
      if (judgeAnswer(answer) !== undefined) return undefined;
      head = answer;
      body.begin(...framingOf(answer));
      if (!pass(text)) return undefined;
      break;
    }
  }
  if (head === undefined) return undefined;
  const isWhole = body.isOver || body.end(writer);
  const { status, headers } = head;
  const { data, trailers } = body.kind === 'length' ? { data: written, trailers: [] } : dechunk(written);
  return { status, headers, isWhole, body: data, trailers };
};

const framingOf = ({ status, headers }: ReadAnswer): Parameters<MessageBody['begin']> => {
  if (status === 204 || status === 304) return ['none', 0];
  if (valuesOf(headers, 'transfer-encoding').length > 0) return ['chunked', 0];
  const [length] = valuesOf(headers, 'content-length');
  return length === undefined ? ['close', 0] : ['length', Number(length)];
};

/** What we have written is framed in exactly one way, up to where it ends. */
const dechunk = (written: string): { data: string; trailers: string[] } => {
  let data = '';
  let rest = written;
  for (;;) {
    const line = /^([1-9a-f][0-9a-f]*)\r\n/i.exec(rest);
    if (line === null) break;
    const size = Number.parseInt(line[1] as string, 16);
    const chunk = rest.slice(line[0].length, line[0].length + size);
    data += chunk;
    rest = rest.slice(line[0].length + size);
    if (chunk.length === size && rest !== '') {
      expect(rest.slice(0, 2)).toBe('\r\n'.slice(0, rest.length));
      rest = rest.slice(2);
    }
  }
  if (rest === '') return { data, trailers: [] };
  const last = /^0\r\n((?:[^\r\n:]+: [^\r\n]*\r\n)*)\r\n$/.exec(rest);
  expect(last, `the end ${JSON.stringify(rest)}`).not.toBe(null);
  const lines = (last?.[1] ?? '').split('\r\n').slice(0, -1);
  return {
    data,
    trailers: lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  };
};

const readByNode = (pieces: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const connection = new Duplex({
      read: () => {},
      write: (_chunk, _encoding, done) => done(),
    });
    const outgoing = request({ createConnection: () => connection, headers: { host: 'a' } });
    outgoing.maxHeadersCount = 0;
    let hasHead = false;
    let isBroken = false;
    outgoing.on('error', () => {
      isBroken = true;
      if (!hasHead) resolve(undefined);
    });
    outgoing.on('upgrade', () => resolve(undefined));
    outgoing.on('response', (answer) => {
      hasHead = true;
      let body = '';
      answer.on('data', (data: Buffer) => {
        body += data.toString('latin1');
      });
      answer.on('error', () => {});
      answer.on('close', () => {
        const { statusCode = 0, rawHeaders: headers, rawTrailers, complete } = answer;
        const trailers = safeTrailers(rawTrailers);
        resolve(isBroken && !complete ? undefined : { status: statusCode, headers, isWhole: complete, body, trailers });
      });
    });
    outgoing.end();
    outgoing.on('socket', () => {
      setImmediate(() => {
        for (const piece of pieces) connection.push(Buffer.from(piece, 'latin1'));
        connection.push(null);
      });
    });
  });

const field = fc.constantFrom(
  ...['X-A: b', 'x-a:  b \t', 'X-Empty:', 'X-Latin: \xe4', 'Connection: close', 'Connection: keep-alive', 'Date: now'],
  ...['Content-Type: text/plain', 'Set-Cookie: a=b', 'Trailer: X-Sum', 'Keep-Alive: timeout=5', 'Upgrade: h2c'],
);
const line = fc.constantFrom(
  ...['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 404 ', 'HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified'],
  ...['HTTP/1.0 200 OK', 'HTTP/1.1 599', 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK'],
);
const extension = fc.constantFrom('', '', ';a', ';a=b', ';a="b c"');
const chunk = fc
  .tuple(fc.stringMatching(/^[a-z\r\n]{1,20}$/), extension, fc.boolean())
  .map(([data, more, zero]) => `${zero ? '00' : ''}${data.length.toString(16)}${more}\r\n${data}\r\n`);
const body = fc.oneof(
  fc.stringMatching(/^[a-z]{0,30}$/).map((data) => [`Content-Length: ${data.length}`, data] as const),
  fc
    .tuple(fc.array(chunk, { maxLength: 4 }), fc.constantFrom('', 'X-Sum: 1\r\n', 'Host: evil\r\nX-Sum:2\r\n'))
    .map(([chunks, trailers]) => ['Transfer-Encoding: chunked', `${chunks.join('')}0\r\n${trailers}\r\n`] as const),
  fc.stringMatching(/^[a-z]{0,30}$/).map((data) => ['X-B: c', data] as const),
);
const answer = fc
  .tuple(line, fc.array(field, { maxLength: 4 }), body)
  .map(([first, fields, [framing, data]]) => [first, ...fields, framing, '', data].join('\r\n'));

test(
  'answers, whole and damaged, in pieces: what we read is what Node reads',
  async () => {
    await fc.assert(
      fc.asyncProperty(answer, damage, fc.array(fc.nat(), { maxLength: 3 }), async (whole, damaged, places) => {
        const pieces = cutAt(damaged(whole), places);
        const ours = readByUs(pieces);
        if (ours === undefined) return;
        const nodes = await readByNode(pieces);
        // A cut is a cut for both, wherever each of them noticed.
        if (!ours.isWhole && (nodes === undefined || !nodes.isWhole)) return;
        expect(nodes, JSON.stringify(pieces)).toEqual(ours);
      }),
      bounded(300),
    );
  },
  patienceMs,
);
