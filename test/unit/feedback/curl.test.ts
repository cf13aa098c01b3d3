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

/** What a shell makes of arguments. */
const readByBash = (args: readonly string[]): string[] =>
  spawnSync('bash', ['-c', `printf '%s\\0' ${args.join(' ')}`], { env: { LC_ALL: 'C' } })
    .stdout.toString('latin1')
    .split('\0')
    .slice(0, -1);

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
  const quoted = evil.map(quote);
  for (const argument of quoted) expect(argument).toMatch(/^[ -~]*$/);
  const bytesOf = (text: string): Buffer =>
    Buffer.from(text, [...text].every((char) => char <= '\u00ff') ? 'latin1' : 'utf8');
  expect(readByBash(quoted)).toEqual(evil.map((text) => bytesOf(text).toString('latin1')));
});

test('nothing in a command line acts on a terminal', () => {
  fc.assert(
    fc.property(anyText(), anyText(), (path, value) => {
      expect(asked({ path, method: value, host: path, headers: [[value, path]] })).toMatch(/^[ -~]*$/);
    }),
  );
});
