import {
  chunked,
  declined,
  declinedWith,
  type Family,
  get,
  passed,
  passedLast,
  post,
  refused,
  smuggled,
  table,
} from '../vector.ts';

const body = passed({ method: 'POST', body: 'abc' });
const expecting = (value: string): string => post([`Expect: ${value}`, 'Content-Length: 3'], 'abc');

export const expectations: Family = {
  name: 'expectations',
  vectors: [
    ...table(
      'RFC 9110 §10.1.1: whoever expects 100 may send the body anyway',
      {
        'an expectation, and the body at once': expecting('100-continue'),
        'an expectation in capitals': expecting('100-CONTINUE'),
        'an expectation, and a body in chunks': chunked('3\r\nabc\r\n0\r\n\r\n', 'Expect: 100-continue'),
        'an expectation twice': {
          writes: post(['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 3'], 'abc'),
          allowed: [body, declined, refused],
        },
      },
      [body],
    ),
    ...table(
      'RFC 9110 §10.1.1; CVE-2022-2880, advisory "0.CL desync" (Kettle, 2025)',
      {
        'an expectation, and a request behind the body': `${expecting('100-continue')}${smuggled}`,
        'an expectation that is not quite one, and a request behind the body': `${expecting('y 100-continue')}${smuggled}`,
      },
      [
        [{ request: { method: 'POST', body: 'abc' } }, { request: { target: '/smuggled' } }],
        passedLast({ method: 'POST', body: 'abc' }),
        refused,
        [{ closes: false }, { request: { target: '/smuggled' } }],
      ],
    ),
    ...table(
      'RFC 9110 §10.1.1: an expectation without a body is to be ignored',
      {
        'an expectation without a body': get('Expect: 100-continue'),
        'an expectation of a body of nothing': get('Expect: 100-continue', 'Content-Length: 0'),
      },
      [passed()],
    ),
    ...table(
      'RFC 9110 §10.1.1: any other expectation may get 417',
      {
        'an unknown expectation': expecting('tea'),
        'an unknown expectation beside 100-continue': expecting('100-continue, tea'),
        'an expectation with a parameter': expecting('100-continue;a=b'),
        'an expectation with a space': expecting('100 -continue'),
      },
      [body, declined, refused],
      { promised: [declinedWith(417)] },
    ),
    ...table('RFC 9110 §10.1.1', { 'an empty expectation': expecting('') }, [body, declined, refused]),
    ...table(
      'RFC 9110 §10.1.1: a server must ignore the expectation of HTTP/1.0',
      { 'an expectation in HTTP/1.0': expecting('100-continue').replace('HTTP/1.1', 'HTTP/1.0') },
      [passedLast({ method: 'POST', body: 'abc' })],
    ),
  ],
};
