import { expect, test } from 'vitest';
import { judgeCaller } from '../../../src/status/caller.ts';

const ours = new Set(['localhost', 'sidings.localhost', 'sidings.test']);

const judge = (headers: Record<string, string>, more: { path?: string; method?: string; scheme?: 'https' } = {}) =>
  judgeCaller(
    {
      method: 'GET',
      path: '/api/workstreams',
      scheme: 'http',
      ...more,
      headers: { host: 'localhost:8080', ...headers },
    },
    ours,
  )?.code;

test.each([
  ['localhost:8080', undefined],
  ['localhost', undefined],
  ['LOCALHOST.:8080', undefined],
  ['sidings.test:80', undefined],
  ['localhost:8081', undefined],
  ['evil.example:8080', 'host-misdirected'],
  ['127.0.0.1:8080', 'host-misdirected'],
  ['localhost.evil.example', 'host-misdirected'],
  ['project-3.api.localhost', 'host-misdirected'],
  ['localhost:8080@evil.example', 'host-misdirected'],
  ['', 'host-misdirected'],
])('Host: %s is answered with %s', (host, code) => {
  expect(judge({ host })).toBe(code);
});

test('without a Host nothing is answered', () => {
  expect(judgeCaller({ method: 'GET', path: '/', scheme: 'http', headers: {} }, ours)?.code).toBe('host-misdirected');
});

test('the usual port is that of the scheme', () => {
  const of = (origin: string) => judge({ host: 'localhost', origin }, { scheme: 'https' });
  expect(of('https://localhost')).toBeUndefined();
  expect(of('https://localhost:443')).toBeUndefined();
  expect(of('https://localhost:80')).toBe('origin-refused');
});

test.each([
  ['http://localhost:8080', undefined],
  ['HTTP://localhost:8080', 'origin-refused'],
  ['https://localhost:8080', 'origin-refused'],
  ['http://localhost:8081', 'origin-refused'],
  ['http://localhost', 'origin-refused'],
  ['http://sidings.localhost:8080', 'origin-refused'],
  ['http://project-3.web.localhost:8080', 'origin-refused'],
  ['http://localhost:8080.evil.example', 'origin-refused'],
  ['http://localhost:8080, http://localhost:8080', 'origin-refused'],
  ['http://evil.example', 'origin-refused'],
  ['file://', 'origin-refused'],
  ['null', 'origin-refused'],
  ['', 'origin-refused'],
])('Origin: %s is answered with %s', (origin, code) => {
  expect(judge({ origin })).toBe(code);
  expect(judge({ origin }, { path: '/' })).toBe(code);
});

test('an origin without a port is that of the usual port', () => {
  expect(judge({ host: 'localhost', origin: 'http://localhost:80' })).toBeUndefined();
  expect(judge({ host: 'localhost:80', origin: 'http://localhost' })).toBeUndefined();
});

test.each([
  ['same-origin', undefined],
  ['none', undefined],
  ['same-site', 'origin-refused'],
  ['cross-site', 'origin-refused'],
  ['Same-Origin', 'origin-refused'],
  ['same-origin, cross-site', 'origin-refused'],
])('Sec-Fetch-Site: %s is answered with %s', (site, code) => {
  expect(judge({ 'sec-fetch-site': site })).toBe(code);
});

const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

test.each(['/', '/?from=mail'])('a link to %s may come from anywhere', (path) => {
  expect(judge(link, { path })).toBeUndefined();
  expect(judge(link, { path, method: 'HEAD' })).toBeUndefined();
});

test.each([
  ['the API', link, { path: '/api/workstreams' }],
  ['a script of the page', link, { path: '/page.js' }],
  ['a frame', { ...link, 'sec-fetch-dest': 'iframe' }, { path: '/' }],
  ['a fetch', { ...link, 'sec-fetch-mode': 'no-cors' }, { path: '/' }],
  ['a form', link, { path: '/', method: 'POST' }],
  ['a path that only begins alike', link, { path: '/%61pi/workstreams' }],
])('what is no link to the page is refused: %s', (_what, headers, more) => {
  expect(judge(headers, more)).toBe('origin-refused');
});
