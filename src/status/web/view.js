// What the page shows of a state: pure, so that it is tested without a browser. Everything in it is text from strangers.

const natural = new Intl.Collator('en', { numeric: true });

/** Live ones first; within them by project, the main checkout before its copies, numbers in their order. */
export const inOrder = (workstreams) =>
  [...workstreams].sort(
    (one, other) =>
      Number(other.live) - Number(one.live) ||
      natural.compare(one.project, other.project) ||
      Number(other.mode === 'main') - Number(one.mode === 'main') ||
      natural.compare(one.name, other.name) ||
      natural.compare(one.directory, other.directory),
  );

/** The address, if it is one that a link may lead to; anything else is shown as text only. */
export const linkTo = (url) => {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
};

const words = {
  up: 'up',
  down: 'not listening',
  unknown: 'not known yet',
  foreign: 'held by another copy',
  starting: 'starting',
};

/** What the state of a service is called; what is not known here is shown as it is. */
export const stateWord = (state) => (Object.hasOwn(words, state) ? words[state] : String(state));

/** Where a service runs, if not as a process of its copy. */
export const placeOf = ({ provider, container }) => {
  if (provider === 'directory') return undefined;
  return container === undefined ? provider : `${provider}: ${container}`;
};

const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;

/** One line over everything; read out when it changes. */
export const summary = ({ workstreams, problems }) => {
  const live = workstreams.filter((workstream) => workstream.live).length;
  const found = problems.length + workstreams.reduce((sum, workstream) => sum + workstream.problems.length, 0);
  const parts = [count(workstreams.length, 'workstream'), `${live} live`];
  if (found > 0) parts.push(count(found, 'problem'));
  return `${parts.join(', ')}.`;
};

/** What is known about a workstream beside its name and services: pairs of a word and its value. */
export const facts = ({ project, mode, slot, branch, directory }) => [
  ['Project', project],
  ['Mode', mode],
  ['Slot', String(slot)],
  ...(branch === undefined ? [] : [['Branch', branch]]),
  ['Folder', directory],
];
