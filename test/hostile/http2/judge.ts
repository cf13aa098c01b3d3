import { type Answer, valuesOf } from '../http1.ts';
import {
  answerMeansOther,
  answersOther,
  faultyUpstream,
  type Hosts,
  isAgain,
  isOwn,
  isProbe,
  meansOther,
  probesIn,
  quoted,
} from '../judge.ts';
import type { Arrived, Recorded } from '../recorder.ts';
import type { Client, Stream } from './client.ts';
import type { Course, Fate, Refused, Vector } from './vector.ts';

/** What was seen of a vector. `probe` is the stream of the ordinary request behind it. */
export interface Seen {
  readonly client: Pick<Client, 'stream' | 'streams' | 'isOver' | 'wrong'>;
  readonly probe: number;
  readonly recorded: Recorded;
  readonly hostOf: Hosts;
  /** Whoever is refused is told so: any answer that does not come from the upstream is not enough. */
  readonly mustSayNo: boolean;
}

/** The streams of a client's requests: 1, 3, 5 and so on. */
export const idOf = (index: number): number => 2 * index + 1;

/** What is wrong with what was seen, by the courses that are allowed; empty if nothing is. */
export const judge = (vector: Vector, courses: readonly Course[], seen: Seen): readonly string[] => {
  const { recorded, client } = seen;
  if (recorded.wrong.length > 0) return recorded.wrong.map((text) => `the upstream got what is not HTTP/1.1: ${text}`);
  if (recorded.early !== '') return [`sent before the upstream agreed: ${quoted(recorded.early)}`];
  const unfinished = recorded.unfinished.filter((text) => !/^[A-Z]+ \/flood /.test(text));
  if (vector.mayBegin !== true && unfinished.length > 0)
    return [`the upstream got the beginning of a request: ${quoted(unfinished.join(' and '))}`];
  const wrong = client.wrong();
  if (wrong !== undefined) return [`the client got what is not HTTP/2: ${wrong}`];
  const faults: string[] = [];
  for (const course of courses) {
    const fault = differs(vector, course, seen);
    if (fault === undefined) return [];
    faults.push(fault);
  }
  return [...new Set(faults)];
};

type Expected = Exclude<Fate, Refused>;
const isExpected = (fate: Fate): fate is Expected => 'request' in fate;

/** What is different from a course, or undefined. */
const differs = (vector: Vector, course: Course, seen: Seen): string | undefined => {
  const { client, probe, recorded, hostOf } = seen;
  // What is left of a flood may still come long after it.
  const arrived = recorded.arrived.filter((one) => !isProbe(one) && one.request.target !== '/flood');
  const expected = course.streams.filter(isExpected);
  const left = arrived.filter(
    // A request without a body may be tried again (RFC 9110 §9.2.2).
    ({ request }, index) => !isAgain(request, arrived[index - 1]?.request, expected.length),
  );
  if (left.length !== expected.length) {
    const lines = left.map(({ request }) => `${request.method} ${request.target}`).join(', ');
    return `${left.length} requests reached the upstream instead of ${expected.length}: ${quoted(lines)}`;
  }
  const tunnel = expected.map(({ request }) => request.tunnel ?? '').join('');
  if (recorded.tunnel !== tunnel) return `through the tunnel came ${quoted(recorded.tunnel)}`;

  const serials = new Set(probesIn(recorded));
  for (const [index, fate] of course.streams.entries()) {
    const id = idOf(index);
    const stream = client.stream(id);
    if (!isExpected(fate)) {
      if (!isRefused(stream, fate, seen.mustSayNo)) return `instead of a refusal: ${told(id, stream)}`;
      continue;
    }
    // Streams are handled at the same time, so they arrive in any order.
    const faults = left.map((one) => meansOther(one, fate.request, hostOf));
    const found = faults.indexOf(undefined);
    if (found === -1) return `the request that arrived: ${[...new Set(faults)].join(', or ')}`;
    const [own] = left.splice(found, 1) as [Arrived];
    serials.add(own.serial);
    const fault = endsOther(id, stream, fate, own.serial);
    if (fault !== undefined) return fault;
  }
  for (const [id, { fields }] of client.streams) {
    const [serial] = valuesOf(fields, 'x-serial');
    if (serial !== undefined && !serials.has(serial) && vector.isFlood !== true)
      return `on stream ${id} comes the answer ${serial}, which belongs to nothing`;
  }
  if (course.connection === 'ends') return client.isOver() ? undefined : 'the connection goes on';
  const { state, body } = client.stream(probe);
  if (state === 'whole' && probesIn(recorded).has(body)) return undefined;
  // To be refused is what a flood ends in.
  if (vector.isFlood === true && state === 'reset') return undefined;
  return client.isOver()
    ? 'the connection is ended'
    : `the connection does not go on: ${told(probe, client.stream(probe))}`;
};

const isRefused = (stream: Stream, { statuses }: Refused, mustSayNo: boolean): boolean => {
  if (stream.state === 'reset') return true;
  if (stream.state === 'open' || !isOwn(answerOf(stream))) return false;
  return statuses === undefined ? !mustSayNo || stream.status >= 400 : statuses.includes(stream.status);
};

/** What is wrong with how a request that has arrived is answered. */
const endsOther = (id: number, stream: Stream, fate: Expected, serial: string): string | undefined => {
  const answer = answerOf(stream);
  if (fate.answer === 'unanswered') {
    const belongs = stream.status === 0 || isOwn(answer) || answersOther(answer, serial) === undefined;
    return belongs ? undefined : `the answer belongs to another request: ${told(id, stream)}`;
  }
  if (fate.answer === 'cut') return isCut(stream) ? undefined : `instead of an answer that is cut: ${told(id, stream)}`;
  if (fate.answer === 'failed') {
    const isTold =
      stream.state === 'reset' ? stream.status === 0 : isOwn(answer) && faultyUpstream.includes(stream.status);
    return isTold && stream.state !== 'open'
      ? undefined
      : `instead of an answer that says that there is none: ${told(id, stream)}`;
  }
  if (stream.state !== 'whole') return `there is no whole answer: ${told(id, stream)}`;
  if (fate.answer === undefined) return answersOther(answer, serial);
  return answerMeansOther(answer, fate.answer, stream.interim);
};

/** Reset, or with an end that does not fit its length (RFC 9113 §8.1.1). */
const isCut = ({ state, fields, body }: Stream): boolean =>
  state === 'reset' ||
  (state === 'whole' && valuesOf(fields, 'content-length').some((length) => length !== String(body.length)));

const answerOf = ({ status, fields, body, trailers }: Stream): Answer => ({
  version: '2',
  ...{ status, fields, body, trailers },
});

const told = (id: number, { status, body, state }: Stream): string =>
  `stream ${id} is ${state}${status === 0 ? '' : `, ${status} ${quoted(body.slice(0, 80))}`}`;
