import {
  ask,
  type Course,
  declined,
  declinedWith,
  type Family,
  passed,
  type Row,
  refused,
  refusedWith,
  table,
} from '../vector.ts';

const at = (target: string): string => ask(`GET ${target}`);
/** A target that arrives byte for byte, or else something of this. */
const exactly = (target: string, ...others: readonly Course[]): Row => ({
  writes: at(target),
  allowed: [passed({ target }), ...others],
});
const named = (targets: readonly string[], ...others: readonly Course[]): Readonly<Record<string, Row>> =>
  Object.fromEntries(targets.map((target) => [`the target ${target}`, exactly(target, ...others)]));
const toOther = (target: string): readonly Course[] => [
  passed({ target: [target, `http://{other}${target}`], host: '{other}' }),
  declined,
  refused,
]; /** An absolute target without a path, and with this query. */
const withoutPath = (query: string): Row => {
  const forms = [`/${query}`, `http://{host}/${query}`, `http://{host}${query}`];
  return {
    writes: at(`http://{host}${query}`),
    allowed: [passed({ target: forms }), declined, refused],
    promised: [passed({ target: `/${query}` })],
  };
};
const long = (target: string) => ({
  writes: at(target),
  allowed: [passed({ target }), declined, refused],
  promised: [passed({ target })],
});
const odd = [
  ...['/%', '/%zz', '/%2', '/a|b', '/a"b', '/<a>', '/a\\b', '/\\a', '/a^b', '/`', '/{a}', '/[a]', '/a?{"b":1}'],
  ...['/\xe4', '/\xe2\x82\xac'],
];

/** Targets of none of the four forms. */
const formless = {
  'a target without a slash': 'evil',
  'a target that begins with a dot': '../a',
  'a target that begins with ?': '?a',
  'a target that begins with %2f': '%2fa',
  'a target that begins with \\': '\\a',
  'a target that begins with @': '@{host}/',
  'an asterisk for GET': '*',
  'an authority for GET': '{host}:80',
  'the scheme javascript': 'javascript:a',
  'http with one slash': 'http:/{host}/',
  'http without slashes': 'http:{host}/',
  'http without a host': 'http:///a',
  'http and nothing': 'http://',
  'http with a port alone': 'http://:80/',
  'http with two ports': 'http://{host}:80:80/',
  'http with a port that is none': 'http://{host}:80x/',
  'http with a backslash before another host': 'http://{host}\\@example.com/',
  'http with a fragment before another host': 'http://{host}#@example.com/',
  'http with a space encoded in its host': 'http://{host}%20/',
} as const;

