import type { Family } from '../vector.ts';
import { abc, answering, cut, failed, ok, relayed } from './common.ts';

const withField = (field: string): string => `${ok}${field}\r\nContent-Length: 3\r\n\r\nabc`;
const line = (text: string): string => abc.replace('HTTP/1.1 200 OK', text);
const strictly = { promised: [failed] } as const;
const end = (text: string) => ({ pieces: [text], ending: 'end' }) as const;
const beyond = (status: number) => ({
  answers: line(`HTTP/1.1 ${status} Odd`),
  allowed: [failed, relayed({ status })],
  promised: [failed],
});
const valued = (value: string) => ({
  answers: withField(`X-A: ${value}`),
  allowed: [relayed({ has: { 'x-a': [value] } })],
});
const whole = (field: string, has: Readonly<Record<string, readonly string[]>>) => ({
  answers: withField(field),
  allowed: [relayed({ has }), failed],
  promised: [relayed({ has })],
});

export const answerHeads: Family = {
  name: 'heads of answers',
  vectors: [
    ...answering(
      'RFC 9110 §5.5: NUL, CR and LF are refused or replaced',
      {
        'an answer with NUL in a value': withField('X-A: a\0b'),
        'an answer with a bare CR in a value': withField('X-A: a\rb'),
        'an answer with a bare CR before a field': withField('X-A: a\rSet-Cookie: b=c'),
      },
      [failed, relayed({ lacks: ['set-cookie'] })],
      strictly,
    ),
    ...answering(
      'RFC 9112 §2.2: a bare LF may end a line',
      {
        'an answer with a bare LF behind a field': withField('X-A: a\nX-B: b'),
        'an answer with LF instead of CR LF everywhere': abc.replaceAll('\r\n', '\n'),
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9110 §5.5: other control characters may be kept',
      {
        'an answer with a control character in a value': withField('X-A: a\x01b'),
        'an answer with DEL in a value': withField('X-A: a\x7fb'),
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §5.2: a folded line is refused or joined',
      {
        'an answer with a folded line': withField('X-A: b\r\n c'),
        'an answer with a line folded by a tab': withField('X-A: b\r\n\tc'),
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §5.1: a proxy removes white space before a colon in answers, or refuses',
      {
        'an answer with a space before a colon': withField('X-A : b'),
        'an answer with a space before the colon of its length': `${ok}Content-Length : 3\r\n\r\nabc`,
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §5: what is not a field',
      {
        'an answer with a line without a colon': withField('X-A'),
        'an answer with an empty name': withField(': b'),
        'an answer with a space in a name': withField('X A: b'),
        'an answer with NUL in a name': withField('X\0A: b'),
        'an answer with an 8-bit character in a name': withField('X\xe4: b'),
        'an answer with a space before its first field': withField(' X-A: b'),
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9112 §4: HTTP/DIGIT.DIGIT, a space, three digits',
      {
        'status 2000': line('HTTP/1.1 2000 OK'),
        'status 20': line('HTTP/1.1 20 OK'),
        'a status of letters': line('HTTP/1.1 abc OK'),
        'a negative status': line('HTTP/1.1 -200 OK'),
        'a status of nothing': line('HTTP/1.1  OK'),
        'no status': line('HTTP/1.1'),
        'two spaces before the status': line('HTTP/1.1  200 OK'),
        'a tab before the status': line('HTTP/1.1\t200 OK'),
        'no space before the status': line('HTTP/1.1200 OK'),
        'a status that ends in a letter': line('HTTP/1.1 200x OK'),
        'an answer in http/1.1': line('http/1.1 200 OK'),
        'an answer in HTTP/2.0': line('HTTP/2.0 200 OK'),
        'an answer in HTTP/11.1': line('HTTP/11.1 200 OK'),
        'an answer in HTTP/1.': line('HTTP/1. 200 OK'),
        'an answer in ICY': line('ICY 200 OK'),
        'an answer behind a space': ` ${abc}`,
        'an answer behind NUL': `\0${abc}`,
        'a bare CR behind the status line': abc.replace('\r\n', '\r'),
      },
      // Some take what they can read of it for 200; what the client gets is one thing.
      [failed, cut, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9110 §15: three digits, of which the first says the class',
      { 'status 099': line('HTTP/1.1 099 Odd'), 'status 000': line('HTTP/1.1 000 Odd') },
      [failed],
    ),
    ...answering(
      'RFC 9110 §15: a status beyond 599 is treated as 5xx',
      { 'status 600': beyond(600), 'status 999': beyond(999) },
      [],
    ),
    ...answering(
      'RFC 9110 §2.5: a higher minor version',
      { 'an answer in HTTP/1.2': line('HTTP/1.2 200 OK'), 'an answer in HTTP/1.9': line('HTTP/1.9 200 OK') },
      [failed, relayed()],
    ),
    ...answering(
      'RFC 9112 §4: the reason counts for nothing',
      {
        'an answer without a reason': line('HTTP/1.1 200 '),
        'an answer without a reason and its space': line('HTTP/1.1 200'),
        'an answer with a reason in Latin-1': line('HTTP/1.1 200 Voil\xe0'),
        'an answer with a reason that looks like an answer': line('HTTP/1.1 200 HTTP/1.1 500 No'),
        'an answer with a long reason': {
          answers: line(`HTTP/1.1 200 ${'a'.repeat(5000)}`),
          allowed: [relayed(), failed],
          promised: [relayed()],
        },
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9112 §4',
      {
        'an answer with a control character in its reason': line('HTTP/1.1 200 O\x01K'),
        'an answer with NUL in its reason': line('HTTP/1.1 200 O\0K'),
      },
      [relayed(), failed],
    ),
    ...answering('RFC 9112 §2.2', { 'an answer behind an empty line': `\r\n${abc}` }, [relayed(), failed]),
    ...answering(
      'RFC 9112 §4: what is not HTTP',
      {
        'a banner of SSH for an answer': end('SSH-2.0-OpenSSH_9.2\r\n'),
        'a banner of SMTP for an answer': end('220 mail ESMTP\r\n'),
        'an error of Redis for an answer': end('-ERR wrong number of arguments\r\n'),
        'JSON for an answer': end('{"ok":true}\n'),
        'a page without a head for an answer': end('<!doctype html><script>alert(1)</script>'),
        'an alert of TLS for an answer': end('\x15\x03\x03\0\x02\x02\x16'),
        'frames of HTTP/2 for an answer': end('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64'),
        'a request for an answer': end('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
        'zeros for an answer': end('\0'.repeat(10_000)),
        'nothing for an answer': { pieces: [], ending: 'end' },
        'a reset for an answer': { pieces: [], ending: 'reset' },
        'half a status line for an answer': end('HTTP/1.1 2'),
        'half a head for an answer': end(`${ok}Content-Le`),
        'a head without its empty line for an answer': end(`${ok}Content-Length: 0\r\n`),
        'half a head and a reset for an answer': { pieces: [`${ok}Content-Le`], ending: 'reset' },
      },
      [failed],
    ),
    ...answering(
      'RFC 9110 §5.4: refused, or all of it',
      {
        'an answer with a value of 12 KB': whole(`X-A: ${'a'.repeat(12_000)}`, { 'x-a': ['a'.repeat(12_000)] }),
        'an answer with a hundred fields': whole(
          Array.from({ length: 100 }, (_, index) => `X-${index}: ${index}`).join('\r\n'),
          {
            'x-0': ['0'],
            'x-99': ['99'],
          },
        ),
      },
      [],
    ),
    ...answering(
      'RFC 9110 §5.4: a limit for heads',
      {
        'an answer with a value of 200 KB': withField(`X-A: ${'a'.repeat(200_000)}`),
        'an answer with twenty thousand fields': withField('X-A: b\r\n'.repeat(20_000).trimEnd()),
        'an answer with a reason of 200 KB': line(`HTTP/1.1 200 ${'a'.repeat(200_000)}`),
      },
      [failed, relayed()],
      strictly,
    ),
    ...answering(
      'RFC 9110 §5.4: a head without an end',
      {
        'an answer with a value without an end': end(`${ok}X-A: ${'a'.repeat(2_000_000)}`),
        'an answer with fields without an end': end(`${ok}${'X-A: b\r\n'.repeat(200_000)}`),
      },
      [failed],
    ),
    ...answering(
      'RFC 9110 §7.6.1: fields of the connection end at the next hop',
      {
        'an answer with a name in Connection': withField('Connection: X-Hop\r\nX-Hop: 1'),
        'an answer with a name in Connection, in another case': withField('connection: keep-alive, x-hop\r\nX-Hop: 1'),
      },
      [relayed({ lacks: ['x-hop'] })],
    ),
    ...answering(
      'RFC 9110 §7.6.1: the same, listed or not',
      {
        'an answer with fields of its connection': withField(
          'Proxy-Connection: close\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\nHTTP2-Settings: a',
        ),
      },
      [relayed()],
      { promised: [relayed({ lacks: ['proxy-connection', 'upgrade', 'proxy-authenticate', 'http2-settings'] })] },
    ),
    ...answering(
      'RFC 9110 §7.6.1: Connection does not take the length',
      {
        'an answer with Content-Length in Connection': withField('Connection: Content-Length'),
        'an answer with close in Connection, that goes on': withField('Connection: close'),
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9110 §5.5: values are opaque',
      {
        'an answer with Latin-1 in a value': valued('caf\xe9'),
        'an answer with UTF-8 in a value': valued('\xe2\x82\xac'),
      },
      [],
    ),
  ],
};
