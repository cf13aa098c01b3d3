import { frame, preface, types, uint32 } from '../../support/frames.ts';
import type { Script } from '../vector.ts';
import {
  ask,
  type Bytes,
  begin,
  type Course,
  data,
  type Family,
  type Fields,
  framed,
  type Line,
  malformed,
  passed,
  type Row,
  raw,
  refused,
  smuggled,
  table,
} from './vector.ts';

const line: Line = { ':method': 'CONNECT', ':protocol': 'websocket' };
const version: Fields = [['sec-websocket-version', '13']];
/** An extended CONNECT (RFC 8441 §4). */
const connect = (changes: Line = {}, more: Fields = version): Bytes => begin({ ...line, ...changes }, more);

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const agrees: Script = { pieces: [`${switching}Sec-WebSocket-Accept: {accept}\r\n\r\n`], ending: 'tunnel' };
const answering = (text: string, more: Omit<Script, 'pieces'> = {}): Script => ({ pieces: [text], ...more });
const handshake = {
  has: { upgrade: ['websocket'], 'sec-websocket-version': ['13'] },
  lacks: ['transfer-encoding', 'content-length'],
} as const;
/** What the upstream answers reaches the client; a proxy that does not offer RFC 8441 refuses. */
const answered = (course: Course): readonly Course[] => [course, ...malformed];
const failed = answered(passed(handshake, 'failed'));
const promised = (allowed: readonly Course[]) => ({ promised: allowed.slice(0, 1) });
const tunnelling = (text: string): Course => passed({ ...handshake, tunnel: text }, { status: 200, body: text });

const refusal = (status: string, script: Script, body: string): Row => {
  const allowed = answered(passed(handshake, { status: Number(status), body }));
  return { acts: [connect()], script, allowed, ...promised(allowed) };
};
const said = (status: string): Script => answering(`HTTP/1.1 ${status} Said\r\nContent-Length: 2\r\n\r\nok`);

