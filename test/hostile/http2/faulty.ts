import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { block, endHeaders, endStream, type Frame, frame, frameReader, preface, types } from '../../support/frames.ts';
import { portOf } from '../../support/proxy.ts';
import { readAnswer } from '../http1.ts';
import { lifeOfTest } from '../life.ts';
import { probePath, startRecorder } from '../recorder.ts';
import type { Door } from '../run.ts';
import { createDecoder } from './hpack.ts';
import type { Fields } from './vector.ts';

/** A request as it came: the bytes of its head in the words of HTTP/1.1, and how to answer it. */
interface Asked {
  readonly text: string;
  readonly answer: (status: string, fields: Fields, body: string) => void;
  readonly upstream: () => Socket;
}

/** What a proxy does with a request; gives where the bytes of its body go. */
type Behaviour = (asked: Asked) => (body: string) => void;

const nowhere = (): void => {};
const passOn: Behaviour = ({ text, answer, upstream }) => {
  const socket = upstream();
  let received = '';
  socket.on('data', (data) => {
    received += data.toString('latin1');
    const read = readAnswer(received, text.slice(0, text.indexOf(' ')), false);
    if (read.kind !== 'whole') return;
    const { status, fields, body } = read.message;
    answer(String(status), fields, body);
    received = '';
  });
  socket.write(text, 'latin1');
  return (body) => socket.write(body, 'latin1');
};

/** Proxies that do wrong, each in one way. */
export const wrongs = {
  'writes what it reads into HTTP/1.1 as it comes': passOn,
  'refuses everything': ({ answer }) => {
    answer('400', [], '');
    return nowhere;
  },
  'says nothing': () => nowhere,
  'gives an answer that belongs to another request': ({ answer }) => {
    answer('200', [['x-serial', 'a']], 'a');
    return nowhere;
  },
} satisfies Record<string, Behaviour>;

/** What stands in a HEADERS frame is believed, whatever it is, and so is the length that it says. */
const speak = (socket: Socket, behaviour: Behaviour, upstream: () => Socket): void => {
  const decode = createDecoder();
  const read = frameReader();
  const bodies = new Map<number, { readonly write: (text: string) => void; readonly isChunked: boolean }>();
  let skipped = 0;

  const takeHead = ({ stream, flags, payload }: Frame): void => {
    const fields = decode(payload);
    const first = (name: string): string => fields.find(([known]) => known === name)?.[1] ?? '';
    const plain = fields.filter(([name]) => !name.startsWith(':'));
    const isLast = (flags & endStream) !== 0;
    const isChunked = !isLast && first('content-length') === '';
    const lines = [...plain, ...(isChunked ? [['transfer-encoding', 'chunked'] as const] : [])];
    const text = `${first(':method')} ${first(':path')} HTTP/1.1\r\nHost: ${first(':authority')}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const answer: Asked['answer'] = (status, answered, body) => {
      const head = block([[':status', status], ...answered]);
      socket.write(frame(types.headers, endHeaders, stream, head));
      socket.write(frame(types.data, endStream, stream, Buffer.from(body, 'latin1')));
    };
    const isProbe = first(':path').startsWith(probePath);
    // Probes are served well: what is found must be found in the vector.
    const write = (isProbe ? passOn : behaviour)({ text, answer, upstream });
    bodies.set(stream, { write, isChunked });
  };
  const take = (one: Frame): void => {
    if (one.type === types.settings && (one.flags & 1) === 0) socket.write(frame(types.settings, 1, 0));
    if (one.type === types.headers) takeHead(one);
    const body = bodies.get(one.stream);
    if (one.type !== types.data || body === undefined) return;
    const text = one.payload.toString('latin1');
    if (!body.isChunked) body.write(text);
    else if (text !== '') body.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    if (body.isChunked && (one.flags & endStream) !== 0) body.write('0\r\n\r\n');
  };

  socket.write(frame(types.settings, 0, 0));
  socket.on('data', (data: Buffer) => {
    const frames = data.subarray(Math.max(0, preface.length - skipped));
    skipped += data.length;
    for (const one of read(frames)) {
      try {
        take(one);
      } catch {
        // What it cannot read it leaves out.
      }
    }
  });
};

/** Ways into proxies of HTTP/2 that do wrong; ended with the test. */
export const openFaulty = (behaviour: Behaviour): Promise<readonly Door[]> =>
  Promise.all(
    Array.from({ length: 8 }, async () => {
      const recorder = await startRecorder(lifeOfTest());
      const sockets = new Set<Socket>();
      const follow = (socket: Socket): Socket => {
        sockets.add(socket.on('error', () => socket.destroy()));
        return socket;
      };
      const server = createServer((socket) =>
        speak(follow(socket), behaviour, () => follow(connect(recorder.ports.host, '127.0.0.1'))),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      // Without TLS, which is not what is looked at.
      const way = { connect: () => connect(portOf(server), '127.0.0.1'), hidesResets: true };
      return { ...way, host: 'a.test', other: 'b.test', isRouted: false, recorder };
    }),
  );
