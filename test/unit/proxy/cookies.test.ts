import { expect, test } from 'vitest';
import { buildRouteTable, lookup } from '../../../src/model/route-table.ts';
import { isHostOnlyForced, ownsDomain, withoutDomain } from '../../../src/proxy/cookies.ts';
import { copy, service } from '../../support/claims.ts';

const table = buildRouteTable(
  [
    copy('project-3', [service('api', 8003), service('web', 5176, { isDefault: true })]),
    copy('project-4', [service('api', 8004, { subdomains: true })]),
  ],
  ['localhost'],
);
const routeOf = (hostname: string) => {
  const match = lookup(table, hostname);
  if (match.kind !== 'route') throw new Error(match.kind);
  return match.route;
};
const owns = (domain: string, hostname = 'project-3.api.localhost') => ownsDomain(table, routeOf(hostname), domain);

test.each([
  ['project-3.api.localhost', true],
  ['api.project-3.localhost', true],
  ['project-3.localhost', true],
  ['deep.project-3.localhost', true],
  ['api.localhost', false],
  ['localhost', false],
  ['project-4.api.localhost', false],
  ['project-4.localhost', false],
  ['project-5.localhost', false],
  ['example.com', false],
])('project-3 may set a cookie for %s: %s', (domain, expected) => {
  expect(owns(domain)).toBe(expected);
});

test('the bare name belongs to its copy without a default service as well', () => {
  expect(owns('project-4.localhost', 'project-4.api.localhost')).toBe(true);
});

test('a name below which another copy lies belongs to nobody', () => {
  const copies = [copy('api', [service('web', 1, { isDefault: true })]), copy('project-3', [service('api', 2)])];
  const nested = buildRouteTable(copies, ['localhost']);
  const match = lookup(nested, 'api.localhost');
  if (match.kind !== 'route') throw new Error(match.kind);
  expect(ownsDomain(nested, match.route, 'web.api.localhost')).toBe(true);
  expect(ownsDomain(nested, match.route, 'api.localhost')).toBe(false);
});

test.each([
  ['a=1', undefined],
  ['a=1; Domain=', undefined],
  ['a=1; domain = .API.localhost ; Secure', 'api.localhost'],
  ['a=1; Domain=one.localhost; Domain=two.localhost', 'two.localhost'],
])('the domain of %j is %s', (cookie, expected) => {
  const asked: string[] = [];
  const forced = isHostOnlyForced(cookie, (domain) => {
    asked.push(domain);
    return false;
  });
  expect(asked).toEqual(expected === undefined ? [] : [expected]);
  expect(forced).toBe(expected !== undefined);
});

test('every Domain is taken off, and nothing else', () => {
  expect(withoutDomain('a=domain=x; Domain=one; Path=/; DOMAIN=two; HttpOnly')).toBe('a=domain=x; Path=/; HttpOnly');
});
