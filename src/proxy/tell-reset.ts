import type { Socket } from 'node:net';

/**
 * Lets a reset be seen that comes together with the last data: libuv takes it for an orderly end then, and a body that ends with its
 * connection would look whole. To write nothing to a connection that was reset fails, and changes nothing otherwise.
 */
export const tellReset = (socket: Socket): Socket => {
  const push = socket.push.bind(socket);
  const write = socket._write.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    // What is still being written fails by itself.
    if (chunk !== null || !socket.writable || socket.writableLength > 0) return push(chunk, encoding);
    write('', 'latin1', (error) => {
      if (error) {
        socket.destroy(error);
        return;
      }
      push(null);
      // As Node does: nobody may be reading.
      socket.read(0);
    });
    return false;
  };
  return socket;
};
