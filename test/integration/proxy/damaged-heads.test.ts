import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { bounded, cutAt, damage, patienceMs } from '../../support/fuzz.ts';
import { copy, portOf, service, startProxy } from '../../support/proxy.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';

/** Whatever is made of valid requests: nothing crashes or hangs, and an upstream gets nothing that has two readings. */

const host = 'project-3.api.localhost';

interface Arrived {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** An upstream that is Node's server, and keeps every byte that it gets beside what Node has read of it. */
const startTapped = async () => {
  /** `unread`: what each connection has brought since it was read last. */
  const state: { unread: Map<Socket, string>; requests: Arrived[] } = { unread: new Map(), requests: [] };
  const http = createHttpServer({ requireHostHeader: false }, (request: IncomingMessage, answer: ServerResponse) => {
    let body = '';
    request.on('error', () => {});
    request.setEncoding('latin1').on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, rawTrailers } = request;
      state.requests.push({ method, target: url, fields: rawHeaders, body, trailers: rawTrailers });
      answer.end(String(request.headers['x-nonce']));
    });
  });
  http.maxHeadersCount = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const [inner, outer] = duplexPair();
    socket.on('data', (data) => {
      state.unread.set(socket, (state.unread.get(socket) ?? '') + data.toString('latin1'));
    });
    socket.on('error', () => outer.destroy()).on('close', () => sockets.delete(socket));
    outer.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(outer).pipe(socket);
    http.emit('connection', inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: portOf(server), state };
};

/**
 * Reads requests that are written in the one way that leaves no choice: no space that need not be there, one length, sizes of chunks
 * without anything behind them. Gives what is left when that ends, which is a request that has not arrived whole.
 */
const readStrictly = (text: string): { requests: readonly Arrived[]; rest: string } => {
  const requests: Arrived[] = [];
  let rest = text;
  for (;;) {
    const head =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?\r\n)+)\r\n/.exec(
        rest,
      );
    if (head === null) return { requests, rest };
    const [whole, method = '', target = '', lines = ''] = head;
    const fields = fieldsIn(lines);
    const valuesOf = (name: string) => fields.filter((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name);
    expect(valuesOf('host'), lines).toHaveLength(1);
    const [length, ...moreLengths] = valuesOf('content-length');
    const [encoding, ...moreEncodings] = valuesOf('transfer-encoding');
    expect([...moreLengths, ...moreEncodings, ...(length && encoding ? [length] : [])], lines).toEqual([]);
    if (encoding !== undefined) expect(encoding).toBe('chunked');
    if (length !== undefined) expect(length).toMatch(/^\d{1,15}$/);
    const behind = rest.slice(whole.length);
    const body = encoding === undefined ? wholeOf(behind, Number(length ?? 0)) : chunksIn(behind);
    if (body === undefined) return { requests, rest };
    requests.push({ method, target, fields, body: body.data, trailers: body.trailers });
    rest = behind.slice(body.size);
  }
};

const fieldsIn = (lines: string): readonly string[] =>
  lines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);

interface Body {
  readonly data: string;
  readonly trailers: readonly string[];
  readonly size: number;
}

const wholeOf = (text: string, size: number): Body | undefined =>
  text.length < size ? undefined : { data: text.slice(0, size), trailers: [], size };

const chunksIn = (text: string): Body | undefined => {
  let data = '';
  let at = 0;
  for (;;) {
    const line = /^([1-9a-f][0-9a-f]*|0)\r\n/i.exec(text.slice(at, at + 20));
    if (line === null) {
      expect(text.slice(at), 'a beginning of a size').toMatch(/^(?:[0-9a-f]*\r?)$/i);
      return undefined;
    }
    at += line[0].length;
    const size = Number.parseInt(line[1] as string, 16);
    if (size === 0) break;
    data += text.slice(at, at + size);
    if (text.length < at + size + 2) return undefined;
    expect(text.slice(at + size, at + size + 2)).toBe('\r\n');
    at += size + 2;
  }
  const trailers = /^((?:[^\r\n:]+: [^\r\n]*\r\n)*)\r\n/.exec(text.slice(at));
  if (trailers === null) return undefined;
  return { data, trailers: fieldsIn(trailers[1] as string), size: at + trailers[0].length };
};

