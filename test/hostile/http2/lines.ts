import { endHeaders, endStream } from '../../support/frames.ts';
import {
  ask,
  type Bytes,
  type Course,
  ended,
  type Family,
  type Fields,
  fieldsOf,
  head,
  inFrames,
  type Line,
  malformed,
  passed,
  type Row,
  refused,
  refusedWith,
  smuggled,
  table,
} from './vector.ts';

const line = (changes: Line): Row => [ask(changes)];
const fields = (...all: Fields): Row => [head(all, endHeaders | endStream)];
const usual = fieldsOf();
const without = (name: string): Row => fields(...usual.filter(([known]) => known !== name));
const twice = (name: string, value: string): Row => fields(...usual, [name, value]);
const path = (target: string): Row => line({ ':path': target });
const paths = (targets: readonly string[], ...others: readonly Course[]): Readonly<Record<string, Row>> =>
  Object.fromEntries(
    targets.map((target) => [
      `the path ${target}`,
      { acts: [ask({ ':path': target })], allowed: [passed({ target }), ...others] },
    ]),
  );

/** A path that needs several frames. */
const long = (size: number): readonly Bytes[] => inFrames(fieldsOf({ ':path': `/${'a'.repeat(size)}` }));

export const lines: Family = {
  name: 'pseudo-header fields',
  vectors: [
    ...table(
      'RFC 9113 §8.3, §8.3.1: which pseudo-header fields there must be, and how often',
      {
        'no method': without(':method'),
        'no scheme': without(':scheme'),
        'no path': without(':path'),
        'no pseudo-header field at all': fields(['x-a', '1']),
        'no field at all': fields(),
        'two methods': twice(':method', 'GET'),
        'two different methods': twice(':method', 'POST'),
        'two schemes': twice(':scheme', 'https'),
        'two paths': twice(':path', '/'),
        'two different paths': twice(':path', '/smuggled'),
        'two authorities': twice(':authority', '{host}'),
        'two authorities of two copies': twice(':authority', '{other}'),
        'a pseudo-header field that nobody knows': twice(':foo', 'bar'),
        'a colon as a name': twice(':', 'bar'),
        'a pseudo-header field of answers': twice(':status', '200'),
        ':protocol without CONNECT': twice(':protocol', 'websocket'),
        ':host': twice(':host', '{other}'),
        'a pseudo-header field in upper case': fields([':METHOD', 'GET'], ...usual.slice(1)),
        'a pseudo-header field with a space': fields([':method ', 'GET'], ...usual.slice(1)),
        'a pseudo-header field with two colons': twice('::path', '/smuggled'),
        'a pseudo-header field behind others': fields(...usual.slice(0, 3), ['x-a', '1'], [':path', '/']),
        'a second path behind others': fields(...usual, ['x-a', '1'], [':path', '/smuggled']),
        'an authority behind others': fields(
          ...usual.filter(([name]) => name !== ':authority'),
          ['x-a', '1'],
          [':authority', '{host}'],
        ),
      },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.3.1, RFC 9110 §9.1: a method is a token',
      {
        'an empty method': line({ ':method': '' }),
        'a method with a space': line({ ':method': 'GE T' }),
        'a method with a target': line({ ':method': 'GET /smuggled HTTP/1.1' }),
        'a request in a method': line({ ':method': `${smuggled}GET` }),
        'a method with CR': line({ ':method': 'GET\r' }),
        'a method with LF': line({ ':method': 'GET\n' }),
        'a method with NUL': line({ ':method': 'GET\0' }),
        'a method with a tab': line({ ':method': 'GET\t' }),
        'a method with a colon': line({ ':method': 'GET:' }),
        'a method with a bracket': line({ ':method': 'GE(T' }),
        'a method with an 8-bit character': line({ ':method': 'GET\xe9' }),
      },
      malformed,
    ),
    ...table(
      'RFC 9110 §9.1, §9.3: methods',
      {
        'a method in small letters': {
          acts: [ask({ ':method': 'get' })],
          allowed: [passed({ method: 'get' }), refused],
        },
        'a method that nobody knows': {
          acts: [ask({ ':method': 'BREW' })],
          allowed: [passed({ method: 'BREW' }), refused],
          promised: [passed({ method: 'BREW' })],
        },
        'a method of 10 KB': {
          acts: [ask({ ':method': 'A'.repeat(10_000) })],
          allowed: [passed({ method: 'A'.repeat(10_000) }), ...malformed],
        },
        'the method PRI': {
          acts: [ask({ ':method': 'PRI', ':path': '/' })],
          allowed: [passed({ method: 'PRI' }), ...malformed],
        },
        TRACE: {
          acts: [ask({ ':method': 'TRACE' })],
          allowed: [refused, passed({ method: 'TRACE' })],
          promised: [refused],
        },
        HEAD: { acts: [ask({ ':method': 'HEAD' })], allowed: [passed({ method: 'HEAD' })] },
      },
      [],
    ),
    ...table(
      'RFC 9113 §8.3.1: a path begins with a slash, and holds no character that a target cannot; CVE-2021-33193, CVE-2021-36740',
      {
        'an empty path': path(''),
        'a path with a space': path('/a b'),
        'a path with a space before it': path(' /a'),
        'a path with a space behind it': path('/a '),
        'a path with a version': path('/ HTTP/1.1'),
        'a path with a version and a field': path('/ HTTP/1.1\r\nX-Smuggled: 1'),
        'a request in a path': path(`/ HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`),
        'a path with CR': path('/a\rb'),
        'a path with LF': path('/a\nb'),
        'a path with NUL': path('/a\0b'),
        'a path with a tab': path('/a\tb'),
        'a path with DEL': path('/a\x7fb'),
        'a path with an escape': path('/a\x1bb'),
        'a path without a slash': path('evil'),
        'a path that begins with a dot': path('../a'),
        'a path that begins with ?': path('?a'),
        'a path that begins with @': path('@{other}/'),
        'a path that begins with a colon': path(':80/'),
        'a path that begins with a backslash': path('\\a'),
        'an asterisk for GET': path('*'),
        'an asterisk and more': path('*a'),
        'a whole address as a path': path('https://{host}/a'),
        'an address of another host as a path': path('http://{other}/a'),
        'an address without slashes as a path': path('https:a'),
      },
      malformed,
    ),
    ...table(
      'RFC 9110 §7.7: a proxy must not modify path and query',
      paths([
        ...[
          '//a//b',
          '//example.com/a',
          '/a/../b',
          '/./a',
          '/a%2Fb',
          '/a%5Cb',
          '/%e2%82%ac',
          '/a;b=c',
          '/@{host}',
          '/:80',
        ],
        ...['/*', '/?', '/a?b=http://c/?d', '/http://example.com/', "/a'b(c)!$&+=~"],
      ]),
      [],
    ),
    ...table(
      'RFC 3986 §3.3: characters that no path has; refused, or byte for byte',
      paths(
        [
          '/a|b',
          '/a"b',
          '/<a>',
          '/a\\b',
          '/{a}',
          '/a^b',
          '/%',
          '/%zz',
          '/\xe4',
          '/%00',
          '/..',
          '/%0d%0aX-A:1',
          '/a#b',
          '/#',
        ],
        ...malformed,
      ),
      [],
    ),
    ...table(
      'RFC 9113 §8.3.1: an asterisk for OPTIONS alone',
      { 'OPTIONS for everything': line({ ':method': 'OPTIONS', ':path': '*' }) },
      [passed({ method: 'OPTIONS', target: '*' }), refused],
      { promised: [passed({ method: 'OPTIONS', target: '*' })] },
    ),
    ...table(
      'RFC 9113 §8.3.1: a fragment is no part of a path',
      { 'a fragment that looks like a path': path('/a#/../b') },
      [...malformed, passed({ target: '/a#/../b' })],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9113 §8.3.1, RFC 3986 §3.1: schemes; advisory "HTTP/2: the sequel is always worse" (Kettle, 2021)',
      {
        'an empty scheme': line({ ':scheme': '' }),
        'a scheme that is an address': line({ ':scheme': 'https://{other}/smuggled?' }),
        'a scheme with a space': line({ ':scheme': 'https x' }),
        'a scheme with CR LF': line({ ':scheme': 'https\r\nX-Smuggled: 1' }),
        'a scheme with NUL': line({ ':scheme': 'https\0' }),
        'a scheme with a colon': line({ ':scheme': 'https:' }),
        'a scheme with a slash': line({ ':scheme': 'https/' }),
      },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.3.1: :scheme is not restricted to http and https',
      Object.fromEntries(
        ['ftp', 'javascript'].map((scheme) => [
          `the scheme ${scheme}`,
          {
            acts: [ask({ ':scheme': scheme })],
            allowed: [...malformed, passed({ target: ['/', `${scheme}://{host}/`] })],
          },
        ]),
      ),
      [],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9113 §8.3.1',
      {
        'the scheme http inside TLS': line({ ':scheme': 'http' }),
        'the scheme HTTPS in capitals': line({ ':scheme': 'HTTPS' }),
      },
      [passed(), ...malformed],
      { promised: [passed({ has: { 'x-forwarded-proto': ['https'] } })] },
    ),
    ...table(
      'RFC 9113 §8.5, RFC 9110 §9.3.6: whoever forwards CONNECT leaves it to the upstream, which declines',
      Object.fromEntries(
        ['{host}', '{host}:80', '{host}:22', '169.254.169.254:80'].map((target) => [
          `CONNECT to ${target}`,
          {
            acts: [ask({ ':method': 'CONNECT', ':scheme': undefined, ':path': undefined, ':authority': target })],
            allowed: [...malformed, passed({ method: 'CONNECT', target, host: target })],
          },
        ]),
      ),
      [],
      { promised: [refusedWith(501)] },
    ),
    ...table(
      'RFC 9113 §8.5: CONNECT has neither scheme nor path, and an authority',
      {
        'CONNECT with a scheme and a path': [ask({ ':method': 'CONNECT' })],
        'CONNECT with a path': [ask({ ':method': 'CONNECT', ':scheme': undefined })],
        'CONNECT without an authority': [
          ask({ ':method': 'CONNECT', ':scheme': undefined, ':path': undefined, ':authority': undefined }),
        ],
      },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.3: a target that is too long',
      {
        'a path of 60 KB': {
          acts: long(60_000),
          allowed: [passed({ target: `/${'a'.repeat(60_000)}` }), ...malformed],
          promised: [passed({ target: `/${'a'.repeat(60_000)}` })],
        },
        // nghttp2 takes no text of more than 64 KiB: behind it, its table may not be what the client thinks. Our own frames refuse it.
        'a path of 80 KB': { acts: long(80_000), promised: [ended, refusedWith(431)] },
      },
      [passed({ target: `/${'a'.repeat(80_000)}` }), ...malformed, ended],
    ),
  ],
};
