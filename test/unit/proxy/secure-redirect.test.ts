import { expect, test } from 'vitest';
import { buildRouteTable } from '../../../src/model/route-table.ts';
import { dispatch } from '../../../src/proxy/dispatch.ts';
import { redirectPage, securedAddress } from '../../../src/proxy/secure-redirect.ts';
import { copy, service } from '../../support/claims.ts';

const table = buildRouteTable([copy('project-3', [service('api', 8003)])], ['localhost']);
const load = ['Upgrade-Insecure-Requests', '1'];
const asked = (host: string, headers: readonly string[] = load, more = {}) =>
  dispatch({ method: 'GET', target: '/a?b', version: '1.1', headers: ['Host', host, ...headers], ...more }, table);
const clear = { scheme: 'http' } as const;

test.each([
  ['project-3.api.localhost:8080', 443, 'https://project-3.api.localhost/a?b'],
  ['PROJECT-3.api.localhost', 8443, 'https://project-3.api.localhost:8443/a?b'],
  ['localhost', 443, 'https://localhost/a?b'],
  ['project-9.api.localhost', 443, 'https://project-9.api.localhost/a?b'],
])('a page load of %s goes to %s', (host, port, address) => {
  expect(securedAddress(asked(host), clear, port)).toBe(address);
  expect(securedAddress(asked(host, load, { method: 'HEAD' }), clear, port)).toBe(address);
});

const host = 'project-3.api.localhost';
const upgrade = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
test.each([
  ['what comes by https', asked(host), { scheme: 'https' } as const, 443],
  ['what has nowhere to go', asked(host), clear, undefined],
  ['a host that is not ours', asked('evil.example'), clear, 443],
  ['a head that was refused', asked('a b'), clear, 443],
  ['a program', asked(host, []), clear, 443],
  ['a browser that would rather not', asked(host, ['Upgrade-Insecure-Requests', '0']), clear, 443],
  ['a form', asked(host, load, { method: 'POST' }), clear, 443],
  ['a WebSocket', asked(host, [...load, ...upgrade]), clear, 443],
])('%s is answered as it is', (_name, decision, arrival, port) => {
  expect(securedAddress(decision, arrival, port)).toBeUndefined();
});

test('the redirect keeps the method, depends on what was asked and is not remembered', () => {
  expect(redirectPage('https://localhost/', 'id-1')).toEqual({
    status: 308,
    headers: [
      ...['Location', 'https://localhost/', 'Vary', 'Upgrade-Insecure-Requests', 'Cache-Control', 'no-store'],
      ...['Content-Length', '0', 'X-Request-Id', 'id-1'],
    ],
    body: '',
  });
});
