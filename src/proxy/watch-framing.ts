import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { isFramedOddly } from './answer-head.ts';

/**
 * Looks at the heads of an answer as they come in, ahead of Node: where a tab is behind an encoding Node takes the chunks for the body
 * itself, and afterwards nothing tells that there was one. `odd` is called before Node has read the head.
 */
export const watchFraming = (request: ClientRequest, odd: () => void): void => {
  request.once('socket', (socket: Socket) => {
    let text = '';
    const look = (data: Buffer): void => {
      text += data.toString('latin1');
      for (let end = text.indexOf(headEnd); end !== -1; end = text.indexOf(headEnd)) {
        if (isFramedOddly(text.slice(0, end + 2))) odd();
        const isInterim = interim.test(text);
        text = text.slice(end + headEnd.length);
        if (!isInterim) {
          stop();
          return;
        }
      }
      // What is longer is refused by Node.
      if (text.length > mostBytes) stop();
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
const interim = /^[\r\n]*HTTP\/1\.[01] 1(?!01)/;
const mostBytes = 128 * 1024;
