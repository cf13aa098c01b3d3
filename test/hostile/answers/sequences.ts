import { ask, type Course, type Family, get, post } from '../vector.ts';
import { abc, answering, cut, failed, ok, relayed } from './common.ts';

const forged = `${ok}Content-Length: 6\r\nX-Serial: forged\r\n\r\nforged`;
const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const handshake = get(
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
);
const interim = (count: number, status = '102 Processing'): string => `HTTP/1.1 ${status}\r\n\r\n`.repeat(count);
const old = get().replace('HTTP/1.1', 'HTTP/1.0');
const nothing: Course = relayed({ status: 204, body: '' });

export const answerSequences: Family = {
  name: 'what comes before, behind and instead of an answer',
  vectors: [
    ...answering(
      'RFC 9112 §6.3, §9.2: bytes behind an answer belong to no request',
      {
        'bytes behind an answer': `${abc}garbage`,
        'an answer behind an answer': abc + forged,
        'an answer behind an answer in chunks': `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${forged}`,
        'an answer behind an answer, in another piece': { pieces: [abc, forged] },
        'an empty line behind an answer': `${abc}\r\n`,
        'a megabyte behind an answer': abc + 'x'.repeat(1_000_000),
        'an answer of nothing, and another': {
          answers: `${ok}Content-Length: 0\r\n\r\n${forged}`,
          allowed: [relayed({ body: '' }), failed],
        },
      },
      [relayed(), failed],
    ),
    ...answering(
      'RFC 9110 §15.3.5, §15.4.5; RFC 9112 §6.3: a body where none can be',
      {
        '204 with a body': `HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc`,
        '204 and another answer': `HTTP/1.1 204 No Content\r\n\r\n${forged}`,
        '304 with a body': `HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc`,
        '304 and another answer': `HTTP/1.1 304 Not Modified\r\n\r\n${forged}`,
      },
      [nothing, relayed({ status: 304, body: '' }), failed],
    ),
    ...answering(
      'RFC 9110 §9.3.2: a body behind HEAD is none',
      { 'HEAD with a body': abc, 'HEAD, and another answer': `${ok}Content-Length: 3\r\n\r\n${forged}` },
      [relayed({ body: '' }, 'HEAD'), [{ request: { method: 'HEAD' }, answer: 'failed' }]],
      { writes: ask('HEAD /') },
    ),
    ...answering(
      'RFC 9112 §9.2; advisory "response queue poisoning" (Kettle, 2021): an answer that nobody has asked for',
      {
        'an answer that nobody has asked for': { pieces: [abc], later: forged },
        'bytes that nobody has asked for': { pieces: [abc], later: 'garbage' },
        'an interim answer that nobody has asked for': { pieces: [abc], later: `${interim(1)}${forged}` },
        '408 that nobody has asked for': {
          pieces: [abc],
          later: 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        },
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9110 §15.2.2: nobody has asked for another protocol',
      {
        'a switch that nobody has asked for': `${switching}\r\n`,
        'a switch to h2c that nobody has asked for': `${switching.replace('websocket', 'h2c')}\r\n`,
        'a switch without fields': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
        'a switch, and an answer': `${switching}\r\n${abc}`,
      },
      [failed],
    ),
    ...answering(
      'RFC 9110 §15.2.2: nobody has asked for another protocol',
      { 'a switch that nobody has asked for, to POST': `${switching}\r\n` },
      [[{ request: { method: 'POST', body: 'abc' }, answer: 'failed' }]],
      { writes: post(['Content-Length: 3'], 'abc') },
    ),
    ...answering(
      'RFC 6455 §4.1: the accept belongs to the key',
      {
        'a WebSocket with a wrong accept': `${switching}Sec-WebSocket-Accept: wrong\r\n\r\n`,
        'a WebSocket without an accept': `${switching}\r\n`,
        'a WebSocket that becomes h2c': `${switching.replace('websocket', 'h2c')}\r\n`,
      },
      [failed, [{ request: {}, answer: { status: 101 } }]],
      { writes: handshake, promised: [failed] },
    ),
    ...answering(
      'RFC 9110 §15.2: interim answers are passed on or dropped, and the answer comes',
      {
        '100 that nobody waits for': interim(1, '100 Continue') + abc,
        '102 and 103': `${interim(1)}HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${abc}`,
        'an interim status that nobody knows': interim(1, '199 Odd') + abc,
        'interim answers in pieces': { pieces: ['HTTP/1.1 10', '2 Processing\r', '\n\r', `\n${abc}`] },
        'ten interim answers': { answers: interim(10) + abc, allowed: [relayed(), failed], promised: [relayed()] },
      },
      [relayed()],
    ),
    ...answering(
      'RFC 9110 §15.2: an interim answer has no body',
      {
        'an interim answer with a length': `HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n${abc}`,
        'an interim answer with an encoding': `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${abc}`,
      },
      [relayed(), failed],
    ),
    ...answering(
      'RFC 9110 §5.5: in an interim answer as well',
      {
        'an interim answer with a bare CR': `HTTP/1.1 103 Early Hints\r\nX-A: a\rSet-Cookie: b=c\r\n\r\n${abc}`,
        'an interim answer with NUL': `HTTP/1.1 103 Early Hints\r\nX-A: a\0\r\n\r\n${abc}`,
      },
      [failed, relayed()],
    ),
    ...answering(
      'RFC 9110 §15.2: a flood of interim answers',
      {
        'five thousand interim answers': { answers: interim(5000) + abc, allowed: [failed, relayed()] },
        'interim answers, and no answer': { pieces: [interim(3)], ending: 'end' },
      },
      [failed, cut],
    ),
    ...answering(
      'RFC 9110 §15.2: interim answers without end',
      { 'interim answers without end': { pieces: [interim(200_000)], ending: 'end' } },
      [failed, cut],
    ),
    ...answering(
      'RFC 9112 §8: an answer that is shorter than it says is not whole',
      {
        'an answer that ends too early': { pieces: [`${ok}Content-Length: 30\r\n\r\npart`], ending: 'end' },
        'an answer that ends before its body': { pieces: [`${ok}Content-Length: 30\r\n\r\n`], ending: 'end' },
        'an answer that is reset too early': { pieces: [`${ok}Content-Length: 30\r\n\r\npart`], ending: 'reset' },
        'an answer without a length that is reset': { pieces: [`${ok}\r\n`, 'part'], ending: 'reset' },
        'a large answer that ends one byte too early': {
          pieces: [`${ok}Content-Length: 1000001\r\n\r\n`, 'x'.repeat(1_000_000)],
          ending: 'end',
        },
      },
      [cut, failed],
    ),
    ...answering(
      'RFC 9112 §8, §9.3.2: the same, and a request waits behind it that is refused anyway',
      {
        'an answer that ends too early, and CONNECT behind its request': {
          pieces: [`${ok}Content-Length: 9\r\n\r\nok`],
          ending: 'end',
        },
      },
      [cut, failed],
      { writes: `${get()}${ask('CONNECT {host}:443')}` },
    ),
    ...answering(
      'RFC 9112 §8: a client of HTTP/1.0 sees it by a reset',
      {
        'an answer in chunks that ends too early, to HTTP/1.0': {
          pieces: [`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`],
          ending: 'end',
        },
        'an answer without a length that is reset, to HTTP/1.0': { pieces: [`${ok}\r\n`, 'part'], ending: 'reset' },
      },
      [cut, failed],
      { writes: old, needsReset: true },
    ),
    ...answering(
      'RFC 9112 §7, RFC 9110 §15.2: a client of HTTP/1.0 knows neither chunks nor interim answers',
      {
        'an answer in chunks, to HTTP/1.0': `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`,
        'interim answers, to HTTP/1.0': interim(2) + abc,
      },
      [relayed({ lacks: ['transfer-encoding'], isAlone: true })],
      { writes: old },
    ),
  ],
};
