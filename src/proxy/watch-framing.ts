import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { isFramedOddly } from './answer-head.ts';

/**
 * Looks at the heads of an answer as they come in, ahead of Node: where a tab is behind an encoding Node takes the chunks for the body
 * itself, and RTSP for HTTP, and afterwards nothing tells that there was one. `odd` is called before Node has read the head.
 */
export const watchFraming = (request: ClientRequest, odd: () => void): void => {
  request.once('socket', (socket: Socket) => {
    let text = '';
    const look = (data: Buffer): void => {
      text += data.toString('latin1');
      for (;;) {
        // Empty lines before a head are nothing.
        const begin = text.search(/[^\r\n]/);
        const end = begin === -1 ? -1 : text.indexOf(headEnd, begin);
        if (end === -1) break;
        const head = text.slice(begin, end + 2);
        if (!head.startsWith('HTTP/') || isFramedOddly(head)) odd();
        text = text.slice(end + headEnd.length);
        if (!interim.test(head)) {
          stop();
          return;
        }
      }
      // Node refuses a head of that length, but not empty lines without end.
      if (text.length > mostBytes) {
        stop();
        odd();
      }
    };
    const stop = (): void => {
      socket.off('data', look);
    };
    socket.prependListener('data', look);
    request.once('close', stop);
  });
};

const headEnd = '\r\n\r\n';
/** Behind a 101 there are no further heads. */
const interim = /^HTTP\/1\.[01] 1(?!01)/;
const mostBytes = 128 * 1024;
