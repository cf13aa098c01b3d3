import {
  ask,
  type Course,
  declined,
  type Family,
  get,
  type Meaning,
  passed,
  passedLast,
  post,
  type Row,
  refused,
  type Script,
  smuggled,
  table,
} from '../vector.ts';

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const asks = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const handshake = (...more: readonly string[]): string => get(...asks, key, ...more);
const settings = 'HTTP2-Settings: AAMAAABkAAQAAP__';
const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', settings];
const unknown = handshake().replace('Version: 13', 'Version: 1337');

const switching = (protocol: string, more = ''): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n${more}\r\n`;
/** An upstream that agrees to whatever is asked, and takes what follows as it comes. */
const agrees = (protocol: string): Script => ({
  pieces: [switching(protocol, 'Sec-WebSocket-Accept: {accept}\r\n')],
  ending: 'tunnel',
});
const answers: Script = { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'] };
const ok = { status: 200, body: 'ok' } as const;
const first = { request: {}, answer: ok } as const;
/** The offer is ignored (RFC 9110 §7.8), or the request refused. */
const ignored = (method = 'GET'): readonly Course[] => [
  passed({ method, lacks: ['upgrade', 'http2-settings'] }),
  refused,
  declined,
];

const offers = (protocol: string): string => get('Connection: Upgrade', `Upgrade: ${protocol}`);
/** A request that a proxy adds something to: in a tunnel it would not. */
const marked = ask('GET /second');

const others = [
  ...['foo', 'TLS/1.0', 'TLS/1.3, HTTP/1.1', 'HTTP/2.0', 'connect-udp', 'websocketx', 'websocket/13'],
  ...['websocket, h2c', 'h2c, websocket', 'web socket'],
];
const offered = (protocol: string) => ({ writes: offers(protocol), script: agrees(protocol) });
/** The upstream answers with 101 in any case: unasked, that is no answer. */
const unasked: readonly Course[] = [[{ request: { lacks: ['upgrade'] }, answer: 'failed' }], refused];

/** What is not quite a WebSocket, before an upstream that agrees to it. Whoever forwards it as it is leaves that to the upstream. */
const half = (writes: string, request: Meaning = {}): Row => {
  const ignored: readonly Course[] = [[{ request: { ...request, lacks: ['upgrade'] }, answer: 'failed' }], refused];
  const forwarded: readonly Course[] = [[{ request, answer: { status: 101 } }], [{ request, answer: 'failed' }]];
  return { writes, allowed: [...ignored, declined, ...forwarded], promised: ignored };
};

/** What comes early waits for the tunnel, or is dropped. */
const early = (writes: readonly string[], tunnel: string): Row => ({
  writes,
  allowed: ['', tunnel].map((text): Course => [{ request: { tunnel: text }, answer: { status: 101 } }]),
});

export const upgrades: Family = {
  name: 'changes of the protocol',
  vectors: [
    ...table(
      'RFC 9113 §3.1: h2c by Upgrade is no more; advisory "h2c smuggling" (Bishop Fox, 2020)',
      {
        'Upgrade: h2c': get(...h2c),
        'Upgrade: h2c without its settings in Connection': get('Connection: Upgrade', 'Upgrade: h2c', settings),
        'Upgrade: h2c without settings': offers('h2c'),
        'Upgrade: H2C': offers('H2C'),
        'Upgrade: h2': offers('h2'),
        'Upgrade: h2c on POST': { writes: post([...h2c, 'Content-Length: 0']), allowed: ignored('POST') },
        'Upgrade: h2c, and a preface behind it': {
          writes: `${get(...h2c)}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
          allowed: [...ignored(), [{ request: { lacks: ['upgrade'] } }, ...refused]],
          halfClose: true,
        },
      },
      ignored(),
    ),
    ...table(
      'RFC 9110 §7.8: whoever forwards an offer is a tunnel when the upstream agrees',
      Object.fromEntries(
        others.map((protocol) => [`an upstream that would agree to Upgrade: ${protocol}`, offered(protocol)]),
      ),
      [...unasked, declined, [{ request: {}, answer: { status: 101 } }]],
      { promised: unasked },
    ),
    ...table(
      'RFC 9110 §7.8, §15.2.2: nobody has offered anything, or what is no more',
      {
        'an upstream that would agree to Upgrade: h2c': offered('h2c'),
        'an upstream that would agree to an empty Upgrade': {
          ...offered(''),
          allowed: [...unasked, declined, [{ request: {}, answer: 'failed' }]],
          promised: unasked,
        },
      },
      [...unasked, declined],
    ),
    ...table(
      'RFC 9110 §7.8: a server must ignore Upgrade in HTTP/1.0',
      { 'a WebSocket in HTTP/1.0': handshake().replace('HTTP/1.1', 'HTTP/1.0') },
      [passedLast(), passed(), refused],
      { promised: [passedLast({ lacks: ['upgrade'] }), refused] },
    ),
    ...table(
      'RFC 9110 §7.8: the same, and an upstream that would agree',
      { 'a WebSocket in HTTP/1.0 that is agreed to': handshake().replace('HTTP/1.1', 'HTTP/1.0') },
      [[{ request: { lacks: ['upgrade'] }, answer: 'failed' }], refused],
      { script: agrees('websocket') },
    ),
    ...table(
      'RFC 6455 §4.1, §4.2.1: GET, HTTP/1.1, a key, Connection and Upgrade',
      {
        'a WebSocket by POST': half(post([...asks, key, 'Content-Length: 0']), { method: 'POST' }),
        'a WebSocket by HEAD': half(ask('HEAD /', [...asks, key]), { method: 'HEAD' }),
        'a WebSocket without a key': half(get(...asks)),
        'a WebSocket with two keys': half(handshake(key)),
        'a WebSocket with an empty key': half(get(...asks, 'Sec-WebSocket-Key:')),
        'a WebSocket with a short key': half(get(...asks, 'Sec-WebSocket-Key: dGhl')),
        'a WebSocket without Upgrade in Connection': half(get('Connection: keep-alive', ...asks.slice(1), key)),
        'a WebSocket without Connection': half(get(...asks.slice(1), key)),
        'a WebSocket with a body': half(`${handshake('Content-Length: 3')}abc`, { body: 'abc' }),
        'a WebSocket with a body in chunks': half(`${handshake('Transfer-Encoding: chunked')}0\r\n\r\n`),
        'a WebSocket for OPTIONS *': half(ask('OPTIONS *', [...asks, key]), { method: 'OPTIONS', target: '*' }),
      },
      [],
      { script: agrees('websocket') },
    ),
    ...table(
      'RFC 6455 §4.2.2: the tunnel opens when the upstream agrees, and not before',
      {
        'a WebSocket': handshake(),
        'a WebSocket in odd cases': get(
          'connection: keep-alive, UPGRADE',
          'upgrade: WebSocket',
          'sec-websocket-version: 13',
          key,
        ),
      },
      [[{ request: { tunnel: 'in the tunnel' }, answer: { status: 101 } }]],
      {
        script: { ...agrees('websocket'), waits: true },
        inTunnel: 'in the tunnel',
        promised: [
          [{ request: { has: { upgrade: ['websocket'] }, tunnel: 'in the tunnel' }, answer: { status: 101 } }],
        ],
      },
    ),
    ...table(
      'RFC 6455 §4.1: what a client sends before the answer is not for the upstream yet',
      {
        'a WebSocket with bytes that come early': early([`${handshake()}early`], 'early'),
        'a WebSocket with a request that comes early': early([handshake(), smuggled], smuggled),
      },
      [],
      { script: { ...agrees('websocket'), waits: true } },
    ),
    ...table(
      'RFC 9110 §7.8: an upstream that does not agree; advisory "websocket smuggling" (0ang3el, 2019)',
      { 'a WebSocket that is answered with 200': handshake(), 'a WebSocket of an unknown version': unknown },
      [[first]],
      { script: answers },
    ),
    ...table(
      'RFC 9110 §7.8: the same, and what follows is a request like any other',
      {
        'a WebSocket that is answered with 200, and a request': `${handshake()}${marked}`,
        'a WebSocket of an unknown version, and a request': `${unknown}${marked}`,
      },
      [
        [first, { request: { target: '/second', has: { 'x-forwarded-for': ['127.0.0.1'] } }, answer: ok }],
        [first, 'closed'],
        [first, ...refused],
      ],
      { script: answers },
    ),
    ...table(
      'RFC 9110 §15.5.22, RFC 6455 §4.4: 426 is an answer like any other',
      { 'a WebSocket that is answered with 426': handshake() },
      [[{ request: {}, answer: { status: 426, has: { 'sec-websocket-version': ['13'] } } }]],
      {
        script: { pieces: ['HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n'] },
      },
    ),
  ],
};
