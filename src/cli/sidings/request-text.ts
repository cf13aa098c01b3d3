import type { Field, RequestDetail, RequestSummary } from '../../model/requests.ts';
import { printable } from '../../model/text.ts';

/** Widths of the columns; the last two have what is left. */
const widths = [12, 6, 7, 9, 12];

const line = (cells: readonly string[]): string =>
  `${cells
    .map((cell) => printable(cell))
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd()}\n`;

export const requestHeads = line(['TIME', 'STATUS', 'METHOD', 'MS', 'SERVICE', 'ADDRESS', 'ID']);

/** Characters of an address in a list. */
const longest = 120;

/** One request as one line. All of it is text from strangers. */
export const requestLine = (request: RequestSummary): string => {
  const { id, method, status, durationMs, service = '-', error } = request;
  const address = addressOf(request);
  const shown = address.length > longest ? `${address.slice(0, longest - 1)}…` : address;
  const about = error === undefined ? shown : `${shown}  ${error}`;
  const cells = [timeOf(request), status === 0 ? 'left' : String(status), method, milliseconds(durationMs), service];
  return line([...cells, about, id]);
};

/** One request with all that is known of it. */
export const requestDetails = (request: RequestDetail): string => {
  const { id, method, status, protocol, workstream, service, durationMs, firstByteMs, bytesIn, bytesOut } = request;
  const { error, requestHeaders, responseHeaders, curl, startedAt } = request;
  const facts: readonly (readonly [string, string])[] = [
    ['id', id],
    ['status', status === 0 ? 'none: the client left before' : String(status)],
    ...(error === undefined ? [] : [['problem', error] as const]),
    ['service', service === undefined ? 'none' : `${service} of ${workstream}`],
    ['protocol', protocol],
    ['started', new Date(startedAt).toISOString()],
    ['took', `${milliseconds(durationMs)} ms`],
    ...(firstByteMs === undefined ? [] : [['first byte', `${milliseconds(firstByteMs)} ms`] as const]),
    ['bytes', `${bytesIn} from the client, ${bytesOut} to it`],
  ];
  const parts = [
    `${printable(`${method} ${request.scheme}://${addressOf(request)}`)}\n`,
    facts.map(([name, value]) => `  ${name.padEnd(10)}  ${printable(value)}\n`).join(''),
    `Request\n${fieldsOf(requestHeaders)}`,
    `Answer\n${fieldsOf(responseHeaders)}`,
    `Again\n  ${printable(curl)}\n`,
  ];
  return parts.join('\n');
};

const fieldsOf = (fields: readonly Field[]): string =>
  fields.map(([name, value]) => `  ${printable(`${name}: ${value}`)}\n`).join('') || '  none\n';

const addressOf = ({ host, path }: RequestSummary): string => `${host}${path}`;

const milliseconds = (ms: number): string => (ms < 100 ? ms.toFixed(1) : String(Math.round(ms)));

/** The time of day, here. */
const timeOf = ({ startedAt }: RequestSummary): string => {
  const time = new Date(startedAt);
  const digits = (number: number, count: number): string => String(number).padStart(count, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((number) => digits(number, 2)).join(':');
  return `${clock}.${digits(time.getMilliseconds(), 3)}`;
};
