import { type Answer, type Field, type Request, readAnswer, valuesOf } from './http1.ts';
import { type Arrived, probePath, type Recorded } from './recorder.ts';
import type { Answered, Course, Forwarded, Meaning, Own, Step, Vector } from './vector.ts';

/** What the client has: the bytes, and what became of the connection. */
export interface Received {
  readonly text: string;
  readonly ending: 'open' | 'end' | 'reset';
}

/** Answers one after the other. */
export interface Conversation {
  /** Final ones, and those that switch the protocol. */
  readonly answers: readonly Answer[];
  /** Behind the last whole answer: nothing, an answer that is cut, or why it is none. */
  readonly rest: 'nothing' | 'cut' | { readonly wrong: string };
  /** How many interim answers there were. */
  readonly interim: number;
  /** What came through the tunnel. */
  readonly tunnel: string;
}

/** Reads answers to requests of these methods; further ones are to GET. */
export const readConversation = ({ text, ending }: Received, methods: readonly string[]): Conversation => {
  const answers: Answer[] = [];
  let interim = 0;
  let at = 0;
  const upTo = (rest: Conversation['rest'], tunnel = ''): Conversation => ({ answers, rest, interim, tunnel });
  while (at < text.length) {
    const read = readAnswer(text.slice(at), methods[answers.length] ?? 'GET', ending === 'end');
    if (read.kind === 'wrong') return upTo({ wrong: `${read.reason}: ${JSON.stringify(text.slice(at, at + 300))}` });
    if (read.kind === 'incomplete') return upTo('cut');
    at += read.size;
    const { message } = read;
    if (message.status === 101 || message.status >= 200) answers.push(message);
    else interim += 1;
    if (message.status === 101) return upTo('nothing', text.slice(at));
  }
  return upTo('nothing');
};

export const methodsOf = ({ allowed, writes }: Vector): readonly string[] => {
  const longest = allowed.reduce((one, two) => (two.length > one.length ? two : one), []);
  const first = /^HEAD /.test(writes[0] ?? '') ? 'HEAD' : 'GET';
  return longest.map((step, index) =>
    isForwarded(step) ? (step.request.method ?? 'GET') : index === 0 ? first : 'GET',
  );
};

/** How many answers there are at least, where the connection goes on. */
export const fewestAnswers = ({ allowed }: Vector): number =>
  Math.min(...allowed.map((course) => course.filter((step) => typeof step === 'object').length));

export interface Seen {
  readonly recorded: Recorded;
  readonly received: Received;
  readonly hostOf: Hosts;
  /** Whoever is refused is told so: a connection that only closes is not enough. */
  readonly mustAnswer: boolean;
}

/** Hostnames. `isRouted`: `other` leads to another upstream. */
export interface Hosts extends Readonly<Record<Arrived['place'], string>> {
  readonly isRouted: boolean;
}

const isForwarded = (step: Step): step is Forwarded => typeof step === 'object' && 'request' in step;
export const isProbe = ({ request }: Arrived): boolean => request.target.startsWith(probePath);

/** The serials of probes that have arrived. */
export const probesIn = ({ arrived }: Recorded): ReadonlySet<string> =>
  new Set(arrived.filter(isProbe).map(({ serial }) => serial));

/** What is wrong with what was seen, by the courses that are allowed; empty if nothing is. */
export const judge = (vector: Vector, courses: readonly Course[], seen: Seen): readonly string[] => {
  const { recorded, received } = seen;
  if (recorded.wrong.length > 0) return recorded.wrong.map((text) => `the upstream got what is not HTTP/1.1: ${text}`);
  if (recorded.early !== '') return [`sent before the upstream agreed: ${quoted(recorded.early)}`];
  if (vector.mayBegin !== true && recorded.unfinished.length > 0)
    return [`the upstream got the beginning of a request: ${quoted(recorded.unfinished.join(' and '))}`];
  const conversation = readConversation(received, methodsOf(vector));
  const faults: string[] = [];
  for (const course of courses) {
    const fault = differs(course, conversation, seen);
    if (fault === undefined) return [];
    faults.push(fault);
  }
  return [...new Set(faults)];
};

