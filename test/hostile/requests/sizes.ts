import {
  type Course,
  declined,
  type Family,
  get,
  passed,
  post,
  type Row,
  refused,
  refusedWith,
  table,
} from '../vector.ts';

const fields = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `X-${index}: 1`);
const tooMuch = { promised: [refusedWith(431)] } as const;
/** All of it, or an answer that says no. */
const allOrNone = (writes: string, whole: Course): Row => ({
  writes,
  allowed: [whole, declined, refused],
  promised: [whole],
});
const many = (count: number, framing: string, body: string): Row =>
  allOrNone(
    post([...fields(count), framing], body),
    passed({ method: 'POST', body: 'abc', has: { 'x-0': ['1'], [`x-${count - 1}`]: ['1'] } }),
  );
const long = (name: string, value: string): Row =>
  allOrNone(get(`${name}: ${value}`), passed({ has: { [name.toLowerCase()]: [value] } }));

export const sizes: Family = {
  name: 'sizes of heads',
  vectors: [
    ...table(
      'RFC 9110 §5.4: refused, or all of it; CVE-2026-58044',
      {
        'a thousand fields before the length': many(1000, 'Content-Length: 3', 'abc'),
        'two thousand fields before the encoding': many(2000, 'Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'),
        'three thousand fields before the length': many(3000, 'Content-Length: 3', 'abc'),
      },
      [],
    ),
    ...table(
      'RFC 9110 §5.4: refused, or all of it',
      {
        'a value of 20 KB': long('X-A', 'a'.repeat(20_000)),
        'a cookie of 50 KB': long('Cookie', `${'a=b; '.repeat(10_000)}a=b`),
        'a name of 20 KB': long('a'.repeat(20_000), 'b'),
      },
      [],
    ),
    ...table(
      'RFC 9110 §5.4, RFC 6585 §5: 431',
      {
        'a value of 100 KB': get(`X-A: ${'a'.repeat(100_000)}`),
        'a name of 100 KB': get(`${'a'.repeat(100_000)}: b`),
        'twenty thousand fields': get(...fields(20_000)),
        'a megabyte of fields of one name': get(...Array.from({ length: 10_000 }, () => `X-A: ${'a'.repeat(92)}`)),
        'a hundred thousand empty fields': get(...Array.from({ length: 100_000 }, () => 'a:')),
      },
      [declined, refused, passed()],
      tooMuch,
    ),
    ...table(
      'RFC 9110 §5.4: a head without an end',
      {
        'a method without an end': 'A'.repeat(100_000),
        'a target without an end': `GET /${'a'.repeat(200_000)}`,
        'a name without an end': `GET / HTTP/1.1\r\nHost: {host}\r\n${'a'.repeat(200_000)}`,
        'a value without an end': `GET / HTTP/1.1\r\nHost: {host}\r\nX-A: ${'a'.repeat(200_000)}`,
        'fields without an end': `GET / HTTP/1.1\r\nHost: {host}\r\n${'X-A: b\r\n'.repeat(30_000)}`,
        'empty lines without an end': { writes: '\r\n'.repeat(100_000), allowed: [refused, ['closed']] },
      },
      [refused],
      { halfClose: true },
    ),
  ],
};