const field = fc.constantFrom(
  ...['X-A: b', 'Accept: */*', 'Cookie: a=1; b=2', 'X-Latin: \xe4', 'X-Empty:', 'User-Agent: fuzz/1.0 (x; y)'],
  ...['Connection: keep-alive', 'Connection: X-A, close', 'TE: trailers', 'Via: 1.1 other', 'Range: bytes=0-1'],
  ...['Upgrade: websocket', 'Expect: 100-continue', 'Trailer: X-Sum', 'X-Forwarded-For: 6.6.6.6', 'X_Forwarded_For: 6'],
);
const body = fc.constantFrom(
  ['', ''],
  ['Content-Length: 5\r\n', 'abcde'],
  ['Transfer-Encoding: chunked\r\n', '3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n'],
  ['Transfer-Encoding: chunked\r\n', '3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'],
  ['Content-Length: 44\r\n', 'GET /smuggled HTTP/1.1\r\nHost: evil.localhost\r\n'.padEnd(44).slice(0, 44)],
);
const line = fc.constantFrom(
  ...['GET /0', 'GET /a?b=c&d[]=%2f', 'POST /1', 'HEAD /', 'PUT /x/../y', 'DELETE /1', 'OPTIONS /', 'OPTIONS *'],
  ...[`GET http://${host}/abs`, 'PATCH //a', 'BREW /pot'],
);
const requests = fc
  .array(
    fc
      .tuple(line, fc.constantFrom('1.1', '1.1', '1.1', '1.0'), fc.array(field, { maxLength: 4 }), body)
      .map(
        ([first, version, fields, [framing, data]]) =>
          `${first} HTTP/${version}\r\nHost: ${host}\r\n${fields.map((one) => `${one}\r\n`).join('')}${framing}\r\n${data}`,
      ),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => all.join(''));

test.each(['fast', 'full'] as const)(
  'damaged requests, in the %s lane',
  async (lanes) => {
    const upstream = await startTapped();
    const { port } = await startProxy({ copies: [copy('project-3', [service('api', upstream.port)])], lanes });
    let nonce = 0;
    await fc.assert(
      fc.asyncProperty(requests, damage, fc.array(fc.nat(), { maxLength: 3 }), async (whole, damaged, places) => {
        const { state } = upstream;
        state.requests = [];
        const pieces = cutAt(damaged(whole), places);
        const about = JSON.stringify(pieces);

        const client = rawClient(port);
        client.socket.setNoDelay(true);
        for (const piece of pieces) {
          client.send(piece);
          await new Promise((resolve) => setImmediate(resolve));
        }
        // It has nothing more to say: what is answered is answered now, and then there is nothing to wait for.
        client.socket.end();
        let isClosed = false;
        void client.closed.then(() => {
          isClosed = true;
        });
        await eventually(() => isClosed, `the end of ${about}`, 20_000);

        nonce += 1;
        const answer = await exchange(
          port,
          `GET /fresh HTTP/1.1\r\nHost: ${host}\r\nX-Nonce: ${nonce}\r\nConnection: close\r\n\r\n`,
        );
        expect(answer, about).toMatch(new RegExp(`^HTTP/1\\.1 200 OK\r\n[^]*\r\n\r\n(?:\\d+\r\n)?${nonce}(?:\r\n|$)`));

        const arrived: Arrived[] = [];
        for (const [socket, text] of state.unread) {
          const { requests: read, rest } = readStrictly(text);
          arrived.push(...read);
          if (socket.destroyed) state.unread.delete(socket);
          else state.unread.set(socket, rest);
        }
        // Node reads the same requests, and no others; of the rest there is only what was cut.
        await eventually(() => state.requests.length >= arrived.length, `Node to read as many of ${about}`);
        const order = (all: readonly Arrived[]) => all.map((one) => JSON.stringify(one)).sort();
        expect(order(state.requests), about).toEqual(order(arrived));
        const ids = arrived.map(({ fields }) => fields[fields.indexOf('X-Request-Id') + 1]);
        expect(new Set(ids).size, about).toBe(arrived.length);
        for (const { fields } of arrived) expect(fields.filter((name) => /^x-request-id$/i.test(name))).toHaveLength(1);
      }),
      bounded(60),
    );
  },
  patienceMs,
);
