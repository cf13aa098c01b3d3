import {
  ask,
  type Course,
  type Family,
  get,
  malformed,
  passed,
  type Row,
  refused,
  refusedWith,
  table,
} from './vector.ts';

const authority = (value: string): Row => [ask({ ':authority': value })];
const host = (value: string, more: readonly string[] = []): Row => [
  ask(
    { ':authority': undefined },
    [value, ...more].map((each) => ['host', each] as const),
  ),
];
const both = (value: string): Row => [get(['host', value])];
/** Not ours: refused, or passed on as it is by a proxy that has one upstream for all. */
const foreign = (value: string): readonly Course[] => [...malformed, passed({ host: value })];
const asIs = (value: string): Row => ({ acts: [ask({ ':authority': value })], allowed: [passed({ host: value })] });

export const hosts: Family = {
  name: 'authorities and hosts',
  vectors: [
    ...table(
      'RFC 9113 §8.3.1: an authority has no user information, and is what RFC 3986 §3.2 says; CVE-2021-39155',
      {
        'an authority with user information': authority('a@{host}'),
        'an authority as user information of another': authority('{host}@example.com'),
        'an authority with a password': authority('a:b@{host}'),
        'an authority with a path': authority('{host}/a'),
        'an authority with a query': authority('{host}?a'),
        'an authority with a fragment': authority('{host}#a'),
        'an authority with a backslash': authority('{host}\\a'),
        'an authority with a space': authority('{host} a'),
        'an authority with a space before it': authority(' {host}'),
        'an authority with a tab': authority('{host}\ta'),
        'an authority with CR LF': authority('{host}\r\nX-Smuggled: 1'),
        'an authority with LF': authority('{host}\nX-Smuggled: 1'),
        'a request in an authority': authority('{host}\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a'),
        'an authority with NUL': authority('{host}\0.example.com'),
        'an authority with a scheme': authority('https://{host}'),
        'an authority with two ports': authority('{host}:80:80'),
        'an authority with a port that is no number': authority('{host}:80x'),
        'an authority with half an address in brackets': authority('[::1'),
        'an authority in angle brackets': authority('<{host}>'),
        'an authority with a control character': authority('{host}\x01'),
        'an authority with DEL': authority('{host}\x7f'),
      },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.3.1: http and https need an authority or a Host',
      { 'no authority and no host': [ask({ ':authority': undefined })] },
      malformed,
    ),
    ...table(
      'RFC 9113 §8.3.1: Host in the place of :authority',
      { 'a host in the place of an authority': host('{host}'), 'an authority and the same host': both('{host}') },
      [passed()],
    ),
    ...table(
      'RFC 9113 §8.3.1: a Host that is another than :authority; refused, or ignored (§8.3.1 of the intermediary)',
      {
        'a host of another copy': both('{other}'),
        'a host that is foreign': both('example.com'),
        'a host with another port': both('{host}:81'),
        'an empty host beside an authority': both(''),
        'a host with CR LF beside an authority': both('{host}\r\nX-Smuggled: 1'),
        'two hosts beside an authority': [get(['host', '{host}'], ['host', '{other}'])],
        'two equal hosts beside an authority': [get(['host', '{host}'], ['host', '{host}'])],
      },
      [...malformed, passed({ lacks: ['x-smuggled'] })],
    ),
    ...table(
      'RFC 9112 §3.2, RFC 9113 §8.3.1: exactly one Host',
      {
        'two hosts': host('{host}', ['{other}']),
        'two equal hosts': host('{host}', ['{host}']),
        'a host with user information': host('a@{host}'),
        'a host with CR LF': host('{host}\r\nX-Smuggled: 1'),
        'a host with a space': host('{host} a'),
        'a host with a path': host('{host}/a'),
      },
      malformed,
    ),
    ...table(
      'RFC 9110 §7.2: an empty authority',
      { 'an empty authority': authority(''), 'an empty host': host('') },
      foreign(''),
      {
        promised: [refused],
      },
    ),
    ...[
      'example.com',
      'x{host}',
      '{host}.example.com',
      '127.0.0.1',
      '[::1]',
      '__proto__',
      'constructor',
      'localhost.localdomain',
    ].flatMap((value) =>
      table(
        'RFC 9110 §7.4: an authority that is not ours; DNS rebinding',
        { [`the authority ${value}`]: authority(value) },
        foreign(value),
        {
          promised: [refusedWith(404, 421)],
        },
      ),
    ),
    ...[
      '{host},example.com',
      '{host}..',
      '..{host}',
      ':80',
      '{host}:0',
      '{host}:65536',
      'caf\xe9.example',
      '%61',
      'a'.repeat(300),
    ].flatMap((value) =>
      table(
        'RFC 3986 §3.2: odd, and not ours',
        { [`the authority ${value.slice(0, 40)}`]: authority(value) },
        foreign(value),
        {
          promised: [refused],
        },
      ),
    ),
    ...table(
      'RFC 3986 §3.2.2, RFC 9110 §7.2: the same host',
      { 'an authority in capitals': asIs('{HOST}'), 'an authority with a port': asIs('{host}:80') },
      [],
    ),
    ...table(
      'RFC 9113 §9.1.1, RFC 9110 §7.4: routed by its authority, whatever name TLS was opened with; or 421',
      {
        'the authority of another copy than TLS was opened for': {
          acts: [ask({ ':authority': '{other}' })],
          allowed: [passed({ host: '{other}' }), refused],
          promised: [passed({ host: '{other}' })],
        },
        'requests to two copies on one connection': {
          acts: [
            ask({ ':path': '/1' }),
            ask({ ':authority': '{other}', ':path': '/3' }, [], 3),
            ask({ ':path': '/5' }, [], 5),
          ],
          allowed: [
            {
              streams: [
                { request: { target: '/1' } },
                { request: { target: '/3', host: '{other}' } },
                { request: { target: '/5' } },
              ],
              connection: 'goes on',
            },
            {
              streams: [{ request: { target: '/1' } }, { refused: true }, { request: { target: '/5' } }],
              connection: 'goes on',
            },
          ],
        },
      },
      [],
    ),
  ],
};
