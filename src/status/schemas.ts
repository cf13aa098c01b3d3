import type { Activity, LastCommit } from '../model/activity.ts';
import { errors } from '../model/errors.ts';
import type { ServiceHealth, WorkstreamHealth } from '../model/health.ts';
import type { LogLine, ServiceLines } from '../model/log-line.ts';
import type { Problem } from '../model/problem.ts';
import type { RequestDetail, RequestSummary, Traffic } from '../model/requests.ts';
import type { Setup } from '../model/setup.ts';
import type { Service, ServiceOwner, State, Workstream } from '../model/workstream.ts';

type Schema = Readonly<Record<string, unknown>>;
/** One schema for each member of the type, so that neither can change alone. */
type Members<Type> = { readonly [Name in keyof Required<Type>]: Schema };

const text: Schema = { type: 'string' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const refer = (name: string): Schema => ({ $ref: `${name}#` });

const object = <Type>(
  $id: string,
  description: string,
  properties: Members<Type>,
  optional: readonly (keyof Type)[] = [],
) => ({
  $id,
  type: 'object',
  description,
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name as keyof Type)),
  additionalProperties: false,
});

const number: Schema = { type: 'number', minimum: 0 };
const count: Schema = { type: 'integer', minimum: 0 };

const problemMembers: Members<Problem> = {
  code: { type: 'string', enum: Object.keys(errors), description: 'Stable: programs may depend on it.' },
  severity: { type: 'string', enum: ['error', 'warning'] },
  message: text,
  hint: { type: 'string', description: 'What to do about it.' },
};

const serviceState: Schema = {
  type: 'string',
  enum: ['up', 'down', 'unknown', 'foreign', 'starting'],
  description: 'foreign: the port is held by a process of another copy; starting: its container is not healthy yet.',
};

const service = object<Service>(
  'Service',
  'A service of a workstream.',
  {
    name: text,
    kind: { type: 'string', enum: ['http', 'tcp'] },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    state: serviceState,
    provider: { type: 'string', description: 'What found it.' },
    upstream: { type: 'string', description: 'The address it listens on.' },
    url: { type: 'string', description: 'The canonical address; http services only.' },
    localUrl: { type: 'string', description: 'The address without the proxy; http services only.' },
    urls: { ...list(text), description: 'All addresses, the canonical one first.' },
    default: { type: 'boolean', description: 'The bare name of the workstream leads to it.' },
    container: { type: 'string', description: 'Name of the container that it runs in.' },
    owner: refer('ServiceOwner'),
  },
  ['url', 'localUrl', 'default', 'container', 'owner'],
);

const serviceOwner = object<ServiceOwner>(
  'ServiceOwner',
  'The process that listens on the port, where that can be seen.',
  {
    pid: { type: 'integer' },
    command: { type: 'string', description: 'Its command line, without what looks like a secret.' },
  },
);

const workstream = object<Workstream>(
  'Workstream',
  'A copy of a project plus its running environment.',
  {
    name: text,
    project: text,
    mode: { type: 'string', enum: ['main', 'workstream'] },
    slot: { type: 'integer', minimum: 0, description: 'Added to each base port; 0 for main.' },
    directory: text,
    branch: text,
    live: { type: 'boolean', description: 'Whether any of its services is up.' },
    problems: list(refer('Problem')),
    services: list(refer('Service')),
  },
  ['branch'],
);

const state = object<State>('State', 'Everything that is known now.', {
  version: { type: 'integer', description: 'Grows with every change, until sidings is started anew.' },
  problems: { ...list(refer('Problem')), description: 'Findings that belong to no workstream.' },
  workstreams: list(refer('Workstream')),
});

const moment: Schema = { type: 'integer', description: 'Milliseconds since the epoch.' };

const lastCommit = object<LastCommit>('LastCommit', 'The commit that is checked out.', {
  hash: text,
  subject: { type: 'string', description: 'First line of its message.' },
  at: moment,
});

const activity = object<Activity>(
  'Activity',
  'What git and the files of a copy tell of the work in it. What cannot be told is left out.',
  {
    name: text,
    directory: text,
    branch: text,
    dirty: { ...count, description: 'Files that differ from the last commit, untracked ones included.' },
    ahead: { ...count, description: 'Commits that the branch it follows does not have.' },
    behind: { ...count, description: 'Commits of the branch it follows that are not here.' },
    commit: refer('LastCommit'),
    lastActivity: {
      ...moment,
      description: 'The newest of the commit and of the changes to files, in ms since the epoch.',
    },
  },
  ['branch', 'dirty', 'ahead', 'behind', 'commit', 'lastActivity'],
);

const setup = object<Setup>('Setup', 'How the machine is set up for sidings.', {
  roots: { ...list(text), description: 'Folders in which copies are looked for.' },
  docker: { type: 'string', enum: ['followed', 'absent', 'off'], description: 'Whether a Docker Engine answers.' },
  rootCertificate: {
    type: 'string',
    enum: ['trusted', 'untrusted', 'unused'],
    description: 'Whether any store of the machine or of a browser has it; unused: none of ours is in use.',
  },
});

const failure = object<Problem & { type: string; title: string; status: number }>(
  'Failure',
  'Why a request was not answered (RFC 9457).',
  { type: text, title: text, status: { type: 'integer' }, ...problemMembers },
);

