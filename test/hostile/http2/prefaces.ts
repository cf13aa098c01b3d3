import { frame, preface, types } from '../../support/frames.ts';
import { type Bytes, ended, type Family, get, passed, raw, table } from './vector.ts';

const settings = frame(types.settings, 0, 0);
/** The first bytes of a connection. */
const opening = (...parts: readonly (Buffer | string | Bytes)[]) => ({
  acts: [],
  opening: parts.map((part) => (typeof part === 'function' ? part : raw(part))),
});

export const prefaces: Family = {
  name: 'how a connection begins',
  vectors: [
    ...table(
      'RFC 9113 §3.4: a client begins with the preface, and then with its settings',
      {
        'HTTP/1.1 where HTTP/2 was agreed on': opening('GET /smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n'),
        'a body of HTTP/1.1 where HTTP/2 was agreed on': opening(
          'POST /smuggled HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc',
        ),
        'frames without a preface': opening(settings, get()),
        'a preface in small letters': opening('pri * http/2.0\r\n\r\nsm\r\n\r\n', settings),
        'a preface of another version': opening('PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n', settings),
        'a preface with another end': opening('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r', settings),
        'a preface with LF alone': opening('PRI * HTTP/2.0\n\nSM\n\n', settings),
        'a preface behind a line': opening('\r\n', preface, settings),
        'a preface twice': opening(preface, preface, settings),
        'zeros in the place of a preface': opening(Buffer.alloc(100)),
        'TLS in the place of a preface': opening('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', Buffer.alloc(500)),
        'a line of 10 KB in the place of a preface': opening('A'.repeat(10_000)),
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §3.4: the first frame is SETTINGS',
      {
        'a request before the settings': opening(preface, get()),
        'PING before the settings': opening(preface, frame(types.ping, 0, 0, Buffer.alloc(8)), settings),
        'WINDOW_UPDATE before the settings': opening(
          preface,
          frame(types.window, 0, 0, Buffer.from([0, 0, 0, 1])),
          settings,
        ),
        'a frame that nobody knows before the settings': opening(preface, frame(0x42, 0, 0), settings),
        'a confirmation before the settings': opening(preface, frame(types.settings, 1, 0), settings),
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §3.4: settings may be followed by requests at once, and all of it may come in pieces',
      {
        'a request with the preface': opening(preface, settings, get()),
        'a preface byte by byte': opening(...[...preface.toString('latin1')], settings, get()),
        'everything in one piece': opening((fill) => Buffer.concat([preface, settings, get()(fill)])),
      },
      [passed()],
    ),
  ],
};
