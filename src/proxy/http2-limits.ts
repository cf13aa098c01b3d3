import { maxHeadBytes } from './http1-server.ts';

/** Requests of one connection at a time. A page with a thousand modules asks for the rest as answers come. */
export const maxStreams = 100;
/**
 * Requests that a connection may see cancelled: a reload cancels `maxStreams` at most, an attack cancels all it can
 * (CVE-2023-44487). Below what nghttp2 allows (1,000, and 33 a second), so that the connection ends our way: what is under way on it
 * is finished, and the client opens another.
 */
export const maxResets = 900;
export const resetsPerSecond = 30;
/** Bytes of all fields of a head the way HTTP/2 counts them, 32 more for each; beyond it the stream is reset. */
export const maxHeaderList = 4 * maxHeadBytes;
/** Bytes of one request body that may be on their way before the upstream has taken them. */
export const streamWindow = 256 * 1024;
/** And of all bodies of a connection together; they are given free at once, so that no slow upstream holds up another. */
export const connectionWindow = 1024 * 1024;
