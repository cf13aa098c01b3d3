import { connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { type Frame, frame, frameReader, preface, types } from './frames.ts';

export interface FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[];
  readonly send: (...frames: readonly Buffer[]) => void;
  /** Settles with the first frame that is so; rejects when the connection closes before. */
  readonly until: (is: (frame: Frame) => boolean) => Promise<Frame>;
  readonly closed: Promise<void>;
  readonly isClosed: () => boolean;
}

/** A client that writes frames of HTTP/2 by hand, settings exchanged. It answers nothing by itself. */
export const frameClient = async (port: number): Promise<FrameClient> => {
  const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false });
  const frames: Frame[] = [];
  const read = frameReader();
  let isClosed = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  socket.on('data', (data: Buffer) => {
    frames.push(...read(data));
    look();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) =>
    socket.on('close', () => {
      isClosed = true;
      look();
      resolve();
    }),
  );
  onTestFinished(() => {
    socket.destroy();
  });
  const until = (is: (frame: Frame) => boolean): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = frames.find(is);
        if (found !== undefined) resolve(found);
        else if (isClosed) reject(new Error('The connection was closed before.'));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  const send = (...parts: readonly Buffer[]): void => {
    if (!isClosed) socket.write(Buffer.concat(parts));
  };
  send(preface, frame(types.settings, 0, 0));
  await until(({ type, flags }) => type === types.settings && flags === 0);
  send(frame(types.settings, 1, 0));
  return { socket, frames, send, until, closed, isClosed: () => isClosed };
};
