import { type ClientRequest, createServer, METHODS, request, type Server } from 'node:http';
import { duplexPair, pipeline } from 'node:stream';
import { problem } from '../../../model/problem.ts';
import type { Client, NodeHandler } from '../../client.ts';
import { pairs } from '../../headers.ts';
import { isForbidden } from '../../http2-headers.ts';
import { problemPage, wantsHtml } from '../../problem-page.ts';
import type { RawHeaders } from '../../request-head.ts';

const servers = new WeakMap<NodeHandler, Server>();

/** The server of a handler, which listens nowhere. */
const serverOf = (handler: NodeHandler): Server => {
  const server = servers.get(handler) ?? createServer({ requestTimeout: 0 }, handler);
  servers.set(handler, server);
  return server;
};

/**
 * Lets a handler that was made for HTTP/1.1 answer a request that came by HTTP/2: over a connection inside this process, so that to the handler
 * it is a request like any other. `fields` go with the answer.
 */
export const handOver = (
  client: Client & { readonly cut: () => void },
  handler: NodeHandler,
  { path, host }: { path: string; host: string },
  fields: RawHeaders,
): void => {
  const { received, arrival, wantsTunnel } = client;
  const { method } = received;
  const refuse = (word: string): void => {
    const page = problemPage(problem('method-unsupported', { method: word }), wantsHtml(received.headers));
    client.sendPage({ ...page, headers: [...page.headers, ...fields] }, false);
  };
  // HTTP/2 brings any word; Node's parser reads those that it knows.
  if (!METHODS.includes(method)) {
    refuse(method);
    return;
  }
  const [ours, theirs] = duplexPair();
  // How a handler tells that it was asked inside TLS.
  serverOf(handler).emit(
    'connection',
    arrival.scheme === 'https' ? Object.assign(theirs, { encrypted: true }) : theirs,
  );
  const asked: ClientRequest = request({
    createConnection: () => ours,
    method,
    path,
    headers: { host },
  });
  for (const [name, value] of pairs(received.headers)) if (isPassed(name)) asked.appendHeader(name, value);
  // A handler may wish to know of it before there is any of its body.
  asked.flushHeaders();
  asked.on('continue', () => client.inform(100, 'Continue', []));
  asked.on('response', (answer) => {
    // To who asked for a tunnel an ordinary answer would look like one.
    if (wantsTunnel && (answer.statusCode as number) < 300) {
      refuse('CONNECT');
      return;
    }
    const headers = answer.rawHeaders.filter((_, index, all) => !isForbidden(all[index - (index % 2)] as string));
    client.relay(
      { status: answer.statusCode as number, reason: '', body: answer, isOver: false, trailers: undefined },
      [...headers, ...fields],
    );
  });
  // The handler broke off.
  asked.on('error', () => client.cut());
  // Both: the one does not hear of the other.
  client.onClose(() => {
    ours.destroy();
    theirs.destroy();
  });
  if (wantsTunnel) asked.end();
  else pipeline(client.body, asked, () => {});
};

/**
 * The fields of the connection are its own, but for the one that says that a body is in chunks: else it would be another request to the handler.
 * No trailers go with it; to announce them without chunks is an error that Node throws.
 */
const isPassed = (name: string): boolean => {
  const lower = name.toLowerCase();
  return lower === 'transfer-encoding' || (lower !== 'host' && lower !== 'trailer' && !isForbidden(lower));
};
