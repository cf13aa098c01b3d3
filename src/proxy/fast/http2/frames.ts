/** The words of RFC 9113 §6, §7 and §11 as numbers. */

export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const settings = {
  enablePush: 2,
  maxStreams: 3,
  initialWindow: 4,
  maxFrame: 5,
  maxHeaderList: 6,
  /** RFC 8441. */
  connectProtocol: 8,
} as const;

export const codes = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;

export type Code = (typeof codes)[keyof typeof codes];

/** What each side sends first, before its frames. */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const headBytes = 9;
/** Bytes of the payload of a frame that everybody takes; more was never agreed. */
export const maxPayload = 16_384;
/** The window that each side begins with, for the connection and, until it says otherwise, for each stream. */
export const firstWindow = 65_535;
export const maxWindow = 2 ** 31 - 1;

/** What is wrong with a whole connection (RFC 9113 §5.4.1): it ends with this code. */
export class ConnectionError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
