import * as fc from 'fast-check';
import { test } from 'vitest';
import { filling } from '../../hostile/judge.ts';
import { requestFamilies } from '../../hostile/requests/index.ts';
import { openBothLanes, turn } from '../../support/both-lanes.ts';
import { bounded, cutAt, patienceMs } from '../../support/fuzz.ts';
import type { TestProxy } from '../../support/proxy.ts';
import { rawClient } from '../../support/raw.ts';
import { linesOf, type Script } from '../../support/recorder.ts';
import { damage, damaged, script, scripts } from '../../support/scripts.ts';

/** Whatever is sent, both lanes make the same of it: what arrives at the upstream, and what is answered. */

const host = 'project-3.api.localhost';

/** What a client got: answers one after the other, and how it ended. */
interface Got {
  readonly answers: readonly Answered[];
  readonly ending: 'closed' | 'open';
}
interface Answered {
  readonly line: string;
  readonly fields: readonly string[];
  readonly body: string;
}

/** Sends pieces, and waits until the connection is closed or nothing more comes. */
const ask = async ({ port }: TestProxy, pieces: readonly string[], turns: number): Promise<Got> => {
  const client = rawClient(port);
  client.socket.setNoDelay(true);
  let ending: Got['ending'] = 'open';
  const closed = client.closed.then(() => {
    ending = 'closed';
  });
  for (const piece of pieces) {
    client.send(piece);
    await turn(1);
  }
  // All parts are in this process: when nothing happens for so many turns of its loop, nothing will.
  for (let quiet = 0, before = -1; ending === 'open' && quiet < turns; quiet += 1) {
    if (client.received().length !== before) quiet = 0;
    before = client.received().length;
    await Promise.race([closed, turn(1)]);
  }
  client.socket.destroy();
  // What was on its way arrives before somebody else asks.
  await turn(100);
  return { answers: answersIn(client.received()), ending };
};

const openBoth = () => openBothLanes(ask);

/**
 * Takes answers apart. Whether the full lane has seen what is wrong behind a request when it refuses that request is a matter of time: then
 * the page is its last answer, else there is another one.
 */
const answersIn = (text: string): Answered[] => {
  const answers = allAnswersIn(text);
  const isPage = (answer: Answered | undefined): boolean => answer?.fields.includes('server: sidings') === true;
  if (answers.at(-1)?.body === 'request-invalid' && isPage(answers.at(-2))) answers.pop();
  return answers;
};

/** Of an answer that is cut only that counts, since what came before is a matter of time. */
const allAnswersIn = (text: string): Answered[] => {
  const answers: Answered[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return [...answers, { line: 'cut', fields: [], body: '' }];
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    rest = rest.slice(end + 4);
    const pairs = lines.flatMap((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)]);
    const fields = linesOf(pairs);
    const body = bodyIn(rest, fields);
    const whole = body ?? { text: 'cut', size: rest.length };
    rest = rest.slice(whole.size);
    const isProblem = fields.includes('server: sidings');
    answers.push({
      line,
      // What is wrong is said in words that may differ; the code counts.
      fields: isProblem ? fields.filter((field) => !/^(content-length|keep-alive)/.test(field)) : fields,
      body: isProblem ? (/(?<="code":"|<code>)[a-z-]+/.exec(whole.text)?.[0] ?? '') : whole.text,
    });
  }
  return answers;
};

const bodyIn = (rest: string, fields: readonly string[]): { text: string; size: number } | undefined => {
  if (rest.startsWith('HTTP/1.1 ')) return { text: '', size: 0 };
  const length = fields.find((field) => field.startsWith('content-length: '));
  if (length !== undefined) {
    const size = Number(length.slice(16));
    if (rest === '') return { text: '', size: 0 };
    return rest.length < size ? undefined : { text: rest.slice(0, size), size };
  }
  if (!fields.includes('transfer-encoding: chunked') || rest === '') return { text: '', size: 0 };
  let text = '';
  for (let at = 0; ; ) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at, at + 20));
    if (size === null) return undefined;
    at += size[0].length;
    const length = Number.parseInt(size[1] as string, 16);
    if (length === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(rest.slice(at));
      return trailers === null ? undefined : { text: `${text}|${trailers[0]}`, size: at + trailers[0].length };
    }
    if (rest.slice(at + length, at + length + 2) !== '\r\n') return undefined;
    text += rest.slice(at, at + length);
    at += length + 2;
  }
};

