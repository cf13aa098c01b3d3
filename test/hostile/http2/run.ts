import { endHeaders, endStream, frame, preface, types } from '../../support/frames.ts';
import { filling } from '../judge.ts';
import { type Door, type Faults, nextProbe, playAll, type RunOptions, until } from '../run.ts';
import { type Client, talk } from './client.ts';
import { idOf, judge } from './judge.ts';
import { type Course, type Fate, fieldsOf, packed, type Vector } from './vector.ts';

/** Plays vectors through doors of HTTP/2, one at a time through each. */
export const runHttp2 = (vectors: readonly Vector[], doors: readonly Door[], options: RunOptions): Promise<Faults> =>
  playAll(vectors, doors, (vector, door) => play(vector, door, options));

/** One vector, then a request on the same connection, then one on a new connection. */
const play = async (vector: Vector, door: Door, options: RunOptions): Promise<readonly string[]> => {
  const { byPromises } = options;
  // What comes behind a flood waits until it has been worked off.
  const patienceMs = options.patienceMs * (vector.isFlood === true ? 5 : 1);
  const { recorder } = door;
  const fill = filling(door);
  const courses = byPromises ? (vector.promised ?? vector.allowed) : vector.allowed;
  recorder.begin(vector.script);
  const client = vector.opening === undefined ? await open(door, patienceMs) : talk(door.connect());
  const isDone = (id: number): boolean => client.isOver() || client.stream(id).state !== 'open';
  for (const act of [...(vector.opening ?? []), ...vector.acts]) {
    if (act === 'wait for its end') await client.until(() => isDone(1), patienceMs);
    else if (act === 'wait for the answer')
      await client.until(() => isDone(1) || client.stream(1).status !== 0, patienceMs);
    else await client.send(act(fill));
  }
  const probe = Math.max(1, client.last() + 2);
  await ask(client, door.host, probe, nextProbe());
  const waited = [probe, ...concluding(vector.allowed)];
  await client.until(() => waited.every(isDone), patienceMs);
  // What has begun and will never be whole is given up, though the client stays.
  const mustBeGivenUp = vector.mayBegin === true && !client.isOver();
  if (mustBeGivenUp) await until(() => !recorder.isWaiting(), patienceMs);
  const isGivenUp = !mustBeGivenUp || !recorder.isWaiting();

  // What is still on its way arrives before this does.
  const next = await open(door, patienceMs);
  const target = nextProbe();
  await ask(next, door.host, 1, target);
  await next.until(() => next.isOver() || next.stream(1).state !== 'open', patienceMs);
  const { state, status, body } = next.stream(1);
  next.destroy();

  const recorded = recorder.recorded();
  const seen = { client, probe, recorded, hostOf: door, mustSayNo: byPromises };
  const faults = [...judge(vector, courses, seen)];
  const refusing = courses.filter(({ leavesOut }) => leavesOut !== true);
  if (faults.length === 0 && judge(vector, refusing, seen).length > 0) options.leftOut?.(vector.name);
  client.destroy();
  if (!isGivenUp) faults.push('the beginning of a request waits at the upstream without end');
  const own = recorded.arrived.find(({ request }) => request.target === target);
  if (state !== 'whole') faults.push('afterwards an ordinary request gets no answer');
  else if (body !== own?.serial)
    faults.push(`afterwards an ordinary request gets ${status} ${JSON.stringify(body.slice(0, 200))}`);
  return faults;
};

/** A connection on which settings are exchanged. */
const open = async (door: Door, patienceMs: number): Promise<Client> => {
  const client = talk(door.connect());
  await client.send(Buffer.concat([preface, frame(types.settings, 0, 0)]));
  await client.until(() => client.hasSettings() || client.isOver(), patienceMs);
  return client;
};

const ask = (client: Client, host: string, stream: number, target: string): Promise<void> => {
  const fields = packed(fieldsOf({ ':authority': host, ':path': target }))((text) => text);
  return client.send(frame(types.headers, endHeaders | endStream, stream, fields));
};

/** The streams that are over at some time whatever becomes of them, if the connection goes on. */
const concluding = (courses: readonly Course[]): readonly number[] => {
  const going = courses.filter(({ connection }) => connection === 'goes on');
  const concludes = (fate: Fate | undefined): boolean =>
    fate !== undefined && !('answer' in fate && fate.answer === 'unanswered');
  const count = Math.max(0, ...going.map(({ streams }) => streams.length));
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => going.every(({ streams }) => concludes(streams[index])))
    .map(idOf);
};
