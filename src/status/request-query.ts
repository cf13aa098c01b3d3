import { parseMoment } from '../model/moment.ts';
import { fail } from '../model/problem.ts';
import type { RequestFilter, StatusFilter } from '../model/requests.ts';

/** What the routes of the history take. */
export interface RequestQuery {
  readonly workstream?: string;
  readonly service?: string;
  readonly status?: string;
  readonly method?: string;
  readonly path?: string;
  readonly since?: string;
  readonly limit?: number;
}

const text = (description: string) => ({ type: 'string', description });

/** The parameters of every route of the history. */
export const filterParameters = {
  workstream: text('Name of a workstream.'),
  service: text('Name of a service.'),
  status: text('`404`, `5xx`, `400-499`, or `error`: 500 and above, or ended with a problem. Several with commas.'),
  method: text('Several with commas.'),
  path: text('A part of the path and query, as they are shown.'),
  since: text(
    'Ended within that time (`90s`, `5m`, `2h`, `1d`), or since an ISO time or milliseconds since the epoch.',
  ),
};

/** Reads a filter. Errors: `parameter-invalid`. */
export const filterOf = (query: RequestQuery, now: number): RequestFilter => {
  const { workstream, service, path, status, method, since } = query;
  return {
    workstream,
    service,
    path,
    status: status === undefined ? undefined : statusFilterOf(status),
    methods: method === undefined ? undefined : new Set(partsOf('method', method).map((name) => name.toUpperCase())),
    since: momentOf('since', since, now),
  };
};

/** What a list names; one that names nothing would fit no request. */
const partsOf = (parameter: string, list: string): readonly string[] => {
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw fail('parameter-invalid', { parameter, reason: 'is empty' });
  return parts;
};

const statusFilterOf = (list: string): StatusFilter => {
  const words = partsOf('status', list);
  const ranges = words.filter((word) => word !== 'error').map(rangeOf);
  return { ranges, errors: ranges.length < words.length };
};

const rangeOf = (word: string): StatusFilter['ranges'][number] => {
  const [, digit] = /^([1-9])xx$/i.exec(word) ?? [];
  if (digit !== undefined) return { from: Number(digit) * 100, to: Number(digit) * 100 + 99 };
  const [, from, to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(word) ?? [];
  if (from !== undefined && Number(from) <= Number(to)) return { from: Number(from), to: Number(to) };
  throw fail('parameter-invalid', { parameter: 'status', reason: `is ${word}, not 404, 5xx, 400-499 or error` });
};

/** The moment that a parameter says, in milliseconds since the epoch. Errors: `parameter-invalid`. */
export const momentOf = (parameter: string, word: string | undefined, now: number): number | undefined => {
  if (word === undefined) return undefined;
  const found = parseMoment(word, now);
  if (found !== undefined) return found;
  throw fail('parameter-invalid', { parameter, reason: `is ${word}, not 90s, 5m, 2h, an ISO time or a number` });
};
