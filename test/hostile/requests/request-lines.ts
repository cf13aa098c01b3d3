import {
  ask,
  type Course,
  declined,
  declinedWith,
  type Family,
  get,
  givenUp,
  passed,
  passedLast,
  type Row,
  refused,
  refusedWith,
  smuggled,
  table,
} from '../vector.ts';

const line = (text: string): string => get().replace('GET / HTTP/1.1', text);
const version = (text: string): string => line(`GET / ${text}`);
const method = (name: string): Row => ({
  writes: ask(`${name} /`),
  allowed: [declined, refused, passed({ method: name })],
});
/** CONNECT that is forwarded: Host may be the authority of the target, with its port or without. */
const connects = (target: string): readonly Course[] =>
  [target, target.replace(/:\d+$/, ''), '{host}'].map((host) => passed({ method: 'CONNECT', target, host }));
const connect = (target: string, behind = '') => ({
  writes: `${ask(`CONNECT ${target}`).replace('Host: {host}', `Host: ${target === '/' ? '{host}' : target}`)}${behind}`,
  allowed: [declined, refused, ...connects(target)],
});

export const requestLines: Family = {
  name: 'request lines',
  vectors: [
    ...table(
      'RFC 9112 §3: other white space between the parts may be taken for a space',
      {
        'two spaces behind the method': line('GET  / HTTP/1.1'),
        'two spaces before the version': line('GET /  HTTP/1.1'),
        'tabs for spaces': line('GET\t/\tHTTP/1.1'),
        'a vertical tab for a space': line('GET\x0b/ HTTP/1.1'),
        'a form feed for a space': line('GET /\x0cHTTP/1.1'),
        'a bare CR for a space': line('GET /\rHTTP/1.1'),
        'a space behind the version': line('GET / HTTP/1.1 '),
        'a tab behind the version': line('GET / HTTP/1.1\t'),
      },
      [refused, passed()],
    ),
    ...table(
      'RFC 9112 §3, §3.2: an invalid request line',
      {
        'a space in the target': line('GET /a b HTTP/1.1'),
        'a version in the target': line('GET / HTTP/1.1 HTTP/1.1'),
        'no target': line('GET HTTP/1.1'),
        'no target between two spaces': line('GET  HTTP/1.1'),
        'no method': line('/ HTTP/1.1'),
        'no method before a space': line(' / HTTP/1.1'),
        'an empty request line of spaces': line('  '),
        'a request line of one word': line('GET'),
        'an 8-bit space for a space': line('GET\xa0/ HTTP/1.1'),
        'NUL for a space': line('GET\0/ HTTP/1.1'),
      },
      [refused, declined],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9110 §2.5: a higher minor version may be taken for 1.1',
      { 'HTTP/1.2': version('HTTP/1.2'), 'HTTP/1.9': version('HTTP/1.9') },
      [refused, passed()],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §2.3: HTTP/DIGIT.DIGIT, in capitals',
      {
        'HTTP/2.0 in a request line': version('HTTP/2.0'),
        'HTTP/2': version('HTTP/2'),
        'HTTP/2.1': version('HTTP/2.1'),
        'HTTP/3.0': version('HTTP/3.0'),
        'HTTP/0.9 in a request line': version('HTTP/0.9'),
        'HTTP/9.9': version('HTTP/9.9'),
        'HTTP/1.10': version('HTTP/1.10'),
        'HTTP/1.01': version('HTTP/1.01'),
        'HTTP/01.1': version('HTTP/01.1'),
        'HTTP/1.': version('HTTP/1.'),
        'HTTP/1': version('HTTP/1'),
        'HTTP/.1': version('HTTP/.1'),
        'HTTP/': version('HTTP/'),
        'HTTP/+1.1': version('HTTP/+1.1'),
        'HTTP/-1.1': version('HTTP/-1.1'),
        'HTTP/1,1': version('HTTP/1,1'),
        'HTTP/1.1x': version('HTTP/1.1x'),
        'HTTP /1.1': version('HTTP /1.1'),
        'HTTP/ 1.1': version('HTTP/ 1.1'),
        'HTTP\\1.1': version('HTTP\\1.1'),
        'http/1.1': version('http/1.1'),
        'HTTPS/1.1': version('HTTPS/1.1'),
        'XHTTP/1.1': version('XHTTP/1.1'),
        'ICE/1.0': version('ICE/1.0'),
        'RTSP/1.0': version('RTSP/1.0'),
        'a version with NUL': version('HTTP/1.1\0'),
        'a version in wide digits': version('HTTP/\xef\xbc\x91.\xef\xbc\x91'),
      },
      // To refuse an invalid request line is only a SHOULD.
      [refused, passed(), passedLast()],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §A.1.1: HTTP/0.9 has neither fields nor a status',
      {
        'HTTP/0.9': 'GET /\r\n',
        'HTTP/0.9 that ends in LF': 'GET /\n',
        'HTTP/0.9, and fields': 'GET /\r\nHost: {host}\r\n\r\n',
      },
      [refused],
      { halfClose: true },
    ),
    ...table(
      'RFC 9113 §3.4: the preface of HTTP/2, which was not agreed upon',
      {
        'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'the preface of HTTP/2 with a frame': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
        'the preface of HTTP/2, and a request': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`,
      },
      [refused, givenUp, ['http2']],
      { halfClose: true, promised: [refused] },
    ),
    ...table(
      'RFC 9113 §3.4: the same, behind a request',
      { 'the preface of HTTP/2 behind a request': `${get()}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n` },
      [[{ request: {} }, ...refused], passedLast(), [{ request: {} }, ...declined]],
    ),
    ...table(
      'RFC 9112 §2.2: what is not HTTP',
      {
        'the beginning of TLS in what is to be HTTP': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
        'a banner of SSH': 'SSH-2.0-OpenSSH_9.2\r\n',
        'a greeting of SMTP': 'EHLO {host}\r\n',
        'the PROXY protocol': `PROXY TCP4 6.6.6.6 127.0.0.1 1 80\r\n${get()}`,
        'the PROXY protocol, version 2': `\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\x06\x06\x06\x06\x7f\0\0\x01\0\x01\0\x50${get()}`,
        'a command of Redis': '*1\r\n$4\r\nPING\r\n',
        'a kilobyte of NUL': '\0'.repeat(1024),
        'random bytes': Array.from({ length: 256 }, (_, index) => String.fromCharCode((index * 167 + 89) % 256)).join(
          '',
        ),
      },
      [refused],
      { halfClose: true },
    ),
    ...table(
      'RFC 9110 §9.1: methods are case-sensitive tokens',
      {
        'get in small letters': method('get'),
        'a method that nobody knows': method('BREW'),
        'a method of one character': method('!'),
      },
      [],
    ),
    ...[...'"(),/:;<=>?@[\\]{}\0\x01\x7f\xe4'].flatMap((char) =>
      table(
        'RFC 9110 §9.1: a method is a token',
        { [`character ${char.charCodeAt(0).toString(16)} in a method`]: ask(`G${char}T /`) },
        [refused, declined],
      ),
    ),
    ...table('RFC 9110 §9.1', { 'a method of 10 KB': ask(`${'A'.repeat(10_000)} /`) }, [
      refused,
      declined,
      passed({ method: 'A'.repeat(10_000) }),
    ]),
    ...table(
      'RFC 9110 §9.3.8: TRACE shows what a proxy adds',
      { TRACE: ask('TRACE /') },
      [declined, refused, passed({ method: 'TRACE' })],
      { promised: [refusedWith(501)] },
    ),
    ...table(
      'RFC 9110 §9.3.6: CONNECT to where a reverse proxy is no way; whoever forwards it leaves it to the upstream, which declines',
      {
        CONNECT: connect('{host}:80'),
        'CONNECT to another port': connect('127.0.0.1:22'),
        'CONNECT to a path': connect('/'),
        'CONNECT with what follows': {
          ...connect('{host}:80', smuggled),
          allowed: [
            declined,
            refused,
            ...connects('{host}:80').map((course): Course => [...course, { request: { target: '/smuggled' } }]),
            ...connects('{host}:80').map((course): Course => [...course, 'closed']),
          ],
        },
      },
      [],
      { promised: [refusedWith(501)] },
    ),
    ...table(
      'RFC 9112 §9.3; RFC 9110 §9.3.6',
      { 'CONNECT behind a request': `${get()}${ask('CONNECT {host}:443')}` },
      [
        [{ request: {} }, { closes: false }],
        [{ request: {} }, { closes: true }],
        ...connects('{host}:443').map((course): Course => [{ request: {} }, ...course]),
      ],
      { promised: [[{ request: {} }, { closes: true, statuses: [501] }]] },
    ),
    ...table(
      'RFC 9112 §9.3: HTTP/1.0',
      { 'HTTP/1.0': line('GET / HTTP/1.0'), 'HTTP/1.0, and a second request': `${line('GET / HTTP/1.0')}${smuggled}` },
      [passedLast()],
    ),
    ...table(
      'RFC 9112 §9.3, §C.2.2: HTTP/1.0 that wants to go on',
      { 'HTTP/1.0 that wants to go on': get('Connection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0') },
      [passed()],
    ),
    ...table('RFC 9110 §15.6.2', { 'LINK, which nobody implements': ask('LINK /') }, [
      passed({ method: 'LINK' }),
      declined,
      declinedWith(501),
    ]),
  ],
};
