import type { ServiceHealth } from '../../../model/health.ts';
import type { Problem } from '../../../model/problem.ts';
import { printable } from '../../../model/text.ts';
import type { Service, State, Workstream } from '../../../model/workstream.ts';
import { bytes, count, duration } from './format.ts';

const natural = new Intl.Collator('en', { numeric: true });

/** Live ones first; within them by project, the main checkout before its copies, numbers in their order. */
export const inOrder = (workstreams: readonly Workstream[]): readonly Workstream[] =>
  [...workstreams].sort(
    (one, other) =>
      Number(other.live) - Number(one.live) ||
      natural.compare(one.project, other.project) ||
      Number(other.mode === 'main') - Number(one.mode === 'main') ||
      natural.compare(one.name, other.name) ||
      natural.compare(one.directory, other.directory),
  );

/** The address, if it is one that a link may lead to; anything else is shown as text only. */
export const linkTo = (url: unknown): string | undefined => {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
};

const words: Readonly<Record<string, string>> = {
  up: 'up',
  down: 'not listening',
  unknown: 'not known yet',
  foreign: 'held by another copy',
  starting: 'starting',
};

/** What the state of a service is called; what is not known here is shown as it is. */
export const stateWord = (state: Service['state']): string =>
  (Object.hasOwn(words, state) ? words[state] : undefined) ?? printable(String(state));

/** What runs behind a service, in a few words: its container, or its process. */
export const runnerOf = ({ provider, container, owner }: Service): string | undefined => {
  if (container !== undefined) return `${printable(provider)}: ${printable(container)}`;
  if (owner !== undefined) return `pid ${owner.pid} · ${printable(shortCommand(owner.command))}`;
  return provider === 'directory' ? undefined : printable(provider);
};

/** A command line without the folders of its program and of a file that this one runs. */
const shortCommand = (command: string): string =>
  command
    .split(' ')
    .map((word, index) => {
      const isLong = word.startsWith('/') || word.includes('node_modules/.bin/');
      return index < 2 && isLong ? word.slice(word.lastIndexOf('/') + 1) : word;
    })
    .join(' ');

/** What a look at a service came to: what a database says of itself, or why it does not answer. */
export const healthWords = ({ healthy, check, detail, version, sizeBytes, latencyMs }: ServiceHealth): string => {
  const kinds: Readonly<Record<string, string>> = { postgres: 'PostgreSQL', redis: 'Redis' };
  const kind = kinds[check];
  if (!healthy) return printable(detail);
  const facts = [
    kind === undefined ? '' : version === undefined ? kind : `${kind} ${printable(version)}`,
    kind === undefined || version === undefined ? printable(detail) : '',
    ...(sizeBytes === undefined ? [] : [bytes(sizeBytes)]),
    ...(latencyMs === undefined ? [] : [duration(latencyMs)]),
  ];
  return facts.filter((fact) => fact !== '').join(' · ');
};

/** One line over everything; read out when it changes. */
export const summary = ({ workstreams, problems }: State): string => {
  const live = workstreams.filter((workstream) => workstream.live).length;
  const found = problems.length + workstreams.reduce((sum, workstream) => sum + workstream.problems.length, 0);
  const parts = [count(workstreams.length, 'workstream'), `${live} live`];
  if (found > 0) parts.push(count(found, 'problem'));
  return `${parts.join(', ')}.`;
};

/** A problem, and the workstreams that it is about; none where it is about all of them. */
export interface Finding {
  readonly problem: Problem;
  readonly workstreams: readonly string[];
}

/** Everything that is wrong, each once: what stops something before what is only to be known, what is about everything first. */
export const findings = ({ problems, workstreams }: State): readonly Finding[] => {
  const all = new Map<string, { problem: Problem; workstreams: string[] }>();
  const add = (problem: Problem, name: string | undefined): void => {
    const key = `${problem.code} ${problem.message}`;
    const found = all.get(key) ?? { problem, workstreams: [] };
    if (name !== undefined && !found.workstreams.includes(name)) found.workstreams.push(name);
    all.set(key, found);
  };
  for (const problem of problems) add(problem, undefined);
  for (const { name, problems: own } of workstreams) for (const problem of own) add(problem, name);
  const weight = ({ problem: { severity } }: Finding): number => (severity === 'error' ? 0 : 1);
  return [...all.values()].sort((one, other) => weight(one) - weight(other));
};
