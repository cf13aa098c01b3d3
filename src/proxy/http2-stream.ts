import { constants, type ServerHttp2Stream } from 'node:http2';

/** After an answer that came before the end of the request: asks the client to send no more of it (RFC 9113 §8.1). */
export const endRequest = (stream: ServerHttp2Stream): void => {
  if (stream.endAfterHeaders) return;
  if (stream.writableFinished) stopRequest(stream);
  else stream.once('finish', () => stopRequest(stream));
};

export const stopRequest = (stream: ServerHttp2Stream): void => {
  if (stream.endAfterHeaders) return;
  // Not at once: the frame would overtake what was just written.
  setImmediate(() => {
    if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  });
};
