import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { TestProxy } from './proxy.ts';

/** The ways in: what is true of a request must be true whichever way it comes. */
export const fronts = ['HTTP/1.1', 'HTTP/1.1 over TLS', 'HTTP/2'] as const;
export type FrontName = (typeof fronts)[number];

export interface Ask {
  readonly host: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: the head ends the request. `open`: `send` and `end` do. */
  readonly body?: string | Buffer | 'open';
  readonly trailers?: Readonly<Record<string, string>>;
}

type Headers = Readonly<IncomingHttpHeaders>;

/** A request that is under way, over any front. */
export interface Exchange {
  /** The head of the answer; rejects where there is none. */
  readonly head: Promise<{ readonly status: number; readonly headers: Headers }>;
  /** Interim answers, so far. */
  readonly informed: { readonly status: number; readonly headers: Headers }[];
  readonly text: () => string;
  readonly until: (pattern: RegExp) => Promise<void>;
  /** Settles when it is over: the body, whether the client can tell that it is cut, and the trailers. */
  readonly over: Promise<{ readonly text: string; readonly cut: boolean; readonly trailers: Headers }>;
  readonly send: (data: string | Buffer) => boolean;
  readonly end: () => void;
  readonly cancel: () => void;
  /** What is written to and what is read from. */
  readonly writable: Duplex | import('node:http').ClientRequest;
  readonly pause: () => void;
}

/** Asks for something by the given front, over a connection of its own or the given session. */
export const open = (front: FrontName, proxy: Pick<TestProxy, 'port' | 'securePort'>, ask: Ask): Exchange =>
  front === 'HTTP/2' ? openHttp2(sessionTo(proxy.securePort), ask) : openHttp1(front, proxy, ask);

/** Asks, and gives the whole answer. */
export const fetchBy = async (front: FrontName, proxy: Pick<TestProxy, 'port' | 'securePort'>, ask: Ask) => {
  const exchange = open(front, proxy, ask);
  const { status, headers } = await exchange.head;
  return { status, headers, ...(await exchange.over), informed: exchange.informed };
};

/** A session of HTTP/2, ended with the test. */
export const sessionTo = (port: number): ClientHttp2Session => {
  const session = connectHttp2(`https://localhost:${port}`, {
    host: '127.0.0.1',
    rejectUnauthorized: false,
    settings: { enablePush: false },
  });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
};

