import type { Socket } from 'node:net';
import { talk } from './client.ts';
import { valuesOf } from './http1.ts';
import { fewestAnswers, filling, type Hosts, judge, methodsOf, probesIn, readConversation } from './judge.ts';
import { pause, probePath, type Recorder } from './recorder.ts';
import type { Vector } from './vector.ts';

/** A way into a proxy, and what is behind it. */
export interface Door extends Hosts {
  readonly connect: () => Socket;
  /** By it, a client cannot tell a reset from an end. */
  readonly hidesResets: boolean;
  readonly recorder: Recorder;
}

export interface RunOptions {
  /** By what Sidings promises, and not only by what the RFCs allow. */
  readonly byPromises: boolean;
  /** After so many milliseconds without an answer there will be none. */
  readonly patienceMs: number;
  /** Called with the names of vectors that are right but for a malformed field that was left out, where the request should be refused. */
  readonly leftOut?: (name: string) => void;
}

/** What is wrong, by the names of the vectors that have failed. */
export type Faults = Readonly<Record<string, readonly string[]>>;

/** Plays vectors through doors, one at a time through each. */
export const run = (vectors: readonly Vector[], doors: readonly Door[], options: RunOptions): Promise<Faults> =>
  playAll(vectors, doors, async (vector, door) =>
    vector.needsReset === true && door.hidesResets ? [] : play(vector, door, options),
  );

/** Whatever vectors are: `play` gives what is wrong with one. */
export const playAll = async <Kind extends Pick<Vector, 'name' | 'source'>>(
  vectors: readonly Kind[],
  doors: readonly Door[],
  play: (vector: Kind, door: Door) => Promise<readonly string[]>,
): Promise<Faults> => {
  const left = [...vectors];
  const found: Record<string, readonly string[]> = {};
  await Promise.all(
    doors.map(async (door) => {
      for (let vector = left.shift(); vector !== undefined; vector = left.shift()) {
        const faults = await play(vector, door);
        if (faults.length > 0) found[vector.name] = [...faults, `(${vector.source})`];
      }
    }),
  );
  return found;
};

let probes = 0;

/** A target that nobody has asked for. */
export const nextProbe = (): string => {
  probes += 1;
  return `${probePath}${probes}`;
};

const probe = (host: string): string => `GET ${nextProbe()} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** One vector, then a request on the same connection where it goes on, then one on a new connection. */
const play = async (vector: Vector, door: Door, { byPromises, patienceMs }: RunOptions): Promise<readonly string[]> => {
  const { recorder, host } = door;
  const fill = filling(door);
  const methods = methodsOf(vector);
  recorder.begin(vector.script);
  const client = talk(door.connect(), vector.needsReset);
  const conversation = () => readConversation(client.received(), methods);
  const isOver = (answers: number): boolean => {
    const { answers: got, rest } = conversation();
    return (
      client.received().ending !== 'open' ||
      got.length >= answers ||
      typeof rest === 'object' ||
      got.at(-1)?.status === 101
    );
  };
  const isProbeAnswered = (): boolean => {
    const serials = probesIn(recorder.recorded());
    return conversation().answers.some(({ fields }) => serials.has(valuesOf(fields, 'x-serial')[0] ?? ''));
  };

  for (const piece of vector.writes) await client.send(fill(piece));
  if (vector.halfClose === true) client.end();
  const expected = fewestAnswers(vector);
  await client.until(() => isOver(vector.halfClose === true ? Number.POSITIVE_INFINITY : expected), patienceMs);
  const isTunnel = conversation().answers.at(-1)?.status === 101;
  if (isTunnel) {
    if (vector.inTunnel !== undefined) await client.send(vector.inTunnel);
    const tunnel = vector.allowed
      .flat()
      .map((step) => (typeof step === 'object' && 'request' in step ? step.request.tunnel : undefined));
    const wanted = tunnel.find((text) => text !== undefined) ?? '';
    await client.until(() => conversation().tunnel.length >= wanted.length, patienceMs);
  } else if (isOver(expected) && client.received().ending === 'open' && vector.halfClose !== true) {
    if (vector.script?.later !== undefined) {
      recorder.speakLater();
      await pause(20);
    }
    await client.send(probe(host));
    await client.until(() => client.received().ending !== 'open' || isProbeAnswered(), patienceMs);
  }
  // A request that has begun and will never be whole is given up.
  if (vector.mayBegin === true) await until(() => !recorder.isWaiting(), patienceMs);
  const isGivenUp = vector.mayBegin !== true || !recorder.isWaiting();
  const received = client.received();
  client.destroy();

  // What is still on its way arrives before this does.
  const next = talk(door.connect());
  const asked = probe(host);
  await next.send(asked);
  await next.until(() => readConversation(next.received(), []).answers.length > 0, patienceMs);
  const [answer] = readConversation(next.received(), []).answers;
  next.destroy();

  const recorded = recorder.recorded();
  const allowed = byPromises ? (vector.promised ?? vector.allowed) : vector.allowed;
  const faults = [...judge(vector, allowed, { recorded, received, hostOf: door, mustAnswer: byPromises })];
  if (!isGivenUp) faults.push('the beginning of a request waits at the upstream without end');
  const own = recorded.arrived.find(({ request }) => asked.startsWith(`GET ${request.target} `));
  if (answer === undefined) faults.push('afterwards an ordinary request gets no answer');
  else if (answer.body !== own?.serial)
    faults.push(`afterwards an ordinary request gets ${answer.status} ${JSON.stringify(answer.body.slice(0, 200))}`);
  return faults;
};

export const until = async (condition: () => boolean, withinMs: number): Promise<void> => {
  for (const end = performance.now() + withinMs; !condition() && performance.now() < end; ) await pause(2);
};
