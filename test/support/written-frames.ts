import type { Socket } from 'node:net';
import { FrameOutput } from '../../src/proxy/fast/http2/frame-output.ts';
import { FrameReader } from '../../src/proxy/fast/http2/frame-reader.ts';
import { type Frame, preface } from './frames.ts';

/** Frames as our own reader cuts them out of these pieces, which begin with a preface. */
export const framesOf = (pieces: readonly Buffer[]): readonly Frame[] => {
  const frames: Frame[] = [];
  const reader = new FrameReader((type, flags, stream, buffer, from, to) => {
    frames.push({ type, flags, stream, payload: buffer.subarray(from, to) });
  });
  for (const piece of pieces) reader.read(piece);
  return frames;
};

/** What writes the frames of a connection, over a stand-in for its socket. What is written is kept as it is and read only when it is asked for. */
export const writtenFrames = () => {
  const writes: Buffer[] = [];
  const socket = {
    writable: true,
    writableLength: 0,
    write: (chunk: Buffer): boolean => {
      writes.push(chunk);
      return true;
    },
  };
  const output = new FrameOutput(socket as unknown as Socket);
  return {
    output,
    /** `writableLength`: bytes that wait in it. */
    socket,
    writes,
    /** All frames up to now. */
    frames: (): readonly Frame[] => {
      output.send();
      return framesOf([preface, ...writes]);
    },
  };
};
