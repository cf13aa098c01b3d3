import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { reset } from '../../src/proxy/reset.ts';
import { type Request, readRequest, valuesOf } from './http1.ts';
import type { Script } from './vector.ts';

/** A request that arrived whole. */
export interface Arrived {
  readonly request: Request;
  /** Stands in its answer, and in no other. */
  readonly serial: string;
  readonly place: 'host' | 'other';
}

/** What arrived at an upstream. */
export interface Recorded {
  readonly arrived: readonly Arrived[];
  /** Why what arrived is not HTTP/1.1, with the bytes. */
  readonly wrong: readonly string[];
  /** Requests that began, and are not whole. */
  readonly unfinished: readonly string[];
  /** What came through a tunnel. */
  readonly tunnel: string;
  /** What came before the answer that it should have waited for. */
  readonly early: string;
}

interface Connection {
  readonly socket: Socket;
  readonly place: Arrived['place'];
  pending: string;
  isTunnel: boolean;
  isWrong: boolean;
  /** Answers, and looks at nothing else until that is over. */
  isBusy: boolean;
  hasContinued: boolean;
}

/** Upstreams for one vector at a time that keep every byte: one for `{host}`, one for `{other}`. */
export interface Recorder {
  readonly ports: Readonly<Record<Arrived['place'], number>>;
  /** Forgets what it has, and answers by this script from now on; probes in the usual way. */
  readonly begin: (script: Script | undefined) => void;
  readonly recorded: () => Recorded;
  /** Whether a connection with a request that is not whole is still open. */
  readonly isWaiting: () => boolean;
  /** Writes what the script has for later. */
  readonly speakLater: () => void;
}

/** The path of probes: ordinary requests that show whether answers still belong to their requests. */
export const probePath = '/probe/';

export const startRecorder = async (signal: AbortSignal): Promise<Recorder> => {
  let connections = new Set<Connection>();
  let script: Script | undefined;
  let arrived: Arrived[] = [];
  let wrong: string[] = [];
  let tunnel = '';
  let early = '';
  let count = 0;

  const answer = (connection: Connection, { request, serial }: Arrived): void => {
    const { socket } = connection;
    const status = request.method === 'CONNECT' ? '405 Method Not Allowed' : '200 OK';
    const head = `HTTP/1.1 ${status}\r\nContent-Length: ${serial.length}\r\nX-Serial: ${serial}\r\n\r\n`;
    socket.write(request.method === 'HEAD' ? head : head + serial, 'latin1');
    if (isLast(request)) socket.end();
  };

  const play = async (
    connection: Connection,
    { request }: Arrived,
    { pieces, ending, waits }: Script,
  ): Promise<void> => {
    const { socket } = connection;
    connection.isBusy = true;
    if (waits === true) {
      await pause(30);
      early += connection.pending;
    }
    const accept = acceptFor(valuesOf(request.fields, 'sec-websocket-key')[0] ?? '');
    for (const [index, piece] of pieces.entries()) {
      // Each arrives by itself, and the last one together with what becomes of the connection.
      if (index > 0) await new Promise((resolve) => setImmediate(resolve));
      socket.write(piece.replace('{accept}', accept), 'latin1');
    }
    if (ending === 'end') socket.end();
    if (ending === 'reset') reset(socket);
    connection.isTunnel = ending === 'tunnel';
    connection.isBusy = false;
    take(connection, '');
  };

  const take = (connection: Connection, text: string): void => {
    connection.pending += text;
    if (connection.isWrong || connection.isBusy) return;
    if (connection.isTunnel) {
      tunnel += connection.pending;
      connection.socket.write(connection.pending, 'latin1');
      connection.pending = '';
      return;
    }
    while (connection.pending !== '' && !connection.isBusy) {
      const read = readRequest(connection.pending);
      if (read.kind === 'wrong') {
        connection.isWrong = true;
        wrong.push(`${read.reason}: ${JSON.stringify(connection.pending.slice(0, 600))}`);
        connection.socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      if (read.kind === 'incomplete') {
        const waits = read.begun !== undefined && valuesOf(read.begun.fields, 'expect').length > 0;
        if (waits && !connection.hasContinued) connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        connection.hasContinued ||= waits;
        return;
      }
      connection.pending = connection.pending.slice(read.size);
      connection.hasContinued = false;
      count += 1;
      const one = { request: read.message, serial: `serial-${count}`, place: connection.place };
      arrived.push(one);
      if (script === undefined || one.request.target.startsWith(probePath)) answer(connection, one);
      else void play(connection, one, script);
    }
  };

  const listen = async (place: Arrived['place']): Promise<Server> => {
    const server = createServer({ noDelay: true }, (socket) => {
      const state = { pending: '', isTunnel: false, isWrong: false, isBusy: false, hasContinued: false };
      const connection = { socket, place, ...state };
      connections.add(connection);
      socket.on('data', (data) => {
        if (connections.has(connection)) take(connection, data.toString('latin1'));
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const servers = { host: await listen('host'), other: await listen('other') };
  signal.addEventListener('abort', () => {
    for (const { socket } of connections) socket.destroy();
    for (const server of Object.values(servers)) server.close();
  });
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  return {
    ports: { host: portOf(servers.host), other: portOf(servers.other) },
    begin: (next) => {
      script = next;
      arrived = [];
      wrong = [];
      tunnel = '';
      early = '';
      // Kept connections go on; what is left of the vector before is its own affair.
      const kept = new Set<Connection>();
      for (const connection of connections) {
        if (connection.socket.destroyed) continue;
        if (connection.pending === '' && !connection.isTunnel && !connection.isWrong) kept.add(connection);
        else connection.socket.destroy();
      }
      connections = kept;
    },
    recorded: () => ({
      arrived,
      wrong,
      unfinished: [...connections]
        .filter(({ pending, isWrong }) => pending !== '' && !isWrong)
        .map(({ pending }) => pending),
      tunnel,
      early,
    }),
    isWaiting: () => [...connections].some(({ pending, socket }) => pending !== '' && !socket.closed),
    speakLater: () => {
      if (script?.later === undefined) return;
      for (const { socket } of connections) if (socket.writable) socket.write(script.later, 'latin1');
    },
  };
};

const isLast = ({ fields, version }: Request): boolean => {
  const options = valuesOf(fields, 'connection').join(',').toLowerCase();
  return version === '1.0' ? !options.includes('keep-alive') : options.includes('close');
};

/** The `Sec-WebSocket-Accept` that belongs to a key (RFC 6455 §4.2.2). */
const acceptFor = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** Waits for a moment in which something could happen that should not: there is no condition for what must never come. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
