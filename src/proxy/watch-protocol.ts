import type { Socket } from 'node:net';
import { maxHeadBytes } from './http1-server.ts';

/**
 * Looks at the first request line of a connection ahead of Node's parser, which takes RTSP and ICE for HTTP and does not tell afterwards,
 * and waits for more behind a line of HTTP/0.9. To be called when the parser has the connection; `other` is called before it sees the line.
 */
export const watchProtocol = (socket: Socket, other: () => void): void => {
  let line = '';
  const look = (data: Buffer): void => {
    const text = data.toString('latin1', 0, maxHeadBytes);
    line += text;
    if (!text.includes('\n') && line.length < maxHeadBytes) return;
    // Empty lines before a request are nothing (RFC 9112 §2.2).
    line = line.replace(/^[\r\n]+/, '');
    if (line === '') return;
    const end = line.indexOf('\n');
    if (end === -1 && line.length < maxHeadBytes) return;
    socket.off('data', look);
    if (end !== -1 && !/ HTTP\/[^ ]*$/.test(line.slice(0, end))) other();
  };
  socket.prependListener('data', look);
  // Node reads past the stream until somebody else listens to it.
  socket.on('data', ignore).off('data', ignore);
};

const ignore = (): void => {};
