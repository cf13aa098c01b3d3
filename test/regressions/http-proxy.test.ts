import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { copy, service, startProxy } from '../support/proxy.ts';
import { eventually, rawClient } from '../support/raw.ts';
import { answerOk, startRawUpstream } from '../support/upstream.ts';

/**
 * One test per fault of http-proxy 1.18.1. Each looks for the fault twice: in http-proxy as its README shows it, where it must
 * be (so that the test is known to see it), and in our proxy, which uses the same package and must not have it.
 */
interface Proxy {
  readonly port: number;
  /** Of the bare http-proxy, which faults can end. */
  readonly process?: ChildProcess;
}

const bare = async (upstreamPort: number): Promise<Proxy> => {
  const script = new URL('../support/bare-http-proxy.mjs', import.meta.url);
  const child = fork(script, [String(upstreamPort)], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [port] = (await once(child, 'message')) as [number];
  return { port, process: child };
};

const host = 'project-3.api.localhost';
const other = 'project-4.api.localhost';
const ours = (upstreamPort: number): Promise<Proxy> => {
  const services = [service('api', upstreamPort, { upstream: { host: '127.0.0.1', port: upstreamPort } })];
  return startProxy({ copies: [copy('project-3', services), copy('project-4', services)] });
};

type Upstream = Awaited<ReturnType<typeof startRawUpstream>>;
type Answer = (received: string, socket: Socket) => void;

/** A test that looks for a fault in both proxies. */
const fault = (name: string, answer: Answer, isThere: (proxy: Proxy, upstream: Upstream) => Promise<boolean>): void => {
  test(name, async () => {
    for (const [start, expected] of [
      [bare, true],
      [ours, false],
    ] as const) {
      const upstream = await startRawUpstream(answer);
      const proxy = await start(upstream.port);
      expect(await isThere(proxy, upstream), start.name).toBe(expected);
    }
  });
};

const head = (line: string, ...fields: string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''].join('\r\n');

/** Sends one request and gives the answer's bytes as soon as its body of two bytes is there, or the connection is closed. */
const ask = async ({ port }: Proxy, text: string): Promise<string> => {
  const client = rawClient(port);
  client.send(text);
  await client.until(/\r\n\r\n(.|\r\n)*(ok|failed|\}\n|0\r\n\r\n)/).catch(() => {});
  return client.received();
};

const ended = async ({ process }: Proxy): Promise<boolean> => {
  if (process === undefined) return false;
  if (process.exitCode === null) await once(process, 'exit');
  return process.exitCode !== 0;
};

const inPieces: Answer = (received, socket) => {
  if (received.includes('\r\n\r\n') && !received.includes('answered')) answerOk('\r\n\r\n', socket);
};

fault('a chunked body on DELETE becomes a second request', inPieces, async (proxy, upstream) => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
  await ask(proxy, head('DELETE /', 'Transfer-Encoding: chunked') + chunk);
  await eventually(() => upstream.received().includes('/smuggled'));
  return !/\r\ntransfer-encoding: chunked\r\n/i.test(upstream.received());
});

fault('a forwarding field that the client sent is believed', answerOk, async (proxy, upstream) => {
  await ask(proxy, head('GET /', 'X-Forwarded-For: 203.0.113.9'));
  return upstream.received().includes('203.0.113.9');
});

fault('slashes in a path are collapsed', answerOk, async (proxy, upstream) => {
  await ask(proxy, head('GET /a//b'));
  return !upstream.received().startsWith('GET /a//b ');
});

fault('a target in absolute form is routed by its Host line', answerOk, async (proxy, upstream) => {
  await ask(proxy, head(`GET http://${other}/`));
  return upstream.received().toLowerCase().includes(`host: ${host}`);
});

fault('a list of transfer encodings is passed on', inPieces, async (proxy, upstream) => {
  await ask(proxy, `${head('POST /', 'Transfer-Encoding: gzip, chunked', 'Connection: close')}2\r\nab\r\n0\r\n\r\n`);
  return /transfer-encoding: gzip, chunked/i.test(upstream.received());
});

fault('what Connection lists is passed on', answerOk, async (proxy, upstream) => {
  await ask(proxy, head('GET /', 'Connection: X-Hop', 'X-Hop: 1'));
  return /x-hop: 1/i.test(upstream.received());
});

const cutBody: Answer = (received, socket) => {
  if (!received.startsWith('GET /cut')) return answerOk(received, socket);
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', () => socket.destroy());
};
fault('a client waits for ever when the upstream dies in the middle of a body', cutBody, async (proxy, upstream) => {
  const client = rawClient(proxy.port);
  client.send(head('GET /cut'));
  await client.until(/hello/);
  await eventually(() => upstream.connections[0]?.closed === true);
  if (proxy.process === undefined) {
    expect(await client.closed).not.toContain('\r\n0\r\n');
    return false;
  }
  await ask(proxy, head('GET /second'));
  return !client.socket.closed;
});

const status99: Answer = (_received, socket) => {
  socket.write('HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok');
};
fault('an upstream status of 099 ends the process', status99, async (proxy) => {
  const answer = await ask(proxy, head('GET /'));
  expect(answer).toMatch(/^$|^HTTP\/1\.1 502 /);
  return ended(proxy);
});

const brokenChunk: Answer = (_received, socket) => {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n');
};
fault('an error after the head ends the process', brokenChunk, async (proxy) => {
  await ask(proxy, head('GET /'));
  return ended(proxy);
});

const closing: Answer = (received, socket) => {
  if (received.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
};
fault('Connection: close of the upstream leaks to the client', closing, async (proxy) =>
  /connection: close/i.test(await ask(proxy, head('GET /'))),
);

const never: Answer = (received, socket) => {
  if (received.startsWith('GET /second')) answerOk(received, socket);
};
fault('the request to the upstream goes on after the client left', never, async (proxy, upstream) => {
  const client = rawClient(proxy.port);
  client.send(head('GET /'));
  await eventually(() => upstream.connections[0]?.received.includes('\r\n\r\n') === true);
  client.socket.destroy();
  if (proxy.process === undefined) {
    await eventually(() => upstream.connections[0]?.closed === true);
    return false;
  }
  await ask(proxy, head('GET /second'));
  return upstream.connections[0]?.closed === false;
});

fault('connections are not used again', answerOk, async (proxy, upstream) => {
  await ask(proxy, head('GET /'));
  await ask(proxy, head('GET /'));
  return upstream.connections.length > 1;
});

const handshake = head(
  'GET /',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
);
fault(
  'a client that resets before the upgrade ends the process',
  () => {},
  async (proxy, upstream) => {
    const client = rawClient(proxy.port);
    client.send(handshake);
    await eventually(() => upstream.received().includes('\r\n\r\n'));
    client.socket.resetAndDestroy();
    if (proxy.process === undefined) await eventually(() => upstream.connections[0]?.closed === true);
    return ended(proxy);
  },
);

const hangUp: Answer = (_received, socket) => {
  socket.destroy();
};
fault('a WebSocket to a dead upstream gets no answer', hangUp, async (proxy) => {
  const client = rawClient(proxy.port);
  client.send(handshake);
  return (await client.closed) === '';
});
