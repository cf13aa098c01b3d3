import * as fc from 'fast-check';
import { cutAt } from './fuzz.ts';
import type { Script } from './recorder.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
/** Answers of every kind, sound and broken. */
export const scripts: Readonly<Record<string, Script>> = {
  'with a length': { pieces: [`${ok}Content-Length: 2\r\nX-A: b\r\n\r\nok`], ending: 'keep' },
  'in chunks with trailers': {
    pieces: [
      `${ok}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\none\r\n`,
      '3\r\ntwo\r\n0\r\nX-Sum: 42\r\nAge: 1\r\n\r\n',
    ],
    ending: 'keep',
  },
  'in chunks that are written oddly': {
    pieces: [`${ok}transfer-encoding: CHUNKED\r\n\r\n0003;a=b\r\none\r\n`, 'A;c="d"\r\n0123456789\r\n00\r\n\r\n'],
    ending: 'keep',
  },
  'that ends with its connection': { pieces: [`${ok}\r\nuntil`, ' the end'], ending: 'end' },
  'without a body': { pieces: ['HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n'], ending: 'keep' },
  'that has not changed': {
    pieces: ['HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "a"\r\n\r\n'],
    ending: 'keep',
  },
  'behind interim ones': {
    pieces: [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Pro',
      `cessing\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`,
    ],
    ending: 'keep',
  },
  'with a tab behind its length': { pieces: [`${ok}Content-Length: 2\t\r\n\r\nok`], ending: 'keep' },
  'with a tab before its length': { pieces: [`${ok}Content-Length:\t2\r\n\r\nok`], ending: 'keep' },
  'with a tab behind its encoding': {
    pieces: [`${ok}Transfer-Encoding: chunked\t\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ending: 'end',
  },
  'with a tab in another field': { pieces: [`${ok}Content-Length: 2\r\nServer: a\tb\t\r\n\r\nok`], ending: 'keep' },
  'behind one in HTTP/1.0 that looks interim': {
    pieces: [`HTTP/1.0 103 Early Hints\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`],
    ending: 'keep',
  },
  'that is large': { pieces: [`${ok}Content-Length: 70000\r\n\r\n`, 'x'.repeat(70_000)], ending: 'keep' },
  'with fields that change': {
    pieces: [
      `${ok}Content-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nStrict-Transport-Security: a\r\nAlt-Svc: h3\r\n` +
        'Set-Cookie: a=1; Domain=api.localhost\r\nX-Workstream: evil\r\nX-Latin: \xe4\r\nX-Empty:\r\nX-Space: \t a \t\r\nDate: now\r\n\r\nok',
    ],
    ending: 'keep',
  },
  'in HTTP/1.0': { pieces: ['HTTP/1.0 200 \r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok'], ending: 'keep' },
  'in HTTP/1.0 that ends with its connection': { pieces: ['HTTP/1.0 200 OK\r\n\r\nold'], ending: 'end' },
  'without a reason': { pieces: ['HTTP/1.1 200\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'], ending: 'end' },
  'with an empty line before it': { pieces: [`\r\n${ok}Content-Length: 2\r\n\r\nok`], ending: 'keep' },
  'with something behind it': { pieces: [`${ok}Content-Length: 2\r\n\r\nokgarbage`], ending: 'keep' },
  'of events': { pieces: [`${ok}Content-Type: text/event-stream\r\n\r\ndata: 1\n\n`, 'data: 2\n\n'], ending: 'end' },
  'that is cut': { pieces: [`${ok}Content-Length: 9\r\n\r\npart`], ending: 'end' },
  'that is cut in a chunk': { pieces: [`${ok}Transfer-Encoding: chunked\r\n\r\n9\r\npart`], ending: 'end' },
  'that is reset': { pieces: [`${ok}\r\npart`], ending: 'reset' },
  'with a broken chunk': { pieces: [`${ok}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\nx\r\n`], ending: 'keep' },
  'with two lengths': {
    pieces: [`${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ending: 'keep',
  },
  'with a folded field': { pieces: [`${ok}Content-Length: 2\r\nX-A: b\r\n c\r\n\r\nok`], ending: 'keep' },
  'with a bare LF': { pieces: [`${ok}Content-Length: 2\nX-A: b\r\n\r\nok`], ending: 'keep' },
  'with an odd length': { pieces: [`${ok}Content-Length: 0x2\r\n\r\nok`], ending: 'keep' },
  'with a status that is none': { pieces: ['HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok'], ending: 'keep' },
  'that switches unasked': {
    pieces: ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ending: 'keep',
  },
  'that is not HTTP': { pieces: ['SSH-2.0-OpenSSH_9.2\r\n'], ending: 'keep' },
  'that never comes': { pieces: [], ending: 'end' },
  'that is reset before it begins': { pieces: [], ending: 'reset' },
};

/** One byte that is changed, added or taken away, or none. */
export const damage = fc.option(
  fc.tuple(fc.nat(), fc.constantFrom('replace', 'insert', 'remove'), fc.constantFrom(...'\0\t\n\r :;0a,\x7f\xff')),
  { freq: 1 },
);
export const damaged = (text: string, harm: readonly [number, string, string] | null): string => {
  if (harm === null || text === '') return text;
  const [where, how, byte] = harm;
  const at = where % text.length;
  return text.slice(0, at) + (how === 'remove' ? '' : byte) + text.slice(how === 'insert' ? at : at + 1);
};

/** An answer, whole or damaged, in pieces. */
export const script = fc
  .tuple(fc.constantFrom(...Object.values(scripts)), damage, fc.array(fc.nat(), { maxLength: 3 }))
  .map(([{ pieces, ending }, harm, places]): Script => {
    const text = damaged(pieces.join(''), harm);
    // What is damaged may never end by itself.
    return { pieces: cutAt(text, places), ending: harm === null ? ending : ending === 'keep' ? 'end' : ending };
  });
