import type { Socket } from 'node:net';
import { endHeaders, endStream, type Frame, frame, frameReader, preface, types } from '../../support/frames.ts';
import type { Field } from '../http1.ts';
import { createLooks, type Looks } from '../looks.ts';
import { createDecoder } from './hpack.ts';

/** What has come on a stream. */
export interface Stream {
  /** 0: no final head yet. */
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
  /** How many interim answers there were. */
  readonly interim: number;
  /** `whole`: with its end; what comes behind it changes nothing. */
  readonly state: 'open' | 'whole' | 'reset';
}

/** A client that writes frames and keeps what comes back. It confirms settings and answers pings, nothing else. */
export interface Client extends Pick<Looks, 'until'> {
  readonly send: (bytes: Buffer) => Promise<void>;
  readonly stream: (id: number) => Stream;
  readonly streams: ReadonlyMap<number, Stream>;
  readonly hasSettings: () => boolean;
  /** The server has said that it takes no more, or the connection is gone. */
  readonly isOver: () => boolean;
  /** What the server may not say. */
  readonly wrong: () => string | undefined;
  /** The highest stream of the client. */
  readonly last: () => number;
  readonly destroy: () => void;
}

/** Bytes of a preface and of empty settings: before them a client says nothing else. */
const begun = preface.length + 9;
const nothing: Stream = { status: 0, fields: [], body: '', trailers: [], interim: 0, state: 'open' };
const padded = 0x8;
const withPriority = 0x20;
const ack = 0x1;

export const talk = (socket: Socket): Client => {
  const streams = new Map<number, Stream>();
  const decode = createDecoder();
  const read = frameReader();
  const readOwn = frameReader();
  const owed: Buffer[] = [];
  let block: Buffer[] = [];
  let last = -1;
  let sent = 0;
  let hasSettings = false;
  let isOver = false;
  let wrong: string | undefined;
  const { look, until } = createLooks();
  const over = (): void => {
    isOver = true;
    look();
  };

  const send = async (bytes: Buffer): Promise<void> => {
    const frames = bytes.subarray(Math.max(0, preface.length - sent));
    sent += bytes.length;
    for (const { type, stream } of readOwn(frames)) if (type === types.headers) last = Math.max(last, stream);
    const own = sent < begun ? [] : owed.splice(0);
    if (socket.writable) socket.write(Buffer.concat([bytes, ...own]));
    // So that each piece arrives by itself.
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** Says what the server waits for, but not in the middle of a preface. */
  const reply = (answer: Buffer): void => {
    owed.push(answer);
    if (sent >= begun) void send(Buffer.alloc(0));
  };
  const streamOf = (id: number): Stream => streams.get(id) ?? nothing;

  const takeHead = (id: number, isLast: boolean): void => {
    const fields = decode(Buffer.concat(block));
    block = [];
    const before = streamOf(id);
    const state = isLast ? 'whole' : 'open';
    if (before.status !== 0) {
      if (!isLast) throw new Error('trailers that do not end their stream');
      if (fields.some(([name]) => name.startsWith(':'))) throw new Error('a pseudo-header field among trailers');
      streams.set(id, { ...before, trailers: fields, state });
      return;
    }
    const [first, ...rest] = fields;
    const status = first?.[0] === ':status' && /^[1-9]\d\d$/.test(first[1]) ? Number(first[1]) : 0;
    if (status === 0) throw new Error(`an answer without a status: ${JSON.stringify(fields)}`);
    for (const [name, value] of rest)
      if (!isSound(name, value)) throw new Error(`the field ${JSON.stringify(`${name}: ${value}`)} in an answer`);
    if (status >= 200) streams.set(id, { ...before, status, fields: rest, state });
    else if (isLast) throw new Error('an interim answer that ends its stream');
    else streams.set(id, { ...before, interim: before.interim + 1 });
  };

  const take = ({ type, flags, stream: id, payload }: Frame): void => {
    const before = streamOf(id);
    if (block.length > 0 && type !== types.continuation) throw new Error('a frame in the middle of a head');
    switch (type) {
      case types.settings:
        hasSettings = true;
        if ((flags & ack) === 0) reply(frame(types.settings, ack, 0));
        return;
      case types.ping:
        if ((flags & ack) === 0) reply(frame(types.ping, ack, 0, payload));
        return;
      case types.goaway:
        isOver = true;
        return;
      case types.reset:
        if (before.state === 'open') streams.set(id, { ...before, state: 'reset' });
        return;
      case types.headers:
        block = [withoutPadding(payload, flags).subarray((flags & withPriority) === 0 ? 0 : 5)];
        if (before.state === 'whole') throw new Error('a head behind the end of a stream');
        if ((flags & endHeaders) !== 0) takeHead(id, (flags & endStream) !== 0);
        else headEnds = (flags & endStream) !== 0;
        return;
      case types.continuation:
        block.push(payload);
        if ((flags & endHeaders) !== 0) takeHead(id, headEnds);
        return;
      case types.data: {
        if (before.status === 0 || before.state === 'whole') throw new Error('data where there can be none');
        const state = (flags & endStream) === 0 ? before.state : 'whole';
        streams.set(id, { ...before, body: before.body + withoutPadding(payload, flags).toString('latin1'), state });
      }
    }
  };
  let headEnds = false;

  socket.setNoDelay(true);
  socket.on('data', (bytes) => {
    try {
      for (const one of read(bytes)) take(one);
    } catch (error) {
      wrong ??= String(error);
    }
    look();
  });
  socket.on('error', over).on('end', over).on('close', over);
  return {
    send,
    stream: streamOf,
    streams,
    hasSettings: () => hasSettings,
    isOver: () => isOver,
    wrong: () => wrong,
    last: () => last,
    until,
    destroy: () => socket.destroy(),
  };
};

const withoutPadding = (payload: Buffer, flags: number): Buffer =>
  (flags & padded) === 0 ? payload : payload.subarray(1, payload.length - payload.readUInt8(0));

const ofTheConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
/** RFC 9113 §8.2. */
const isSound = (name: string, value: string): boolean =>
  /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !ofTheConnection.has(name) && !/[\r\n\0]/.test(value);