export const targets: Family = {
  name: 'targets',
  vectors: [
    ...table(
      'RFC 9110 §7.7: a proxy must not modify path and query; CVE-2021-41773',
      named([
        '//a//b',
        '//example.com/a',
        '///',
        '/a/../b',
        '/./a/.',
        '/a%2Fb',
        '/a%5Cb',
        '/%e2%82%ac',
        '/a;b=c;d',
        '/a,b',
        '/@example.com',
        '/:80',
        '/a:b',
        '/*',
        "/a'b(c)!$&+=~",
        '/?',
        '/??a',
        '/a?b?c=/d',
        '/a?',
        '/a?b=http://c/?d',
        '/a?b=%23&c=%zz%',
        '/a?b[]=c',
        '/http://example.com/',
        '/A/a',
      ]),
      [],
    ),
    ...table(
      'RFC 9110 §7.7: the same, or refused as a precaution',
      named(
        ['/..', '/a/..;/b', '/%2e%2e/a', '/%2E%2e%2Fa', '/a%00b', '/%0d%0aX-A:%20b', '/%c0%ae/a'],
        declined,
        refused,
      ),
      [],
    ),
    ...table(
      'RFC 3986 §2.1, §3.3: characters that no target has; refused, or byte for byte',
      named(odd, declined, refused),
      [],
    ),
    ...table(
      'RFC 9112 §3.2: control characters',
      Object.fromEntries(
        ['\0', '\x01', '\x08', '\x0b', '\x1b', '\x7f'].map((char) => [
          `character ${char.charCodeAt(0).toString(16).padStart(2, '0')} in a target`,
          at(`/a${char}b`),
        ]),
      ),
      [refused, declined],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §3.2: a target has no fragment; refused, or byte for byte; CVE-2023-45539',
      {
        'a fragment': exactly('/a#b', declined, refused),
        'a fragment in a query': exactly('/a?b#c', declined, refused),
        'a fragment alone': exactly('/#', declined, refused),
        'a fragment that looks like a path': exactly('/a#/../b', declined, refused),
      },
      [],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §3.2: none of the four forms; refused, or byte for byte',
      {
        'the scheme ftp': {
          writes: at('ftp://{host}/'),
          allowed: [refused, declined, passed({ target: ['/', 'ftp://{host}/'] })],
        },
        'an asterisk with something behind it': {
          writes: ask('OPTIONS *a'),
          allowed: [declined, refused, passed({ method: 'OPTIONS', target: '*a' })],
        },
        ...Object.fromEntries(
          Object.entries(formless).map(([name, target]) => [name, exactly(target, declined, refused)]),
        ),
      },
      [],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9110 §4.2.4: user information should be an error',
      Object.fromEntries(
        Object.entries({
          'user information in the target': 'http://a@{host}/',
          'user and password in the target': 'http://a:b@{host}/',
          'a host as user information': 'http://example.com@{host}/',
        }).map(([name, target]) => [
          name,
          { writes: at(target), allowed: [refused, declined, passed({ target: ['/', 'http://{host}/', target] })] },
        ]),
      ),
      [],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §3.2.2: the authority of the target counts, and replaces Host',
      {
        'an absolute target': at('http://{host}/a?b').replace('Host: {host}', 'Host: example.com'),
        'an absolute target beside another copy': at('http://{host}/a?b').replace('Host: {host}', 'Host: {other}'),
        'an absolute target in capitals': at('HTTP://{host}/a?b'),
        'an absolute target of https': at('https://{host}/a?b'),
      },
      [passed({ target: ['/a?b', 'http://{host}/a?b', 'HTTP://{host}/a?b', 'https://{host}/a?b'] }), declined, refused],
      { promised: [passed({ target: '/a?b' })] },
    ),
    ...table(
      'RFC 9112 §3.2.2; RFC 9110 §4.2.3: an empty path is /',
      {
        'an absolute target without a path': withoutPath(''),
        'an absolute target with a query alone': withoutPath('?a'),
      },
      [],
    ),
    ...table(
      'RFC 9112 §3.2.2: an absolute target leads to its own host, whatever Host says',
      { 'an absolute target of another copy': at('http://{other}/a') },
      toOther('/a'),
      { promised: [passed({ target: '/a', host: '{other}' })] },
    ),
    ...table(
      'RFC 9110 §7.4: an absolute target of a host that is not ours',
      { 'an absolute target of a foreign host': at('http://example.com/a') },
      [declined, refused, passed({ target: ['/a', 'http://example.com/a'], host: 'example.com' })],
      { promised: [declinedWith(421)] },
    ),
    ...table(
      'RFC 9112 §3.2.4',
      { 'OPTIONS for everything': ask('OPTIONS *') },
      [passed({ method: 'OPTIONS', target: '*' }), declined],
      {
        promised: [passed({ method: 'OPTIONS', target: '*' })],
      },
    ),
    ...table(
      'RFC 9112 §3.2.4: an absolute target without a path is * for OPTIONS',
      { 'OPTIONS for a whole host': ask('OPTIONS http://{host}') },
      [passed({ method: 'OPTIONS', target: ['*', 'http://{host}'] }), declined, refused],
      { promised: [passed({ method: 'OPTIONS', target: '*' })] },
    ),
    ...table(
      'RFC 9112 §3: request lines of 8000 bytes',
      { 'a target of 7900 bytes': at(`/${'a'.repeat(7899)}`) },
      [passed({ target: `/${'a'.repeat(7899)}` }), declinedWith(414), refusedWith(414)],
      { promised: [passed({ target: `/${'a'.repeat(7899)}` })] },
    ),
    ...table(
      'RFC 9112 §3: a target that is too long',
      {
        'a target of 60 KB': long(`/${'a'.repeat(60_000)}`),
        'a query of 60 KB': long(`/?${'%20'.repeat(20_000)}`),
        'a target of 80 KB': { ...long(`/${'a'.repeat(80_000)}`), promised: [refusedWith(431)] },
      },
      [],
    ),
  ],
};
