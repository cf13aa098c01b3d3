import type { Socket } from 'node:net';

/** A client that has closed its half and takes nothing for this many milliseconds has left. */
const patienceMs = 1000;

/**
 * A client that closes its half may wait for the answer or may be gone: the two look the same until something is sent. So the answer
 * goes on for as long as it moves. Gives the function that ends the watch.
 */
export const watchHalfOpen = (socket: Socket): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const ended = (): void => {
    let written = socket.bytesWritten;
    timer = setInterval(() => {
      if (socket.bytesWritten === written) socket.destroy();
      written = socket.bytesWritten;
    }, patienceMs);
  };
  if (socket.readableEnded) ended();
  else socket.once('end', ended);
  return () => {
    socket.off('end', ended);
    clearInterval(timer);
  };
};