const summaryMembers: Members<RequestSummary> = {
  id: { type: 'string', description: 'What the answer carries as X-Request-Id.' },
  method: text,
  scheme: { type: 'string', enum: ['http', 'https'] },
  host: { type: 'string', description: 'As the client said it, with its port.' },
  path: { type: 'string', description: 'Path and query.' },
  status: { ...count, description: '0: the client left before there was an answer.' },
  workstream: { type: 'string', description: 'Absent where the host led to none.' },
  service: text,
  startedAt: { ...number, description: 'Milliseconds since the epoch.' },
  durationMs: number,
  firstByteMs: { ...number, description: 'Until the head of the answer was there.' },
  bytesIn: { ...count, description: 'Body bytes from the client.' },
  bytesOut: { ...count, description: 'Body bytes to the client.' },
  error: { type: 'string', description: 'Code of the problem that it ended with.' },
  protocol: { type: 'string', enum: ['http/1.0', 'http/1.1', 'h2', 'websocket'] },
};
const summaryOptional = ['workstream', 'service', 'firstByteMs', 'error'] as const;

const requestSummary = object<RequestSummary>(
  'RequestSummary',
  'A request that is over.',
  summaryMembers,
  summaryOptional,
);

const fields: Schema = {
  ...list({ ...list(text), minItems: 2, maxItems: 2 }),
  description: 'Pairs of name and value, in order.',
};

const requestDetail = object<RequestDetail>(
  'RequestDetail',
  'A request that is over, with all that is known of it.',
  {
    ...summaryMembers,
    requestHeaders: fields,
    responseHeaders: fields,
    curl: {
      type: 'string',
      description: 'A command line that asks the same again. What is masked is to be filled in.',
    },
  },
  summaryOptional,
);

export const countedOnly = {
  ...count,
  description:
    'Those of the last minute that are counted but not remembered: they came too fast, and none of them failed.',
};

const traffic = object<Traffic & { name: string; directory: string }>(
  'WorkstreamTraffic',
  'What a workstream was asked for in the last sixty seconds.',
  {
    name: text,
    directory: text,
    perSecond: {
      ...list(count),
      minItems: 60,
      maxItems: 60,
      description: 'Requests that ended in each second, oldest first.',
    },
    requests: count,
    errors: { ...count, description: 'Those of them with a status of 500 and above, or that ended with a problem.' },
    slowestMs: number,
    countedOnly,
  },
);

/** A problem and the workstream that has it; without one it is general. */
export interface PlacedProblem extends Problem {
  readonly workstream?: string;
}

const placedProblem = object<PlacedProblem>(
  'PlacedProblem',
  'A finding, and whose it is.',
  { ...problemMembers, workstream: { type: 'string', description: 'Absent where it belongs to none.' } },
  ['workstream'],
);

const logLine = object<LogLine>(
  'LogLine',
  'A line that a service has written.',
  {
    text: { type: 'string', description: 'With colour codes (SGR) and no other codes for terminals.' },
    at: { type: 'integer', description: 'When it was begun, in milliseconds since the epoch.' },
  },
  ['at'],
);

const serviceLines = object<ServiceLines>('Log', 'The end of the log of a service.', {
  workstream: text,
  service: text,
  source: {
    type: 'string',
    enum: ['process', 'container'],
    description: 'Who kept it: `stack-env run --service`, or the engine of the container.',
  },
  lines: list(refer('LogLine')),
});

const serviceHealth = object<ServiceHealth>(
  'ServiceHealth',
  'How a service is.',
  {
    name: text,
    state: serviceState,
    healthy: { type: 'boolean' },
    check: { type: 'string', enum: ['http', 'postgres', 'redis', 'tcp', 'none'], description: 'How it was asked.' },
    detail: { type: 'string', description: 'What it said, or why not, for people.' },
    latencyMs: { type: 'number', minimum: 0 },
    version: text,
    sizeBytes: { type: 'integer', minimum: 0, description: 'Of its database, or of its data in memory.' },
  },
  ['latencyMs', 'version', 'sizeBytes'],
);

const workstreamHealth = object<WorkstreamHealth>('WorkstreamHealth', 'How the services of a workstream are.', {
  name: text,
  directory: text,
  healthy: { type: 'boolean', description: 'Whether all of them are.' },
  services: list(refer('ServiceHealth')),
});

/** What the schemas of the routes refer to. */
export const sharedSchemas = [
  object<Problem>('Problem', 'A finding. A warning informs; an error keeps something from working.', problemMembers),
  service,
  serviceOwner,
  workstream,
  state,
  lastCommit,
  activity,
  setup,
  failure,
  requestSummary,
  requestDetail,
  traffic,
  placedProblem,
  logLine,
  serviceLines,
  serviceHealth,
  workstreamHealth,
];

/** The description of an answer that has one of the shared shapes. */
export const answerOf = (name: 'State' | 'Workstream' | 'RequestDetail' | 'Log' | 'Setup', description: string) => ({
  description,
  content: { 'application/json': { schema: refer(name) } },
});

/** The description of an answer that is a list of one of the shared shapes, under a name. */
export const wrapped = (
  member: string,
  name: 'RequestSummary' | 'WorkstreamTraffic' | 'PlacedProblem' | 'Activity' | 'WorkstreamHealth',
  description: string,
  more: Readonly<Record<string, object>> = {},
) => {
  const properties = { [member]: list(refer(name)), ...more };
  const schema = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
  return { description, content: { 'application/json': { schema } } };
};

/** The description of an answer that is a problem. */
export const failureOf = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: refer('Failure') } },
});