const last = `GET /0 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
const get = (more = '') => `GET /0 HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const plain: readonly Script[] = [scripts['with a length'] as Script];

/** A POST with these fields. */
const head = (lines: readonly string[], text = '') =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\n${lines.join('\r\n')}\r\n\r\n${text}`;

const hostile = Object.fromEntries(
  requestFamilies
    .flatMap(({ vectors }) => vectors)
    .filter(({ script, halfClose }) => script === undefined && halfClose !== true)
    .map(({ name, writes }) => [name, filling({ host, other: 'project-2.api.localhost' })(writes.join(''))]),
);

const hard: Readonly<Record<string, string>> = {
  ...hostile,
  'two requests at once': get() + get('X-A:   b  \r\n'),
  'an empty line between requests': `${get()}\r\n${get()}`,
  'a plain request, one that is not, a plain one': get() + get('TE: trailers\r\n') + get(),
  'a plain request, then garbage': `${get()}\0\r\n\r\n`,
  'a body, then a request': head(['Content-Length: 3'], `abc${get()}`),
  'a body in chunks with extensions and trailers, then a request': head(
    ['Transfer-Encoding: chunked'],
    `0003;a="b"\r\nabc\r\nA\r\n0123456789\r\n00\r\nX-A: b\r\nHost: evil\r\n\r\n${get()}`,
  ),
  'a body of nothing': head(['Content-Length: 0'], get()),
  'a length with zeros before it': head(['Content-Length: 003'], `abc${get()}`),
  'a body on GET': `GET /0 HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\n\r\nabc`,
  'a body on HEAD': `HEAD /0 HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  'a broken chunk behind a good one': head(['Transfer-Encoding: chunked'], '3\r\nabc\r\nx\r\n'),
  'a host in capitals with a port': `GET /0 HTTP/1.1\r\nHost: PROJECT-3.API.Localhost:80\r\n\r\n`,
  'a host with a final dot': `GET /0 HTTP/1.1\r\nHost: ${host}.\r\n\r\n`,
  'a host that nobody has': 'GET /0 HTTP/1.1\r\nHost: project-9.api.localhost\r\n\r\n',
  'a host that is not ours': 'GET /0 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'the status page': 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a page load': get('Upgrade-Insecure-Requests: 1\r\n'),
  'an offer of h2c': get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'),
  'an expectation': head(['Expect: 100-continue', 'Content-Length: 3'], 'abc'),
  'an expectation that nobody knows': head(['Expect: tea', 'Content-Length: 3'], 'abc'),
  'a loop': get('Via: 1.1 sidings, 1.1 sidings, 1.1 sidings, 1.1 sidings\r\nVia: 1.1 sidings, 1.1 sidings\r\n'),
  'what only a proxy may say': get(
    'X-Forwarded-For: 6.6.6.6\r\nx_real_ip: 6.6.6.6\r\nForwarded: for=6\r\nVia: 1.0 other\r\n',
  ),
  'fields of the connection': get('Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nProxy-Authorization: x\r\n'),
  'a list in Connection': get('Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n'),
  'an announced trailer without chunks': get('Trailer: X-Sum\r\n'),
  'a method that is rare': get().replace('GET', 'PROPFIND'),
  'a method that nobody knows': get().replace('GET', 'BREW'),
  'HTTP/1.0': get('Connection: keep-alive\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
  'an asterisk': `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'an absolute target': `GET http://${host}/0 HTTP/1.1\r\nHost: example.com\r\n\r\n`,
  'odd characters in a target': get().replace('/0', `/0?a={"b":'<c>'}|\\^\`[]&%zz`),
  'a field in Latin-1': get('X-A: caf\xe9\r\n'),
  'a field of 20 KB': get(`X-A: ${'a'.repeat(20_000)}\r\n`),
  'a head that is too large': get(`X-A: ${'a'.repeat(70_000)}\r\n`),
  'five hundred fields': get('X-A: b\r\n'.repeat(500)),
};

