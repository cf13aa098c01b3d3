import type { Socket } from 'node:net';
import { startUpstream } from './upstream.ts';

/** A request as it arrived, in a form that does not tell by which connection. */
export interface Arrived {
  readonly line: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** What an upstream answers: pieces that are written one after the other, and what becomes of the connection. */
export interface Script {
  readonly pieces: readonly string[];
  readonly ending: 'keep' | 'end' | 'reset';
}

/** An upstream that keeps what arrives whole, and answers the path `/2…` by the third script. */
export const startRecorder = async () => {
  const state: { arrived: Map<string, Arrived>; scripts: readonly Script[] } = { arrived: new Map(), scripts: [] };
  const upstream = await startUpstream((request) => {
    const parts: Buffer[] = [];
    request.on('error', () => {}).on('data', (data: Buffer) => parts.push(data));
    request.on('end', () => {
      const { method, url = '', rawHeaders, rawTrailers, socket } = request;
      // One that is sent again, because its connection turned out to be closed, is the same request.
      state.arrived.set(String(request.headers['x-request-id']), {
        line: `${method} ${url}`,
        fields: linesOf(rawHeaders),
        body: Buffer.concat(parts).toString('latin1'),
        trailers: linesOf(rawTrailers),
      });
      const { scripts } = state;
      const script = scripts[Number(/[0-9]/.exec(url)?.[0] ?? 0) % scripts.length] as Script;
      void play(socket, method === 'HEAD' ? headOnly(script) : script);
    });
  });
  return { ...upstream, state };
};

const headOnly = (script: Script): Script => {
  const text = script.pieces.join('');
  const end = text.lastIndexOf('\r\n\r\n', text.search(/\r\n\r\n(?!HTTP)/));
  return end === -1 ? script : { pieces: [text.slice(0, end + 4)], ending: script.ending };
};

const play = async (socket: Socket, { pieces, ending }: Script): Promise<void> => {
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (ending === 'end') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
};

/** Fields as lines in an order of their own, without what is different each time. */
export const linesOf = (raw: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    lines.push(`${name}: ${changing.has(name) ? '…' : raw[index + 1]}`);
  }
  return lines.sort();
};

const changing = new Set(['connection', 'date', 'x-request-id', 'x-forwarded-port', 'location']);
