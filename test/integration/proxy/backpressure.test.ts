import { execFile } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { type FrontName, fronts, open } from '../../support/fronts.ts';
import { copy, portOf, service, startProxy, type TestProxy } from '../../support/proxy.ts';
import { eventually } from '../../support/raw.ts';
import { needs } from '../../support/requirements.ts';

const host = 'project-3.api.localhost';
const megabyte = 1024 * 1024;
/** What the proxy may keep of a body beyond what the slow side has taken. */
const most = megabyte;
/** The kernel gives more room to connections that are quick. */
const warm = 8 * megabyte;
const chunk = Buffer.alloc(64 * 1024);

/** Writes to a socket for as long as it takes something; gives what the kernel has taken. */
const pour = (socket: Socket): (() => number) => {
  const push = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    socket.once('drain', push);
  };
  push();
  return () => socket.bytesWritten - socket.writableLength;
};

/** An upstream of plain sockets. */
const startSockets = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
};

/** Bytes that the kernel keeps on connections from and to a port, for readers that are slow. */
const keptByKernel = async (...ports: readonly number[]): Promise<number> => {
  let sum = 0;
  for (const port of ports) {
    const { stdout } = await promisify(execFile)('ss', ['-Htn', `sport = :${port} or dport = :${port}`]);
    for (const [, received, sent] of stdout.matchAll(/^\S+\s+(\d+)\s+(\d+)/gm)) sum += Number(received) + Number(sent);
  }
  return sum;
};

/** Waits until a number has been the same for a while. */
const standsStill = async (number: () => number, what: string): Promise<void> => {
  let [last, since] = [number(), performance.now()];
  await eventually(
    () => {
      if (number() !== last) [last, since] = [number(), performance.now()];
      return performance.now() - since > 400;
    },
    what,
    20_000,
  );
};

const ways = (['fast', 'full'] as const).flatMap((lanes) => fronts.map((front) => ({ lanes, front })));

interface Transfer {
  /** Ports of the proxy and of the upstream. */
  readonly ports: readonly number[];
  readonly given: () => number;
  readonly taken: () => number;
  /** The slow side takes nothing any more. */
  readonly stop: () => void;
}

/** Transfers by every way at once, each through a proxy of its own; gives what each proxy keeps when its slow side has stopped. */
const keptByProxies = (begin: (proxyTo: (port: number) => Promise<TestProxy>, front: FrontName) => Promise<Transfer>) =>
  Promise.all(
    ways.map(async ({ lanes, front }) => {
      const proxyTo = (port: number) => startProxy({ copies: [copy('project-3', [service('api', port)])], lanes });
      const { ports, given, taken, stop } = await begin(proxyTo, front);
      await eventually(() => taken() > warm, 'the connections to be quick', 20_000);
      stop();
      await standsStill(given, 'what is quick to be held back');
      // On a busy machine something may be still on its way for longer.
      const kept = async () => given() - taken() - (await keptByKernel(...ports));
      await eventually(async () => (await kept()) < most, `little to be kept by the ${lanes} lane, ${front}`, 20_000);
      return kept();
    }),
  );

test('a client that stops taking an answer leaves little of it in the proxy', { timeout: 90_000 }, async (context) => {
  needs(context, 'ss');
  const kept = await keptByProxies(async (proxyTo, front) => {
    let given = () => 0;
    const port = await startSockets((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n');
        given = pour(socket);
      });
    });
    const proxy = await proxyTo(port);
    const client = open(front, proxy, { host });
    const ports = [proxy.port, proxy.securePort, port];
    return { ports, given: () => given(), taken: () => client.text().length, stop: client.pause };
  });
  expect(Math.max(...kept)).toBeLessThan(most);
});

test('an upstream that stops taking a request leaves little of it in the proxy', {
  timeout: 90_000,
}, async (context) => {
  needs(context, 'ss');
  const kept = await keptByProxies(async (proxyTo, front) => {
    let taken = 0;
    let upstream: Socket | undefined;
    const port = await startSockets((socket) => {
      upstream = socket;
      socket.on('data', (data) => {
        taken += data.length;
      });
    });
    const proxy = await proxyTo(port);
    const headers = { 'content-length': '10000000000' };
    const client = open(front, proxy, { host, method: 'POST', headers, body: 'open' });
    let written = 0;
    const push = (): void => {
      do written += chunk.length;
      while (client.send(chunk));
      client.writable.once('drain', push);
    };
    push();
    const ports = [proxy.port, proxy.securePort, port];
    const given = () => written - client.writable.writableLength;
    return { ports, given, taken: () => taken, stop: () => upstream?.pause() };
  });
  expect(Math.max(...kept)).toBeLessThan(most);
});