export const tunnels: Family = {
  name: 'tunnels',
  vectors: [
    ...table(
      'RFC 8441 §4, §5: a WebSocket on a stream; to HTTP/1.1 it is a handshake',
      {
        'a tunnel': [connect(), 'wait for the answer', data('in the tunnel', 0), data('')],
        'a tunnel, and bytes that look like a request': {
          acts: [connect(), 'wait for the answer', data(smuggled)],
          allowed: answered(tunnelling(smuggled)),
          ...promised([tunnelling(smuggled)]),
        },
        'a tunnel with a key of its own': {
          acts: [
            connect({}, [...version, ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA==']]),
            'wait for the answer',
            data('in the tunnel'),
          ],
        },
      },
      answered(tunnelling('in the tunnel')),
      { script: agrees, ...promised([tunnelling('in the tunnel')]) },
    ),
    ...table(
      'RFC 6455 §4.1: what a client sends before the answer is not for the upstream yet',
      {
        'bytes that come before the tunnel': [connect(), data('early')],
        'bytes that come before the tunnel, one by one': [
          connect(),
          ...[...'early'].map((char) => data(char, 0)),
          data(''),
        ],
      },
      [tunnelling('early'), passed({ ...handshake, tunnel: '' }, { status: 200, body: '' }), ...malformed],
      { script: { ...agrees, waits: true }, ...promised([tunnelling('early')]) },
    ),
    ...table(
      'RFC 8441 §5: an upstream that does not agree',
      {
        'a tunnel that is answered with 200': refusal('200', said('200'), 'ok'),
        'a tunnel that is answered with 403': refusal('403', said('403'), 'ok'),
        'a tunnel that is answered with 404': refusal('404', said('404'), 'ok'),
        'a tunnel that is answered with 426': refusal('426', said('426'), 'ok'),
        'a tunnel that is answered with 204': refusal('204', answering('HTTP/1.1 204 No Content\r\n\r\n'), ''),
        'a tunnel that is answered with 500': refusal('500', said('500'), 'ok'),
      },
      [],
    ),
    ...table(
      'RFC 8441 §5, RFC 9110 §7.8: the same, and what comes behind is no request; advisory "websocket smuggling" (0ang3el, 2019)',
      Object.fromEntries(
        ['200', '404', '426'].map((status) => {
          const allowed = answered(passed({ ...handshake, body: '' }, { status: Number(status), body: 'ok' }));
          return [
            `a request behind a tunnel that is answered with ${status}`,
            {
              acts: [connect(), data(smuggled)],
              script: { ...said(status), waits: true },
              allowed,
              ...promised(allowed),
            },
          ];
        }),
      ),
      [],
    ),
    ...table(
      'RFC 6455 §4.1, RFC 9110 §15.2.2: an upstream that agrees to something else',
      Object.fromEntries(
        Object.entries({
          'a tunnel with a wrong key': `${switching}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`,
          'a tunnel without a key': `${switching}\r\n`,
          'a tunnel of another protocol': `${switching.replace('websocket', 'h2c')}Sec-WebSocket-Accept: {accept}\r\n\r\n`,
          'a tunnel without a protocol': 'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept}\r\n\r\n',
          'a tunnel with NUL in its answer': `${switching}X-A: \0\r\nSec-WebSocket-Accept: {accept}\r\n\r\n`,
        }).map(([name, text]) => [name, { acts: [connect()], script: answering(text) }]),
      ),
      failed,
      promised(failed),
    ),
    ...table(
      'RFC 8441 §5: an upstream that breaks off',
      {
        'a tunnel that is cut': { acts: [connect()], script: answering('', { ending: 'reset' }) },
        'a tunnel that is ended': { acts: [connect()], script: answering('', { ending: 'end' }) },
        'a tunnel that is cut in its head': { acts: [connect()], script: answering(switching, { ending: 'reset' }) },
        'a tunnel to what is not HTTP': {
          acts: [connect()],
          script: answering('SSH-2.0-OpenSSH\r\n', { ending: 'end' }),
        },
      },
      failed,
      promised(failed),
    ),
    ...table(
      'RFC 8441 §5, RFC 9113 §5.4.2: a client that takes a tunnel back before there is one',
      {
        'a tunnel that is taken back': [connect(), data('early', 0), framed(types.reset, 0, 1, uint32(8))],
      },
      [
        { streams: [{ request: handshake, answer: 'unanswered' }], connection: 'goes on' },
        ...malformed,
        { streams: [], connection: 'goes on' },
      ],
      { script: answering('', { waits: true }) },
    ),
    ...table(
      'RFC 8441 §4, RFC 9110 §7.8: whoever forwards another protocol leaves it to the upstream',
      Object.fromEntries(
        ['foo', 'connect-udp', 'h2c'].map((protocol) => [
          `a tunnel of the protocol ${protocol}`,
          {
            acts: [connect({ ':protocol': protocol })],
            allowed: [...malformed, passed({ has: { upgrade: [protocol] } }, { status: 404, body: 'ok' })],
          },
        ]),
      ),
      [],
      { script: said('404'), promised: [refused] },
    ),
    ...table(
      'RFC 8441 §4: what an extended CONNECT must say',
      {
        'a tunnel of no protocol': [connect({ ':protocol': '' })],
        'a tunnel of two protocols': [connect({}, [[':protocol', 'websocket'], ...version])],
        'a tunnel of a protocol with CR LF': [connect({ ':protocol': 'websocket\r\nX-Smuggled: 1' })],
        'a tunnel without a scheme': [connect({ ':scheme': undefined })],
        'a tunnel without a path': [connect({ ':path': undefined })],
        'a tunnel to an asterisk': [connect({ ':path': '*' })],
        'a tunnel to a path with a space': [connect({ ':path': '/ HTTP/1.1' })],
        'a tunnel by GET': [connect({ ':method': 'GET' })],
        'a tunnel by POST': [connect({ ':method': 'POST' })],
        'a tunnel with a user': [connect({ ':authority': 'a@{host}' })],
        'a tunnel with Transfer-Encoding': [connect({}, [...version, ['transfer-encoding', 'chunked']])],
        'a tunnel with Connection and Upgrade': [
          connect({}, [...version, ['connection', 'Upgrade'], ['upgrade', 'websocket']]),
        ],
      },
      malformed,
      { script: agrees },
    ),
    ...table(
      'RFC 8441 §5.1, RFC 9110 §8.6: a tunnel has no length',
      { 'a tunnel with a length': [connect({}, [...version, ['content-length', '3']]), data('abc')] },
      [
        ...malformed,
        passed({ lacks: ['upgrade'], body: 'abc' }, 'failed'),
        passed({ ...handshake, lacks: [], body: 'abc', tunnel: '' }, 'failed'),
      ],
      { script: agrees, mayBegin: true, promised: [refused] },
    ),
    ...table(
      'RFC 8441 §4: a tunnel that is ended before it is open',
      { 'a tunnel whose stream has ended': [ask({ ...line }, version)] },
      [passed({ ...handshake, tunnel: '' }, { status: 200, body: '' }), ...malformed],
      { script: agrees },
    ),
    ...table(
      'RFC 8441 §4, RFC 9110 §7.4: a tunnel to a host that is not ours',
      { 'a tunnel to a foreign host': [connect({ ':authority': 'example.com' })] },
      [...malformed, passed({ ...handshake, host: 'example.com', tunnel: '' }, { status: 200 })],
      { script: agrees, promised: [refused] },
    ),
    ...table(
      'RFC 8441 §3: before settings have come; a server that takes it knows what it will offer',
      {
        'a tunnel before the settings of the server': {
          acts: [connect(), 'wait for the answer', data('in the tunnel')],
          opening: [raw(preface, frame(types.settings, 0, 0))],
        },
      },
      answered(tunnelling('in the tunnel')),
      { script: agrees },
    ),
  ],
};
