import { frame, preface, types, uint32 } from '../../support/frames.ts';
import {
  type Bytes,
  begin,
  data,
  ended,
  type Family,
  framed,
  get,
  malformed,
  passed,
  passedLast,
  raw,
  table,
} from './vector.ts';

const one = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([id >> 8, id % 256]), uint32(value)]);
const settings = (...all: readonly (readonly [id: number, value: number])[]): Bytes =>
  raw(frame(types.settings, 0, 0, Buffer.concat(all.map(([id, value]) => one(id, value)))));
const window = (stream: number, size: number): Bytes => framed(types.window, 0, stream, uint32(size));
const largest = 0x7fffffff;
const tableSize = 1;
const push = 2;
const atOnce = 3;
const windowSize = 4;
const frameSize = 5;
const headSize = 6;
const connectProtocol = 8;
/** The first frames of a client that wishes for this. */
const wishing = (...all: readonly (readonly [id: number, value: number])[]): readonly Bytes[] => [
  raw(preface),
  settings(...all),
];

export const settingsAndWindows: Family = {
  name: 'settings and windows',
  vectors: [
    ...table(
      'RFC 9113 §6.5.2: values that a setting cannot have',
      {
        'ENABLE_PUSH of 2': [settings([push, 2])],
        'INITIAL_WINDOW_SIZE of 2^31': [settings([windowSize, 0x80000000])],
        'INITIAL_WINDOW_SIZE of 2^32 - 1': [settings([windowSize, 0xffffffff])],
        'MAX_FRAME_SIZE of 16383': [settings([frameSize, 16_383])],
        'MAX_FRAME_SIZE of 2^24': [settings([frameSize, 0x1000000])],
        'MAX_FRAME_SIZE of 0': [settings([frameSize, 0])],
        'a value that a setting cannot have behind others': [settings([atOnce, 1], [push, 2])],
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §6.5.2, §6.5.3: settings that are fine, and such that nobody knows',
      {
        'a setting that nobody knows': [settings([0xf0f0, 7]), get()],
        'a setting of zero': [settings([0, 7]), get()],
        'empty settings': [settings(), get()],
        'the same setting twice': [settings([windowSize, 1], [windowSize, 65_535]), get()],
        'a table of 4 GB': [settings([tableSize, 0xffffffff]), get()],
        'a table of nothing': [settings([tableSize, 0]), get()],
        'no table, and one again': [settings([tableSize, 0]), settings([tableSize, 4096]), get()],
        'no streams at a time': [settings([atOnce, 0]), get()],
        'frames of 16 MB': [settings([frameSize, 0xffffff]), get()],
        'windows of 2 GB': [settings([windowSize, largest]), get()],
        'settings before the request, at once': {
          acts: [get()],
          opening: wishing([tableSize, 0], [push, 0], [connectProtocol, 1]),
        },
      },
      [passed()],
    ),
    ...table(
      'RFC 8441 §3: a client that offers extended CONNECT',
      { 'ENABLE_CONNECT_PROTOCOL of a client': [settings([connectProtocol, 1]), get()] },
      [passed()],
    ),
    ...table(
      'RFC 8441 §3, RFC 9113 §6.5.2: what is not quite a setting of a client',
      {
        'ENABLE_CONNECT_PROTOCOL of 2': [settings([connectProtocol, 2]), get()],
        'ENABLE_CONNECT_PROTOCOL that is taken back': [
          settings([connectProtocol, 1]),
          settings([connectProtocol, 0]),
          get(),
        ],
        'heads of nothing': [settings([headSize, 0]), get()],
      },
      [passed(), passed({}, 'failed'), ...malformed, passedLast()],
    ),
    ...table(
      'RFC 9113 §6.5.3: the confirmation of settings that were not sent',
      { 'a confirmation too many': [framed(types.settings, 1, 0), framed(types.settings, 1, 0), get()] },
      [passed(), ended, passedLast()],
    ),
    ...table(
      'RFC 9113 §6.9: WINDOW_UPDATE of nothing is an error',
      { 'WINDOW_UPDATE of nothing, for the connection': [window(0, 0)] },
      [ended],
    ),
    ...table(
      'RFC 9113 §6.9: the same, of its stream',
      { 'WINDOW_UPDATE of nothing, for a stream': [begin(), window(1, 0), data('abc')] },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.9.1: windows of more than 2^31 - 1',
      {
        'a window of the connection that is too large': [window(0, largest)],
        'a window of the connection that grows too large': [...Array.from({ length: 4 }, () => window(0, 0x3fffffff))],
      },
      [ended],
    ),
    ...table(
      'RFC 9113 §6.9.1: the same, of its stream',
      { 'a window of a stream that is too large': [begin(), window(1, largest), data('abc')] },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.9.2: settings that make a window of a stream too large',
      {
        'a window that settings make too large': [
          begin(),
          window(1, largest - 65_535),
          settings([windowSize, 65_536]),
          data('abc'),
        ],
      },
      malformed,
      { mayBegin: true },
    ),
    ...table(
      'RFC 9113 §6.9.2: windows that are opened later',
      {
        'a window of nothing that is opened': { acts: [get(), window(1, 100)], opening: wishing([windowSize, 0]) },
        'a window of nothing that settings open': {
          acts: [get(), settings([windowSize, 65_535])],
          opening: wishing([windowSize, 0]),
        },
        'a window of one byte at a time': {
          acts: [get(), ...Array.from({ length: 40 }, () => window(1, 1)), settings([windowSize, 65_535])],
          opening: wishing([windowSize, 0]),
        },
      },
      [passed()],
    ).map((vector) => ({ ...vector, acts: [...vector.acts, settings([windowSize, 65_535])] })),
    ...table(
      'CVE-2019-9511, CVE-2019-9517, CVE-2020-9490; RFC 9113 §10.5: windows that are hardly opened',
      {
        'a window that is hardly opened': {
          acts: [get(), 'wait for the answer', settings([windowSize, 100])],
          opening: wishing([windowSize, 0]),
          script: { pieces: [`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`] },
        },
      },
      [{ streams: [{ request: {}, answer: 'unanswered' }], connection: 'goes on' }, ended, passedLast()],
    ),
  ],
};
