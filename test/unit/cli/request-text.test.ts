import { expect, test } from 'vitest';
import { requestDetails, requestHeads, requestLine } from '../../../src/cli/sidings/request-text.ts';
import type { RequestDetail } from '../../../src/model/requests.ts';

const request: RequestDetail = {
  id: 'abc-1',
  method: 'GET',
  scheme: 'https',
  host: 'project-3.api.localhost',
  path: '/notes',
  status: 502,
  workstream: 'project-3',
  service: 'api',
  startedAt: new Date(2026, 0, 2, 3, 4, 5, 6).getTime(),
  durationMs: 12.34,
  firstByteMs: 1234,
  bytesIn: 3,
  bytesOut: 5,
  error: 'upstream-broken',
  protocol: 'h2',
  requestHeaders: [['Accept', '*/*']],
  responseHeaders: [],
  curl: 'curl https://project-3.api.localhost/notes',
};

test('a request is a line under its heads', () => {
  expect(requestHeads + requestLine(request)).toBe(
    'TIME          STATUS  METHOD   MS         SERVICE       ADDRESS  ID\n' +
      '03:04:05.006  502     GET      12.3       api           project-3.api.localhost/notes  upstream-broken  abc-1\n',
  );
  const { service: _service, error: _error, ...nowhere } = request;
  expect(requestLine({ ...nowhere, status: 0, durationMs: 1234.5 })).toBe(
    '03:04:05.006  left    GET      1235       -             project-3.api.localhost/notes  abc-1\n',
  );
});

test('a request is told with all that is known of it', () => {
  expect(requestDetails(request)).toBe(`GET https://project-3.api.localhost/notes

  id          abc-1
  status      502
  problem     upstream-broken
  service     api of project-3
  protocol    h2
  started     ${new Date(request.startedAt).toISOString()}
  took        12.3 ms
  first byte  1234 ms
  bytes       3 from the client, 5 to it

Request
  Accept: */*

Answer
  none

Again
  curl https://project-3.api.localhost/notes
`);
});

test('nothing of it acts on the terminal, and a long address has an end', () => {
  const evil = '\u001b[31m\u202e\r\n\u009b';
  const told = { ...request, method: evil, host: evil, path: `/${evil}${'x'.repeat(5000)}`, error: evil, id: evil };
  const fields = [[evil, evil]] as const;
  const line = requestLine(told);
  const all = line + requestDetails({ ...told, requestHeaders: fields, responseHeaders: fields, curl: evil });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(line.split('\n')).toHaveLength(2);
  expect(line.length).toBeLessThan(700);
});
