import {
  ask,
  type Course,
  chunked,
  declined,
  type Family,
  type Forwarded,
  get,
  passed,
  passedLast,
  post,
  type Row,
  refused,
  smuggled,
  table,
} from '../vector.ts';

const at = (target: string): Forwarded => ({ request: { target } });
const bytes = (text: string): readonly string[] =>
  text
    .replaceAll('{host}', '\0')
    .split('')
    .map((char) => char.replace('\0', '{host}'));
const inOrder = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `/${index}`);
const there = (target: string): Forwarded => ({ request: { target, host: '{other}' } });
const elsewhere = (writes: string, allowed: readonly Course[]): Row => ({
  writes,
  allowed,
  promised: allowed.slice(0, 1),
});
const abc = passed({ method: 'POST', body: 'abc' });

/** Answered, or given up at any point, before or after the upstream has taken it. */
const halfClosed = (writes: string, whole: readonly Forwarded[]): Row => ({
  writes,
  allowed: [
    whole,
    ...[0, ...whole.keys()].map((count): Course => [...whole.slice(0, count), 'closed']),
    ...whole.map((step, index): Course => [...whole.slice(0, index), { ...step, answer: 'failed' }, 'closed']),
  ],
  promised: [whole],
});

export const conversations: Family = {
  name: 'several requests, in pieces',
  vectors: [
    ...table(
      'RFC 9112 §9.3.2: answers come in the order of requests',
      {
        'three requests at once': inOrder(3)
          .map((target) => ask(`GET ${target}`))
          .join(''),
      },
      [inOrder(3).map(at)],
    ),
    ...table(
      'RFC 9112 §9.3.2',
      {
        'fifty requests at once': inOrder(50)
          .map((target) => ask(`GET ${target}`))
          .join(''),
      },
      [inOrder(50).map(at)],
    ),
    ...table(
      'RFC 9112 §9.3.2',
      {
        'requests with and without bodies at once': `${ask('GET /0')}${ask('POST /1', ['Content-Length: 3'], 'abc')}${ask('GET /2')}${ask('PUT /3', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n')}${ask('GET /4')}`,
      },
      [
        [
          at('/0'),
          { request: { method: 'POST', target: '/1', body: 'abc' } },
          at('/2'),
          { request: { method: 'PUT', target: '/3', body: 'abc' } },
          at('/4'),
        ],
      ],
    ),
    ...table(
      'RFC 9110 §9.3.2: no body behind HEAD',
      { 'HEAD and GET at once': `${ask('HEAD /0')}${ask('GET /1')}${ask('HEAD /2')}` },
      [[{ request: { method: 'HEAD', target: '/0' } }, at('/1'), { request: { method: 'HEAD', target: '/2' } }]],
    ),
    ...table(
      'RFC 9112 §2.2',
      { 'an empty line behind a body': `${post(['Content-Length: 3'], 'abc')}\r\n${ask('GET /1')}` },
      [
        [{ request: { method: 'POST', body: 'abc' } }, at('/1')],
        [{ request: { method: 'POST', body: 'abc' } }, { closes: true }],
      ],
    ),
    ...table(
      'RFC 9110 §7.4: each request says its own host',
      {
        'a second request to another host': elsewhere(`${get()}${ask('GET /1').replace('{host}', '{other}')}`, [
          [at('/'), there('/1')],
          [at('/'), ...declined],
          passedLast(),
        ]),
        'a request to another host, and one back': elsewhere(
          `${ask('GET /0').replace('{host}', '{other}')}${ask('GET /1')}`,
          [[there('/0'), at('/1')], [...declined, at('/1')], refused],
        ),
      },
      [],
    ),
    ...table(
      'RFC 9110 §7.4; advisory "HTTP host header attacks" (Kettle, 2022): the second request of a connection',
      {
        'a second request to a foreign host': `${get()}${ask('GET /1').replace('{host}', 'example.com')}`,
      },
      [[at('/'), { closes: false }], [at('/'), { request: { target: '/1', host: 'example.com' } }], passedLast()],
      { promised: [[at('/'), { closes: false, statuses: [421] }]] },
    ),
    ...table('RFC 9112 §3.2, §9.3', { 'a second request without a host': `${get()}GET /1 HTTP/1.1\r\n\r\n` }, [
      [at('/'), { closes: true }],
      [at('/'), ...declined],
    ]),
    ...table(
      'RFC 9112 §6.3: what is refused ends the connection',
      {
        'a request behind one with two lengths': `${post(['Content-Length: 3', 'Content-Length: 4'], 'abcd')}${smuggled}`,
      },
      [[{ closes: true }]],
    ),
    ...table(
      'RFC 9112 §9.6: behind close there is nothing',
      {
        'a request behind close': `${get('Connection: close')}${smuggled}`,
        'a request behind close in capitals': `${get('connection: CLOSE')}${smuggled}`,
        'a request behind close in a list': `${get('Connection: foo, close')}${smuggled}`,
      },
      [passedLast()],
    ),
    ...table(
      'RFC 9112 §2.2: what arrives in pieces is the same',
      {
        'a request byte by byte': bytes(get('X-A: b')),
        'a request cut behind CR': [get().slice(0, -1), '\n'],
        'a request cut before its empty line': [get().slice(0, -2), '\r\n'],
      },
      [passed()],
    ),
    ...table(
      'RFC 9112 §2.2, §7.1: the same, with bodies',
      {
        'a request with a length byte by byte': bytes(post(['Content-Length: 3'], 'abc')),
        'a request in chunks byte by byte': bytes(chunked('3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n')),
        'a body that comes by itself': [post(['Content-Length: 3']), 'abc'],
        'a chunk cut in its line end': [chunked('3\r\nabc\r'), '\n0\r\n\r\n'],
        'a chunk size cut in the middle': [chunked('0'), '3\r\nabc\r\n0\r\n\r\n'],
        'two lengths byte by byte': {
          writes: bytes(post(['Content-Length: 3', 'Content-Length: 4'], 'abcd')),
          allowed: [refused],
        },
      },
      [abc],
    ),
    ...table(
      'RFC 9112 §9.6: a client that has said everything may close its half; some take that for a client that has left',
      {
        'half a close behind a request': halfClosed(get(), passed()),
        'half a close behind a body': halfClosed(post(['Content-Length: 3'], 'abc'), abc),
        'half a close behind chunks': halfClosed(chunked('3\r\nabc\r\n0\r\n\r\n'), abc),
        'half a close behind three requests': halfClosed(
          inOrder(3)
            .map((target) => ask(`GET ${target}`))
            .join(''),
          inOrder(3).map(at),
        ),
      },
      [],
      { halfClose: true },
    ),
  ],
};