/** Text that grows, and those who wait for something in it. */
const collecting = () => {
  let text = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  return {
    text: () => text,
    add: (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      look();
    },
    over: (): void => {
      isOver = true;
      look();
    },
    until: (pattern: RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (pattern.test(text)) resolve();
          else if (isOver) reject(new Error(`It is over before ${pattern}: ${JSON.stringify(text)}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
};

const openHttp1 = (
  front: FrontName,
  { port, securePort }: Pick<TestProxy, 'port' | 'securePort'>,
  { host, method = 'GET', path = '/', headers = {}, body, trailers }: Ask,
): Exchange => {
  const collected = collecting();
  const informed: Exchange['informed'] = [];
  const options = { host: '127.0.0.1', method, path, headers: { host, ...headers }, agent: false };
  const request =
    front === 'HTTP/1.1'
      ? httpRequest({ ...options, port })
      : httpsRequest({ ...options, port: securePort, rejectUnauthorized: false });
  request.on('information', ({ statusCode, headers: fields }) => {
    informed.push({ status: statusCode, headers: fields });
  });
  let message: IncomingMessage | undefined;
  const head = new Promise<{ status: number; headers: Headers }>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (incoming) => {
      message = incoming;
      incoming.on('data', collected.add);
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers });
    });
  });
  head.catch(() => {});
  const over = new Promise<{ text: string; cut: boolean; trailers: Headers }>((resolve) => {
    request.on('close', () => {
      collected.over();
      resolve({ text: collected.text(), cut: message?.complete !== true, trailers: message?.trailers ?? {} });
    });
    request.on('response', (incoming) => incoming.on('error', () => {}));
  });
  onTestFinished(() => {
    request.destroy();
  });
  const end = (): void => {
    if (trailers !== undefined) request.addTrailers(trailers);
    request.end();
  };
  if (body === 'open') request.flushHeaders();
  else if (body === undefined && trailers === undefined) request.end();
  else {
    if (body !== undefined) request.write(body);
    end();
  }
  return {
    head,
    informed,
    text: collected.text,
    until: collected.until,
    over,
    send: (data) => request.write(data),
    end,
    cancel: () => request.destroy(),
    writable: request,
    pause: () => message?.pause(),
  };
};

const openHttp2 = (session: ClientHttp2Session, ask: Ask): Exchange => {
  const { host, method = 'GET', path = '/', headers = {}, body, trailers } = ask;
  const collected = collecting();
  const informed: Exchange['informed'] = [];
  const endStream = body === undefined && trailers === undefined;
  // It has no word for chunks, and needs none.
  const { 'transfer-encoding': _chunked, connection: _connection, ...fields } = headers;
  const stream = session.request(
    { ':method': method, ':path': path, ':authority': host, ...fields },
    { endStream, waitForTrailers: trailers !== undefined },
  );
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('headers', ({ ':status': status, ...rest }) => informed.push({ status: Number(status), headers: rest }));
  let received: Headers = {};
  stream.on('trailers', (fieldsBehind) => {
    received = fieldsBehind;
  });
  stream.on('data', collected.add);
  let ended = false;
  stream.on('end', () => {
    ended = true;
  });
  const head = new Promise<{ status: number; headers: Headers }>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('There was no answer.')));
    stream.on('response', ({ ':status': status, ...rest }) => resolve({ status: Number(status), headers: rest }));
  });
  head.catch(() => {});
  const over = new Promise<{ text: string; cut: boolean; trailers: Headers }>((resolve) => {
    stream.on('close', () => {
      collected.over();
      const cut = !ended || stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      resolve({ text: collected.text(), cut, trailers: received });
    });
  });
  if (!endStream && body !== 'open') stream.end(body);
  return {
    head,
    informed,
    text: collected.text,
    until: collected.until,
    over,
    send: (data) => stream.write(data),
    end: () => stream.end(),
    cancel: () => stream.close(constants.NGHTTP2_CANCEL),
    writable: stream,
    pause: () => stream.pause(),
  };
};

export interface Tunnel {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the tunnel was refused. */
  readonly duplex: Duplex | undefined;
  readonly received: () => string;
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly closed: Promise<void>;
  readonly reset: () => void;
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Asks for a WebSocket by the given front. What passes through it is bytes. */
export const openTunnel = (
  front: FrontName,
  { port, securePort }: Pick<TestProxy, 'port' | 'securePort'>,
  { host, path = '/', headers = {} }: Ask,
): Promise<Tunnel> =>
  new Promise((resolve, reject) => {
    const collected = collecting();
    const follow = (duplex: Duplex, reset: () => void, status: number, fields: Headers, isOpen: boolean): Tunnel => {
      duplex.on('data', collected.add);
      duplex.on('error', () => {});
      const closed = new Promise<void>((done) =>
        duplex.on('close', () => {
          collected.over();
          done();
        }),
      );
      const { text: received, until } = collected;
      return { status, headers: fields, duplex: isOpen ? duplex : undefined, received, until, closed, reset };
    };
    if (front === 'HTTP/2') {
      const session = sessionTo(securePort);
      session.once('remoteSettings', () => {
        const stream = session.request({
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'https',
          ':authority': host,
          ':path': path,
          'sec-websocket-version': '13',
          ...headers,
        });
        stream.on('error', reject);
        stream.on('response', ({ ':status': status, ...fields }) =>
          resolve(follow(stream, () => stream.close(constants.NGHTTP2_CANCEL), Number(status), fields, status === 200)),
        );
      });
      return;
    }
    const handshake = {
      host,
      connection: 'keep-alive, Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      ...headers,
    };
    const options = { host: '127.0.0.1', path, headers: handshake, agent: false };
    const request =
      front === 'HTTP/1.1'
        ? httpRequest({ ...options, port })
        : httpsRequest({ ...options, port: securePort, rejectUnauthorized: false });
    onTestFinished(() => {
      request.destroy();
    });
    request.on('error', reject);
    request.on('response', (incoming) =>
      resolve(follow(incoming as unknown as Duplex, () => {}, incoming.statusCode ?? 0, incoming.headers, false)),
    );
    request.on('upgrade', (incoming, socket, first) => {
      onTestFinished(() => {
        socket.destroy();
      });
      if (first.length > 0) socket.unshift(first);
      resolve(follow(socket, () => socket.destroy(), incoming.statusCode ?? 0, incoming.headers, true));
    });
    request.end();
  });