export const quoted = (text: string): string => JSON.stringify(text.length > 400 ? `${text.slice(0, 400)}…` : text);

/** What is different from a course, or undefined. */
const differs = (course: Course, conversation: Conversation, seen: Seen): string | undefined => {
  const { recorded, received, hostOf } = seen;
  const arrived = recorded.arrived.filter((one) => !isProbe(one));
  const expected = course.filter(isForwarded);
  // A request without a body may be tried again (RFC 9110 §9.2.2).
  const distinct = arrived.filter(
    ({ request }, index) => !isAgain(request, arrived[index - 1]?.request, expected.length),
  );
  if (distinct.length !== expected.length) {
    const lines = arrived.map(({ request }) => `${request.method} ${request.target}`).join(', ');
    return `${distinct.length} requests reached the upstream instead of ${expected.length}: ${quoted(lines)}`;
  }
  const tunnel = filling(hostOf)(expected.map(({ request }) => request.tunnel ?? '').join(''));
  if (recorded.tunnel !== tunnel) return `through the tunnel came ${quoted(recorded.tunnel)}`;
  for (const [index, { request }] of expected.entries()) {
    const fault = meansOther(distinct[index] as Arrived, request, hostOf);
    if (fault !== undefined) return `the request that arrived: ${fault}`;
  }

  const answers = [...conversation.answers];
  let forwarded = 0;
  for (const step of course) {
    if (step === 'closed') continue;
    // Its first frame is SETTINGS (RFC 9113 §3.4, §6.5).
    if (step === 'http2') return received.text.charCodeAt(3) === 4 ? undefined : 'it does not speak HTTP/2';
    if (!isForwarded(step)) {
      if (!saysNo(answers.shift(), step, seen)) return `instead of a refusal: ${told(conversation, received)}`;
      continue;
    }
    const { serial } = distinct[forwarded] as Arrived;
    forwarded += 1;
    if (step.answer === 'cut') {
      const isCut = answers.length === 0 && typeof conversation.rest === 'string' && received.ending !== 'open';
      return isCut ? undefined : `instead of an answer that is cut: ${told(conversation, received)}`;
    }
    const answer = answers.shift();
    if (step.answer === 'failed') {
      if (conversation.rest === 'cut' || !saysNo(answer, { closes: true, statuses: faultyUpstream }, seen))
        return `instead of an answer that says that there is none: ${told(conversation, received)}`;
      continue;
    }
    if (answer === undefined) return `there is no answer: ${told(conversation, received)}`;
    const fault =
      step.answer === undefined
        ? answersOther(answer, serial)
        : answerMeansOther(answer, step.answer, conversation.interim);
    if (fault !== undefined) return fault;
  }
  return endsOther(course.at(-1), answers, conversation, seen);
};

export const faultyUpstream = Array.from({ length: 100 }, (_, index) => 500 + index);

/** Whether an answer is the proxy's own and says no. To close may be enough. */
const saysNo = (answer: Answer | undefined, { closes, statuses }: Own, { received, mustAnswer }: Seen): boolean => {
  if (answer === undefined) return closes && received.ending !== 'open' && !mustAnswer;
  if (!isOwn(answer) || statuses === 'any') return statuses === 'any' && isOwn(answer);
  return statuses === undefined ? !closes || answer.status >= 400 : statuses.includes(answer.status);
};

/** What is wrong with what comes behind the last step. */
const endsOther = (
  last: Step | undefined,
  [next, ...more]: readonly Answer[],
  { answers, rest }: Conversation,
  { recorded, received }: Seen,
): string | undefined => {
  if (typeof rest === 'object') return `behind the answers comes ${rest.wrong}`;
  if (rest === 'cut') return 'an answer is cut';
  const isClosed = received.ending !== 'open';
  if (last === 'closed' || (typeof last === 'object' && !isForwarded(last) && last.closes)) {
    if (next !== undefined) return `the connection goes on with ${next.status}`;
    return isClosed ? undefined : 'the connection stays open';
  }
  if (next === undefined) return isClosed || answers.at(-1)?.status === 101 ? undefined : 'the connection hangs';
  const [serial = ''] = valuesOf(next.fields, 'x-serial');
  return more.length > 0 || !probesIn(recorded).has(serial)
    ? `an answer that belongs to nothing: ${next.status} ${quoted(next.body)}`
    : undefined;
};