test('hard cases: both lanes do the same, whole and in two pieces', async () => {
  const { compare } = await openBoth();
  for (const text of Object.values(hard)) {
    await compare([text + last], plain);
    const middle = Math.ceil(text.length / 2);
    await compare([text.slice(0, middle), text.slice(middle) + last], plain);
  }
}, 240_000);

test('answers of every kind: both lanes pass the same on', async () => {
  const { compare } = await openBoth();
  for (const script of Object.values(scripts)) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const line = `${method} /0 HTTP/1.1\r\nHost: ${host}\r\n`;
      const request = method === 'POST' ? `${line}Content-Length: 3\r\n\r\nabc` : `${line}\r\n`;
      await compare([request + last], [script]);
    }
  }
}, 120_000);

const field = fc.constantFrom(
  ...[
    'X-A: b',
    'x-a:   b\t',
    'X-Empty:',
    'Cookie: a=1; b=2',
    'Accept: text/html,*/*',
    'X-Latin: \xe4\xff',
    'Via: 1.1 sidings',
  ],
  ...[
    'X-Forwarded-For: 6.6.6.6',
    'X_Forwarded_Host: a',
    'X-Request-Id: mine',
    'Trailer: X-Sum',
    'Keep-Alive: timeout=1',
  ],
  ...['Connection: keep-alive', 'Connection: X-A', 'TE: trailers', 'Upgrade: h2c', 'Upgrade-Insecure-Requests: 1'],
  ...[
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'Host: evil',
    'Expect: 100-continue',
    ' folded',
    'bad name: x',
  ],
);
const usual = fc.constantFrom(
  'X-A: b',
  'x-a:   b\t',
  'X-Empty:',
  'Cookie: a=1',
  'Accept: */*',
  'X-Latin: \xe4',
  'Origin: null',
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['', '']) },
  {
    weight: 2,
    arbitrary: fc
      .string({ maxLength: 40 })
      .map((text) => [`Content-Length: ${Buffer.byteLength(text, 'latin1')}\r\n`, text]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,30}$/), fc.constantFrom('', ';a', ';a=b', ';a="b c"')), {
          maxLength: 4,
        }),
        fc.boolean(),
      )
      .map(([chunks, trailer]) => [
        'Transfer-Encoding: chunked\r\n',
        `${chunks.map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`).join('')}0\r\n${trailer ? 'X-Sum: 1\r\n' : ''}\r\n`,
      ]),
  },
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    target: fc.constantFrom('/0', '/1', '/2', '/0?a=b&c[]=%2f', '/1/../x'),
    host: fc.constantFrom(host, host, host, `${host}:80`, 'api.PROJECT-3.localhost', 'project-9.localhost'),
    fields: fc.array(fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: field }), { maxLength: 5 }),
    body,
  })
  .map(({ method, target, host: name, fields, body: [framing, data] }) =>
    [
      `${method} ${target} HTTP/1.1\r\nHost: ${name}\r\n`,
      ...fields.map((line) => `${line}\r\n`),
      `${framing}\r\n${data}`,
    ].join(''),
  );

test(
  'generated requests and answers, whole and damaged, in pieces: both lanes do the same',
  async () => {
    const { compare } = await openBoth();
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 3 }),
        damage,
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.array(script, { minLength: 1, maxLength: 3 }),
        async (requests, harm, places, answers) => {
          await compare(cutAt(damaged(requests.join(''), harm) + last, places), answers);
        },
      ),
      bounded(150),
    );
  },
  patienceMs,
);
