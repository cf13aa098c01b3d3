import { STATUS_CODES } from 'node:http';
import type { Field, RequestDetail } from '../model/requests.ts';

const nameValue = ([name, value]: Field) => ({ name, value });
const versions = { 'http/1.0': 'HTTP/1.0', 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2.0', websocket: 'HTTP/1.1' } as const;

/**
 * Requests, oldest first, as an HTTP Archive (HAR 1.2): what developer tools of browsers and other programs read. Bodies were not kept, only
 * their sizes. What is beyond the format has a name that begins with `_`.
 */
export const harOf = (requests: readonly RequestDetail[], version: string): object => ({
  log: {
    version: '1.2',
    creator: { name: 'sidings', version },
    entries: requests.map(entryOf),
  },
});

const entryOf = (request: RequestDetail): object => {
  const { id, method, scheme, host, path, status, durationMs, firstByteMs, protocol, error } = request;
  const { workstream, service, requestHeaders, responseHeaders, bytesIn, bytesOut } = request;
  const wait = Math.min(firstByteMs ?? durationMs, durationMs);
  const type = firstOf(responseHeaders, 'content-type') ?? '';
  return {
    startedDateTime: new Date(request.startedAt).toISOString(),
    time: durationMs,
    request: {
      method,
      url: path.startsWith('/') ? `${scheme}://${host}${path}` : path,
      httpVersion: versions[protocol],
      cookies: cookiesOf(requestHeaders),
      headers: requestHeaders.map(nameValue),
      queryString: queryOf(path),
      headersSize: -1,
      bodySize: bytesIn,
    },
    response: {
      status,
      statusText: STATUS_CODES[status] ?? '',
      httpVersion: versions[protocol],
      cookies: setCookiesOf(responseHeaders),
      headers: responseHeaders.map(nameValue),
      content: { size: bytesOut, mimeType: type },
      redirectURL: firstOf(responseHeaders, 'location') ?? '',
      headersSize: -1,
      bodySize: bytesOut,
    },
    cache: {},
    timings: { send: 0, wait, receive: durationMs - wait },
    _id: id,
    ...(workstream !== undefined && { _workstream: workstream }),
    ...(service !== undefined && { _service: service }),
    ...(error !== undefined && { _error: error }),
    ...(protocol === 'websocket' && { _resourceType: 'websocket' }),
  };
};

const firstOf = (fields: readonly Field[], wanted: string): string | undefined =>
  fields.find(([name]) => name.toLowerCase() === wanted)?.[1];

const valuesOf = (fields: readonly Field[], wanted: string): readonly string[] =>
  fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);

const pairOf = (text: string): { readonly name: string; readonly value: string } => {
  const end = text.indexOf('=');
  return end === -1 ? { name: text, value: '' } : { name: text.slice(0, end), value: text.slice(end + 1) };
};

const cookiesOf = (fields: readonly Field[]) =>
  valuesOf(fields, 'cookie')
    .flatMap((value) => value.split(';'))
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(pairOf);

const setCookiesOf = (fields: readonly Field[]) =>
  valuesOf(fields, 'set-cookie').map((value) => {
    const [pair = '', ...attributes] = value.split(';').map((part) => part.trim());
    const given = new Map(attributes.map((text) => [pairOf(text).name.toLowerCase(), pairOf(text).value]));
    const [path, domain] = [given.get('path'), given.get('domain')];
    return {
      ...pairOf(pair),
      ...(path !== undefined && { path }),
      ...(domain !== undefined && { domain }),
      httpOnly: given.has('httponly'),
      secure: given.has('secure'),
    };
  });

const queryOf = (path: string) => {
  const start = path.indexOf('?');
  const parts = start === -1 ? [] : path.slice(start + 1).split('&');
  return parts.filter((part) => part !== '').map(pairOf);
};
