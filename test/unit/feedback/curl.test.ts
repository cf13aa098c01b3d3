import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asked, curlOf, quote } from '../../../src/feedback/curl.ts';
import { anyText } from '../../support/text.ts';

const asked = (more: Partial<Asked> = {}): string =>
  curlOf({
    method: 'GET',
    scheme: 'https',
    host: 'project-3.api.localhost:8443',
    path: '/notes?page=2',
    protocol: 'http/1.1',
    headers: [
      ['Host', 'project-3.api.localhost:8443'],
      ['Accept', 'application/json'],
    ],
    bytesIn: 0,
    ...more,
  });

test.each<[string, Partial<Asked>, string]>([
  ['a page', {}, "curl 'https://project-3.api.localhost:8443/notes?page=2' --header 'Accept: application/json'"],
  [
    'a form',
    { method: 'POST', bytesIn: 12, headers: [['Content-Length', '12']] },
    "curl --request POST 'https://project-3.api.localhost:8443/notes?page=2' --data-binary @body",
  ],
  ['a head', { method: 'HEAD', headers: [], path: '/' }, 'curl --head https://project-3.api.localhost:8443/'],
  [
    'patterns, dots and compression',
    { path: '/a/../[1-3]', headers: [['Accept-Encoding', 'gzip, br']] },
    "curl --globoff --path-as-is 'https://project-3.api.localhost:8443/a/../[1-3]' --compressed",
  ],
  [
    'no path',
    { method: 'OPTIONS', path: '*', headers: [['X-Empty', '']] },
    "curl --request OPTIONS --request-target '*' https://project-3.api.localhost:8443/ --header 'X-Empty;'",
  ],
  [
    'a WebSocket',
    {
      protocol: 'websocket',
      path: '/',
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Key', 'dGhl'],
      ],
    },
    'curl --include --no-buffer --http1.1 https://project-3.api.localhost:8443/ ' +
      "--header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Key: dGhl'",
  ],
  [
    'a name that would be a file of fields',
    {
      path: '/',
      headers: [
        ['@file', 'x'],
        ['Connection', 'close'],
        ['Upgrade', 'h2c'],
      ],
    },
    'curl https://project-3.api.localhost:8443/',
  ],
])('%s', (_what, more, expected) => {
  expect(asked(more)).toBe(expected);
});

/** What a shell makes of an argument. */
const readByBash = (argument: string): Buffer =>
  spawnSync('bash', ['-c', `printf %s ${argument}`], { env: { LC_ALL: 'C' } }).stdout;

test('whatever it is made of, an argument stays one and the same argument', () => {
  const evil = [
    "'; touch /tmp/x; '",
    '$(id)',
    '`id`',
    '\\',
    "\\'",
    'a\nb',
    '\u001b[31m',
    'é1',
    '\u202e',
    '!!',
    '~',
    '',
  ];
  for (const text of evil) {
    const quoted = quote(text);
    expect(quoted).toMatch(/^[ -~]*$/);
    const isLatin1 = [...text].every((char) => char <= '\u00ff');
    expect(readByBash(quoted)).toEqual(Buffer.from(text, isLatin1 ? 'latin1' : 'utf8'));
  }
});

test('nothing in a command line acts on a terminal', () => {
  fc.assert(
    fc.property(anyText(), anyText(), (path, value) => {
      expect(asked({ path, method: value, host: path, headers: [[value, path]] })).toMatch(/^[ -~]*$/);
    }),
  );
});
