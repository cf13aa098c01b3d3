import {
  type Course,
  declined,
  declinedWith,
  type Family,
  get,
  passed,
  type Row,
  refused,
  refusedWith,
  table,
} from '../vector.ts';

const host = (value: string): string => get().replace('Host: {host}', `Host:${value}`);
const hosts = (...values: readonly string[]): string =>
  get().replace('Host: {host}', values.map((value) => `Host: ${value}`).join('\r\n'));
const asIs = (value: string): Row => ({ writes: host(` ${value}`), allowed: [passed({ host: value })] });
/** Not ours: an answer of the proxy, or passed on as it is by a proxy that has one upstream for all. */
const foreign = (value: string): readonly Course[] => [declined, refused, passed({ host: value.trim() })];

export const requestHosts: Family = {
  name: 'hosts',
  vectors: [
    ...table(
      'RFC 9112 §3.2: exactly one Host',
      {
        'no host': { writes: 'GET / HTTP/1.1\r\nX-A: b\r\n\r\n', allowed: [refused, declined] },
        'two equal hosts': hosts('{host}', '{host}'),
        'two hosts, ours first': hosts('{host}', 'example.com'),
        'two hosts, ours last': hosts('example.com', '{host}'),
        'two hosts of two copies': hosts('{host}', '{other}'),
        'two hosts, one empty': hosts('{host}', ''),
        'two hosts in odd cases': get('hOST: {other}'),
        'three hosts': hosts('{host}', '{host}', '{host}'),
        'two hosts, far apart': get(...Array.from({ length: 100 }, (_, index) => `X-${index}: 1`), 'Host: {other}'),
      },
      [refused, declinedWith(400)],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §3.2, RFC 3986 §3.2.2: an invalid Host is answered with 400',
      {
        'a host with user information': host(' a@{host}'),
        'a host as user information of another': host(' {host}@example.com'),
        'a host with a path': host(' {host}/a'),
        'a host with a backslash': host(' {host}\\a'),
        'a host with a query': host(' {host}?a'),
        'a host with a fragment': host(' {host}#a'),
        'a host with a scheme': host(' http://{host}'),
        'a host with a space': host(' {host} example.com'),
        'a host with a tab': host(' {host}\texample.com'),
        'a host with a port that is no number': host(' {host}:80x'),
        'a host with a negative port': host(' {host}:-1'),
        'a host with two ports': host(' {host}:80:80'),
        'a host with a port behind a space': host(' {host} :80'),
        'a host with NUL': host(' {host}\0'),
        'a host with NUL before another': host(' {host}\0.example.com'),
        'a host with a control character': host(' {host}\x01'),
        'a host with DEL': host(' {host}\x7f'),
        'a host behind an 8-bit space': host(' \xa0{host}'),
        'a host in angle brackets': host(' <{host}>'),
        'a host in quotes': host(' "{host}"'),
        'a host with braces': host(' {{host}}'),
        'a host with a pipe': host(' {host}|a'),
        'a host with a caret': host(' {host}^a'),
        'a host with half an address in brackets': host(' [::1'),
        'a host in brackets that is no address': host(' [{host}]'),
      },
      [refused, declined],
      { promised: [refusedWith(400)] },
    ),
    ...table(
      'RFC 9112 §5.1: no space between name and colon',
      {
        'a space before the colon of Host': get().replace('Host:', 'Host :'),
        'a second host with a space before the colon': get('Host : example.com'),
      },
      [refused],
    ),
    ...table(
      'RFC 9112 §5.2',
      { 'a second host on a folded line': get().replace('{host}', '{host}\r\n Host: example.com') },
      [refused, declined],
      { promised: [refused] },
    ),
    ...table('RFC 9112 §3.2: an empty Host', { 'an empty host': host('') }, foreign(''), {
      promised: [refusedWith(400)],
    }),
    ...[
      '{host},example.com',
      '{host}%2eexample.com',
      '%61',
      'caf\xe9.example',
      '{host}..',
      '..{host}',
      'a..{host}',
      ':80',
      '{host}:0',
      '{host}:65536',
      '{host}:99999999999',
    ].flatMap((value) =>
      table('RFC 3986 §3.2: odd, and not ours', { [`the host ${value}`]: host(` ${value}`) }, foreign(value), {
        promised: [refusedWith(400)],
      }),
    ),
    ...[
      'example.com',
      '{host}.example.com',
      'x{host}',
      'x-{host}',
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0',
      'localhost.localdomain',
      'a.b',
      '_',
      'a'.repeat(63),
      '__proto__',
      'constructor',
      'xn--e1afmkfd.example',
    ].flatMap((value) =>
      table(
        'RFC 9110 §7.4: a host that is not ours; DNS rebinding',
        { [`the host ${value}`]: host(` ${value}`) },
        foreign(value),
        {
          promised: [declinedWith(404, 421)],
        },
      ),
    ),
    ...table('RFC 9110 §7.4', { 'a host of 300 characters': host(` ${'a'.repeat(300)}`) }, foreign('a'.repeat(300)), {
      promised: [refusedWith(400)],
    }),
    ...table(
      'RFC 3986 §3.2.2: the same host',
      {
        'a host in capitals': asIs('{HOST}'),
        'a host with a port': asIs('{host}:80'),
        'a host with zeros before its port': asIs('{host}:0080'),
      },
      [],
    ),
    ...table(
      'RFC 3986 §3.2.2: a name that ends in a dot',
      { 'a host with a final dot': host(' {host}.') },
      [passed({ host: '{host}.' }), declined, refused],
      {
        promised: [passed({ host: '{host}.' })],
      },
    ),
    ...table('RFC 3986 §3.2.3: an empty port', { 'a host with an empty port': host(' {host}:') }, [
      passed({ host: '{host}:' }),
      passed(),
      declined,
      refused,
    ]),
    ...table(
      'RFC 9110 §7.2: no other field says the host',
      {
        'X-Forwarded-Host of another copy': get('X-Forwarded-Host: {other}'),
        'X-Host': get('X-Host: {other}'),
        'Forwarded of another copy': get('Forwarded: host={other}'),
        'X-Original-URL': get('X-Original-URL: /other'),
        'X-HTTP-Method-Override': get('X-HTTP-Method-Override: DELETE'),
      },
      [passed()],
    ),
  ],
};
