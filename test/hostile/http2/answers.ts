import type { Answered, Script } from '../vector.ts';
import { ask, begin, type Course, data, type Family, get, passed, post, type Row, table, trailer } from './vector.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const answers = (pieces: string | readonly string[], ending?: Script['ending']): Row => ({
  acts: [get()],
  script: { pieces: [pieces].flat(), ...(ending !== undefined && { ending }) },
});
const relayed = (answer: Partial<Answered> = {}): Course => passed({}, { status: 200, body: 'abc', ...answer });
const failed = passed({}, 'failed');
const cut = passed({}, 'cut');
const whole = `${ok}Content-Length: 3\r\n\r\nabc`;
const forged = `${ok}Content-Length: 6\r\nX-Serial: forged\r\n\r\nforged`;

export const answersByHttp2: Family = {
  name: 'answers of upstreams',
  vectors: [
    ...table(
      'RFC 9113 §8.2.2, RFC 9110 §7.6.1: what belongs to the connection of the upstream stays there',
      {
        'Connection in an answer': answers(`${ok}Connection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 3\r\n\r\nabc`),
        'Keep-Alive in an answer': answers(
          `${ok}Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nContent-Length: 3\r\n\r\nabc`,
        ),
        'Upgrade in an answer': answers(`${ok}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc`),
        'chunks in an answer': answers(`${chunked}3\r\nabc\r\n0\r\n\r\n`),
        'names in upper case in an answer': answers(`${ok}X-UPPER: 1\r\nCONTENT-LENGTH: 3\r\n\r\nabc`),
      },
      [relayed({ lacks: ['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'x-hop', 'transfer-encoding'] })],
    ),
    ...table(
      'RFC 9113 §8.1, RFC 9110 §6.5: trailer fields',
      { 'trailer fields of an answer': answers(`${chunked}3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`) },
      [relayed({ trailers: [['x-sum', '1']] }), relayed({ trailers: [] })],
      { promised: [relayed({ trailers: [['x-sum', '1']] })] },
    ),
    ...table(
      'RFC 9113 §8.1, RFC 9112 §6.3: an answer that is cut never looks whole',
      {
        'an answer that is shorter than its length': answers(`${ok}Content-Length: 10\r\n\r\nabc`, 'end'),
        'an answer that is shorter than its length, and a reset': answers(
          [`${ok}Content-Length: 10\r\n\r\n`, 'abc'],
          'reset',
        ),
        'chunks that are cut': answers(`${chunked}3\r\nabc\r\n`, 'end'),
        'a chunk that is cut': answers(`${chunked}9\r\nabc`, 'end'),
        'chunks without their last line': answers(`${chunked}3\r\nabc\r\n0\r\n`, 'end'),
        'chunks with a size that is none': answers(`${chunked}3\r\nabc\r\nx\r\n`),
        'a chunk that is longer than its size': answers(`${chunked}3\r\nabcd\r\n0\r\n\r\n`),
      },
      [cut, failed],
    ),
    ...table(
      'RFC 9112 §6.3, RFC 9110 §5.5: heads with two readings',
      {
        'an answer with both lengths': answers(
          `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
        ),
        'an answer with two lengths': answers(`${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
        'an answer with NUL in a value': answers(`${ok}X-A: \0\r\nContent-Length: 3\r\n\r\nabc`),
        'an answer with CR in a value': answers(`${ok}X-A: a\rb\r\nContent-Length: 3\r\n\r\nabc`),
        'an answer with the status 099': answers('HTTP/1.1 099 Odd\r\nContent-Length: 3\r\n\r\nabc'),
        'an answer with the status 2000': answers('HTTP/1.1 2000 Odd\r\nContent-Length: 3\r\n\r\nabc'),
        'an answer that is not HTTP': answers('SSH-2.0-OpenSSH_9.2\r\n', 'end'),
        'a name with a space in an answer': answers(`${ok}X A: 1\r\nContent-Length: 3\r\n\r\nabc`),
        'a pseudo-header field in an answer': answers(`${ok}:status: 404\r\nContent-Length: 3\r\n\r\nabc`),
      },
      [failed, relayed({ lacks: ['x-a', 'x'] })],
      { promised: [failed] },
    ),
    ...table(
      'RFC 9110 §15.2.2: a switch that nobody has asked for',
      {
        'a switch of protocols': answers(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
        ),
      },
      [failed],
    ),
    ...table(
      'RFC 9110 §15.2: interim answers',
      {
        'an interim answer': answers(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${whole}`),
        'an interim answer with a length': answers(`HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n${whole}`),
        'an interim answer with Connection': answers(`HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n${whole}`),
      },
      [relayed(), failed],
    ),
    ...table(
      'RFC 9112 §9.2: bytes behind an answer belong to no request',
      { 'an answer behind an answer': answers(whole + forged) },
      [relayed(), failed],
    ),
    ...table(
      'RFC 9110 §9.3.2, §15.3.5, §15.4.5: answers without a body',
      {
        'HEAD with a length': {
          acts: [ask({ ':method': 'HEAD' })],
          script: { pieces: [`${ok}Content-Length: 3\r\n\r\n`] },
          allowed: [passed({ method: 'HEAD' }, { status: 200, body: '' })],
        },
        'HEAD with a body': {
          acts: [ask({ ':method': 'HEAD' })],
          script: { pieces: [whole] },
          allowed: [passed({ method: 'HEAD' }, { status: 200, body: '' }), passed({ method: 'HEAD' }, 'failed')],
        },
        '204 with a length': answers('HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n'),
        '304 with a length': {
          acts: [get()],
          script: { pieces: ['HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n'] },
          allowed: [passed({}, { status: 304, body: '' }), failed],
        },
      },
      [passed({}, { status: 204, body: '' }), failed],
    ),
    ...table(
      'RFC 9113 §8.1: what belongs to a request has come, whatever its form',
      {
        'an answer to a body with trailer fields': {
          acts: [begin(), data('abc', 0), trailer(['x-sum', '1'])],
          script: { pieces: [whole] },
        },
        'an answer to a body': { acts: post([], 'abc'), script: { pieces: [whole] } },
      },
      [passed({ method: 'POST', body: 'abc' }, { status: 200, body: 'abc' })],
    ),
  ],
};