export const isAgain = (request: Request, before: Request | undefined, expected: number): boolean =>
  expected === 1 &&
  before !== undefined &&
  ['GET', 'HEAD', 'OPTIONS'].includes(request.method) &&
  request.body === '' &&
  before.method === request.method &&
  before.target === request.target;

export const isOwn = ({ fields }: Answer): boolean => valuesOf(fields, 'x-serial').length === 0;

const told = ({ answers, rest }: Conversation, { ending }: Received): string =>
  `${answers.map(({ status, body }) => `${status} ${quoted(body.slice(0, 80))}`).join(', ') || 'nothing'}, ${typeof rest === 'object' ? rest.wrong : rest} behind it, connection ${ending}`;

export const answersOther = ({ status, fields, body }: Answer, serial: string): string | undefined => {
  const [own] = valuesOf(fields, 'x-serial');
  if (own !== serial) return `the answer ${status} ${quoted(body)} belongs to another request`;
  return body === serial || body === '' ? undefined : `the answer holds ${quoted(body)}`;
};

export const answerMeansOther = (answer: Answer, expected: Answered, interim: number): string | undefined => {
  if (expected.isAlone === true && interim > 0) return `before the answer come ${interim} interim ones`;
  if (answer.status !== expected.status) return `the status is ${answer.status}`;
  if (answer.body !== (expected.body ?? '')) return `the body of the answer is ${quoted(answer.body)}`;
  const fault = fieldsDiffer(answer, expected);
  return fault === undefined ? undefined : `the answer: ${fault}`;
};

export const meansOther = ({ request, place }: Arrived, expected: Meaning, hostOf: Hosts): string | undefined => {
  const fill = filling(hostOf);
  if (request.method !== (expected.method ?? 'GET')) return `its method is ${request.method}`;
  const targets = [expected.target ?? '/'].flat().map(fill);
  if (!targets.includes(request.target)) return `its target is ${quoted(request.target)}`;
  const host = expected.host ?? '{host}';
  const [name = ''] = valuesOf(request.fields, 'host');
  if (name !== fill(host)) return `its host is ${quoted(name)}`;
  if (hostOf.isRouted && host.includes('{other}') !== (place === 'other'))
    return 'it arrived at the upstream of another host';
  if (request.body !== fill(expected.body ?? '')) return `its body is ${quoted(request.body)}`;
  return fieldsDiffer(request, expected, fill);
};

const fieldsDiffer = (
  { fields, trailers }: { fields: readonly Field[]; trailers: readonly Field[] },
  { has = {}, lacks = [], trailers: wanted }: Meaning | Answered,
  fill = (text: string): string => text,
): string | undefined => {
  for (const [name, values] of Object.entries(has)) {
    const found = valuesOf(fields, name);
    if (JSON.stringify(found) !== JSON.stringify(values.map(fill))) return `${name} is ${quoted(found.join(' and '))}`;
  }
  for (const name of lacks) {
    if (valuesOf(fields, name).length > 0) return `it has ${name}`;
    if (valuesOf(trailers, name).length > 0) return `it has ${name} as a trailer`;
  }
  if (wanted !== undefined && JSON.stringify(trailers) !== JSON.stringify(wanted))
    return `its trailers are ${JSON.stringify(trailers)}`;
  return undefined;
};

/** Puts hostnames in the place of their names. */
export const filling =
  ({ host, other }: Pick<Hosts, 'host' | 'other'>) =>
  (text: string): string =>
    text.replaceAll('{host}', host).replaceAll('{HOST}', host.toUpperCase()).replaceAll('{other}', other);
