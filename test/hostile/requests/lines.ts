import {
  type Course,
  type Family,
  get,
  passed,
  passedLast,
  post,
  type Row,
  refused,
  smuggled,
  table,
} from '../vector.ts';

/** What is not a field may be left out; what arrives is read strictly anyway. */
const orWithout: readonly Course[] = [refused, passed()];
const strictly = { promised: [refused] } as const;
/** A value that arrives as it is, without the space around it. */
const valued = (before: string, value: string, behind = ''): Row => ({
  writes: get(`${before}${value}${behind}`),
  allowed: [passed({ has: { 'x-a': [value] } })],
});
const charsFrom = (first: number, count: number): string =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(first + index)).join('');
const code = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');

export const lines: Family = {
  name: 'lines and fields',
  vectors: [
    ...table(
      'RFC 9112 §2.2: a bare LF may end a line',
      {
        'LF instead of CR LF everywhere': post(['Content-Length: 3'], 'abc').replaceAll('\r\n', '\n'),
        'a bare LF behind the request line': post(['Content-Length: 3'], 'abc').replace('\r\n', '\n'),
        'a bare LF behind a field': post(['X-A: b\nContent-Length: 3'], 'abc'),
        'a bare LF that ends the head': post(['Content-Length: 3'], 'abc').replace('\r\n\r\n', '\r\n\n'),
        'two bare LF that end the head': post(['Content-Length: 3'], 'abc').replace('\r\n\r\n', '\n\n'),
      },
      [refused, passed({ method: 'POST', body: 'abc' })],
      strictly,
    ),
    ...table(
      'RFC 9112 §2.2: a bare CR is invalid, or a space',
      {
        'a bare CR in a value': get('X-A: b\rX-B: c'),
        'a bare CR at the end of a value': get('X-A: b\r'),
        'a bare CR at the beginning of a value': get('X-A: \rb'),
      },
      orWithout,
      strictly,
    ),
    ...table(
      'RFC 9112 §2.2: a bare CR is no line end',
      {
        'CR instead of CR LF everywhere': get('X-A: b').replaceAll('\r\n', '\r'),
        'LF CR instead of CR LF': get('X-A: b').replaceAll('\r\n', '\n\r'),
        'a bare CR behind the request line': get('X-A: b').replace('\r\n', '\r'),
        'two CR that end the head': get().replace(/\r\n\r\n$/, '\r\r'),
        'CR CR LF behind the request line': get().replace('\r\n', '\r\r\n'),
      },
      [refused],
      { halfClose: true },
    ),
    ...table(
      'RFC 9112 §2.2: empty lines before a request line should be ignored',
      {
        'an empty line before the request': `\r\n${get()}`,
        'a hundred empty lines before the request': `${'\r\n'.repeat(100)}${get()}`,
      },
      [passed(), refused],
      { promised: [passed()] },
    ),
    ...table('RFC 9112 §2.2', { 'a bare LF before the request': `\n${get()}` }, [passed(), refused]),
    ...table(
      'RFC 9112 §2.2, §3: nothing but empty lines is before a request line',
      {
        'a space before the request': ` ${get()}`,
        'a tab before the request': `\t${get()}`,
        'NUL before the request': `\0${get()}`,
        'a byte order mark before the request': `\xef\xbb\xbf${get()}`,
        'a line that is nothing before the request': `x\r\n${get()}`,
        'an answer before the request': `HTTP/1.1 200 OK\r\n\r\n${get()}`,
      },
      [refused],
    ),
    ...table(
      'RFC 9112 §5.2: a folded line is refused or joined by spaces',
      {
        'a line folded by a space': get('X-A: b\r\n c'),
        'a line folded by a tab': get('X-A: b\r\n\tc'),
        'a folded line that looks like a field': get('X-A: b\r\n X-B: c'),
        'an empty folded line': get('X-A: b\r\n '),
        'a line folded three times': get('X-A: b\r\n c\r\n d\r\n e'),
        'a folded Host': get().replace('Host: ', 'Host:\r\n '),
      },
      [refused, passed()],
      strictly,
    ),
    ...table(
      'RFC 9112 §2.2: a line behind the request line that begins with a space is refused or dropped',
      { 'a space before the first field': get().replace('Host', ' X-A: b\r\nHost') },
      [refused, passed({ lacks: ['x-a'] })],
      strictly,
    ),
    ...table(
      'RFC 9112 §2.2; the same, and nothing names the host',
      { 'a space before Host': get().replace('Host', ' Host'), 'a tab before Host': get().replace('Host', '\tHost') },
      [refused],
    ),
    ...table(
      'RFC 9112 §5: name, colon, value',
      {
        'a line without a colon': get('X-A'),
        'a line of a colon': get(':'),
        'an empty name': get(': b'),
        'a request line as a field': get('GET /smuggled HTTP/1.1'),
      },
      orWithout,
      strictly,
    ),
    ...[...' "(),/;<=>?@[\\]{}\0\x01\t\x0b\x1b\x7f\x80\xa0\xff'].flatMap((char) =>
      table(
        'RFC 9110 §5.1, §5.6.2: a name is a token',
        { [`character ${code(char)} in a name`]: get(`X${char}A: b`) },
        orWithout,
        strictly,
      ),
    ),
    ...['\0', '\r', '\n'].flatMap((char) =>
      table(
        'RFC 9110 §5.5: invalid and dangerous, refused or replaced by a space',
        { [`character ${code(char)} in a value`]: post([`X-A: b${char}c`, 'Content-Length: 3'], 'abc') },
        [refused, passed({ method: 'POST', body: 'abc' })],
        strictly,
      ),
    ),
    ...[...'\x01\x07\x08\x0b\x0c\x1b\x1f\x7f'].flatMap((char) =>
      table(
        'RFC 9110 §5.5: invalid, and may be kept where that is safe',
        { [`character ${code(char)} in a value`]: get(`X-A: b${char}c`) },
        orWithout,
        strictly,
      ),
    ),
    ...table(
      'RFC 9110 §5.5: values are opaque',
      {
        'Latin-1 in a value': valued('X-A: ', 'caf\xe9'),
        'UTF-8 in a value': valued('X-A: ', '\xe2\x82\xac'),
        'every 8-bit character in a value': valued('X-A: ', charsFrom(128, 128)),
        'every visible character in a value': valued('X-A: ', charsFrom(33, 94)),
        'spaces and a tab inside a value': valued('X-A: ', 'a  b\tc'),
        'spaces and tabs around a value': valued('X-A: \t ', 'b', ' \t '),
        'an empty value': valued('X-A:', ''),
        'a value of spaces': valued('X-A:   ', ''),
        'a value of a colon': valued('X-A: ', ':'),
      },
      [],
    ),
    ...table(
      'RFC 9110 §5.3: the order of fields of one name',
      { 'one field three times': get('X-A: 1', 'X-B: 2', 'x-a: 3', 'X-A: 2') },
      [passed({ has: { 'x-a': ['1', '3', '2'] } }), passed({ has: { 'x-a': ['1, 3, 2'] } })],
    ),
    ...table(
      'RFC 9110 §5.1: any token is a name',
      { 'every character of a token in a name': get("!#$%&'*+-.^_`|~09azAZ: b") },
      [passed({ has: { "!#$%&'*+-.^_`|~09azaz": ['b'] } }), passed()],
      { promised: [passed({ has: { "!#$%&'*+-.^_`|~09azaz": ['b'] } })] },
    ),
    ...table(
      'RFC 9112 §9.3: what follows a good request',
      { 'garbage behind a request': `${get()}\0garbage\r\n\r\n` },
      [[{ request: {} }, ...refused], passedLast()],
    ),
    ...table(
      'RFC 9112 §9.3, §9.6: the same, and the client closes its half, which some take for a client that has left',
      { 'half a head behind a request': `${get()}GET /smug` },
      [[{ request: {} }, ...refused], passedLast(), ['closed'], [{ request: {}, answer: 'failed' }, 'closed']],
      { halfClose: true, promised: [[{ request: {} }, ...refused], passedLast()] },
    ),
    ...table('RFC 9112 §5, §9.3', { 'a field behind the head': `${get()}X-A: b\r\n\r\n${smuggled}` }, [
      [{ request: {} }, { closes: true }],
      passedLast(),
    ]),
  ],
};
