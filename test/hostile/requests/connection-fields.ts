import { type Family, get, passed, post, refused, table } from '../vector.ts';

const local = '127.0.0.1';

export const connectionFields: Family = {
  name: 'fields of the connection, and who may say how a request came',
  vectors: [
    ...table(
      'RFC 9110 §7.6.1: what Connection lists ends at the next hop',
      {
        'a name in Connection': get('Connection: X-Hop', 'X-Hop: 1'),
        'a name in Connection, behind its field': get('X-Hop: 1', 'Connection: X-Hop'),
        'a name in Connection in another case': get('Connection: x-hOP', 'X-Hop: 1'),
        'a name behind keep-alive': get('Connection: keep-alive, X-Hop', 'X-Hop: 1'),
        'a name behind close': get('Connection: close, X-Hop', 'X-Hop: 1'),
        'a name between empty elements': get('Connection: , ,X-Hop, ,', 'X-Hop: 1'),
        'a name between tabs': get('Connection: keep-alive\t,\tX-Hop\t', 'X-Hop: 1'),
        'a name in a second Connection': get('Connection: keep-alive', 'Connection: X-Hop', 'X-Hop: 1'),
        'a name that has two fields': get('Connection: X-Hop', 'X-Hop: 1', 'x-hop: 2'),
        'a hundred names in Connection': get(
          `Connection: ${Array.from({ length: 100 }, (_, index) => `X-${index}`).join(',')},X-Hop`,
          'X-Hop: 1',
        ),
      },
      [passed({ lacks: ['x-hop'] })],
    ),
    ...table(
      'RFC 9110 §7.6.1: fields of the connection, as Connection says',
      {
        'Keep-Alive that is listed': get('Connection: Keep-Alive', 'Keep-Alive: timeout=5'),
        'TE that is listed': get('Connection: TE', 'TE: gzip'),
        'Proxy-Connection that is listed': get('Connection: Proxy-Connection', 'Proxy-Connection: keep-alive'),
        'HTTP2-Settings that is listed': get('Connection: HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
      },
      [passed({ lacks: ['keep-alive', 'te', 'proxy-connection', 'http2-settings'] })],
    ),
    ...table(
      'RFC 9110 §7.6.1: fields of the connection should go, listed or not',
      {
        'Keep-Alive': get('Keep-Alive: timeout=5'),
        'Proxy-Connection': get('Proxy-Connection: X-Hop'),
        'HTTP2-Settings': get('HTTP2-Settings: AAMAAABkAAQAAP__'),
        'Upgrade that is not listed': get('Upgrade: foo'),
        'TE without trailers': get('TE: gzip, deflate;q=0.5'),
        'Proxy-Authorization': get('Proxy-Authorization: Basic YTpi'),
        'Trailer without chunks': get('Trailer: X-Sum'),
      },
      [passed()],
      {
        promised: [
          passed({
            lacks: [
              'keep-alive',
              'proxy-connection',
              'http2-settings',
              'upgrade',
              'te',
              'proxy-authorization',
              'trailer',
            ],
          }),
        ],
      },
    ),
    ...table(
      'RFC 9110 §10.1.4: whoever passes trailers on may say so',
      { 'TE: trailers': get('TE: trailers', 'Connection: TE') },
      [passed()],
      {
        promised: [
          passed({ has: { te: ['trailers'], connection: ['TE'] } }),
          passed({ has: { te: ['trailers'], connection: ['TE, close'] } }),
        ],
      },
    ),
    ...table(
      'RFC 9110 §7.6.1: Connection must not take what is for all; CVE-2022-31813, CVE-2024-45410',
      {
        'Host in Connection': get('Connection: Host'),
        'Host in Connection, in small letters': get('Connection: keep-alive, host'),
        'X-Forwarded-For in Connection': get('Connection: X-Forwarded-For'),
        'X-Forwarded-For in Connection, in small letters': get(
          'Connection: x-forwarded-for',
          'X-Forwarded-For: 6.6.6.6',
        ),
        'X-Forwarded-Proto in Connection': get('Connection: close, X-Forwarded-Proto'),
        'everything in Connection': get(
          'Connection: Host, Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, X-Request-Id, Connection',
        ),
      },
      [refused, passed()],
      {
        promised: [
          passed({ has: { 'x-forwarded-for': [local], 'x-forwarded-host': ['{host}'], via: ['1.1 sidings'] } }),
        ],
      },
    ),
    ...table(
      'RFC 9110 §7.6.1: Connection must not take the length',
      {
        'Content-Length in Connection': post(['Connection: Content-Length', 'Content-Length: 3'], 'abc'),
        'Transfer-Encoding in Connection': post(
          ['Connection: Transfer-Encoding', 'Transfer-Encoding: chunked'],
          '3\r\nabc\r\n0\r\n\r\n',
        ),
        'lengths in Connection': post(['Connection: content-length, transfer-encoding', 'Content-Length: 3'], 'abc'),
      },
      [refused, passed({ method: 'POST', body: 'abc' })],
      { promised: [passed({ method: 'POST', body: 'abc' })] },
    ),
    ...[
      'X-Forwarded-For',
      'x-forwarded-for',
      'X_Forwarded_For',
      'X.Forwarded.For',
      'X-Forwarded_For',
      'x_forwarded.for',
    ].flatMap((name) =>
      table(
        'DESIGN §10: fresh X-Forwarded-*; CVE-2022-23632, CVE-2024-45410, CGI takes _ for -',
        { [`${name} of the client`]: get(`${name}: 6.6.6.6`) },
        [passed()],
        {
          promised: [
            passed({
              has: { 'x-forwarded-for': [local] },
              lacks: ['x_forwarded_for', 'x.forwarded.for', 'x-forwarded_for', 'x_forwarded.for'],
            }),
          ],
        },
      ),
    ),
    ...table(
      'DESIGN §10: fresh X-Forwarded-*',
      {
        'X-Forwarded-Host of the client': get('X-Forwarded-Host: example.com'),
        'X-Forwarded-Host twice': get('X-Forwarded-Host: example.com', 'x-forwarded-host: {other}'),
        'X_Forwarded_Host of the client': get('X_Forwarded_Host: example.com'),
      },
      [passed()],
      { promised: [passed({ has: { 'x-forwarded-host': ['{host}'] }, lacks: ['x_forwarded_host'] })] },
    ),
    ...[
      'X-Forwarded-Server: a',
      'X-Forwarded-Prefix: /a',
      'X-Forwarded-Ssl: on',
      'X-Forwarded-User: root',
      'X_Forwarded_Scheme: https',
      'X-Real-IP: 6.6.6.6',
      'X_Real_IP: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'forwarded: for=6.6.6.6;host=a',
    ].flatMap((line) => {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      return table(
        'DESIGN §10: only the proxy says how a request came; RFC 7239 §8.1',
        { [`${line} of the client`]: get(line) },
        [passed()],
        {
          promised: [passed({ lacks: [name] })],
        },
      );
    }),
    ...table('RFC 9110 §7.6.3: Via grows', { 'Via of another proxy': get('Via: 1.0 other') }, [passed()], {
      promised: [passed({ has: { via: ['1.0 other, 1.1 sidings'] } })],
    }),
    ...table(
      'RFC 9110 §5.3: what is for the upstream arrives',
      {
        'Cookie and Authorization': get(
          'Cookie: a=1; b=2',
          'Authorization: Bearer x',
          'Range: bytes=0-1',
          'If-None-Match: "a"',
        ),
      },
      [
        passed({
          has: { cookie: ['a=1; b=2'], authorization: ['Bearer x'], range: ['bytes=0-1'], 'if-none-match': ['"a"'] },
        }),
      ],
    ),
  ],
};
