import type { Socket } from 'node:net';

/** How long what is left to read of a connection that takes no more may take, in milliseconds. */
const patienceMs = 1000;

type Done = (error?: Error | null) => void;

/**
 * Lets a connection whose other side takes nothing any more be read to its end; what is written to it is dropped. An upstream may answer an
 * upload that it does not want and close: Node gives the connection up at the first write that fails, and with it the answer that has
 * arrived already.
 */
export const readToEnd = (socket: Socket): Socket => {
  let refused = false;

  const sparing =
    (done: Done): Done =>
    (error) => {
      if (!isRefusal(error)) return done(error);
      if (!refused) {
        refused = true;
        const timer = setTimeout(() => socket.destroy(error), patienceMs);
        socket.once('close', () => clearTimeout(timer));
      }
      done();
    };
  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, done) => (refused ? done() : write(chunk, encoding, sparing(done)));
  const writev = socket._writev?.bind(socket);
  if (writev !== undefined) socket._writev = (chunks, done) => (refused ? done() : writev(chunks, sparing(done)));
  return socket;
};

const isRefusal = (error: NodeJS.ErrnoException | null | undefined): error is NodeJS.ErrnoException =>
  error?.syscall === 'write' && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
