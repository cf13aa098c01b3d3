import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesOf, withHosts } from '../../../src/cli/sidings/hosts-block.ts';
import type { Service } from '../../../src/model/workstream.ts';
import { anyText } from '../../support/text.ts';

const service = (name: string, more: Partial<Service> = {}): Service => ({
  name,
  kind: 'http',
  port: 8000,
  state: 'up',
  provider: 'directory',
  upstream: '127.0.0.1:8000',
  urls: [],
  ...more,
});

const block = (...lines: string[]): string =>
  ['# >>> sidings: generated, do not edit', ...lines, '# <<< sidings', ''].join('\n');

test('every form of every http service under every suffix, and the status page', () => {
  const services = [service('web', { default: true }), service('postgres', { kind: 'tcp' })];
  expect(namesOf([{ name: 'project-3', services }], ['localhost', 'test'])).toEqual([
    'project-3-web.localhost',
    'project-3-web.test',
    'project-3.localhost',
    'project-3.test',
    'project-3.web.localhost',
    'project-3.web.test',
    'sidings.localhost',
    'sidings.test',
    'web.project-3.localhost',
    'web.project-3.test',
  ]);
  expect(namesOf([], ['localhost'])).toEqual(['sidings.localhost']);
});

test('whatever a copy or a service is called, only hostnames come out', () => {
  const suffixes = ['localhost', 'a'.repeat(60).concat('.', 'b'.repeat(60))];
  const hostname = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/;
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText(), fc.string())), (copies) => {
      const workstreams = copies.map(([name, other]) => ({ name, services: [service(other, { default: true })] }));
      const isSound = (name: string): boolean =>
        hostname.test(name) && name.length <= 253 && suffixes.some((suffix) => name.endsWith(`.${suffix}`));
      expect(namesOf(workstreams, suffixes).filter((name) => !isSound(name))).toEqual([]);
    }),
  );
});

test('a name that is too long for the DNS is left out', () => {
  const label = 'x'.repeat(63);
  const suffix = ['a', 'b'].map((letter) => letter.repeat(63)).join('.');
  expect(namesOf([{ name: label, services: [service(label)] }], [suffix])).not.toContainEqual(
    expect.stringContaining(`${label}.${label}`),
  );
});

test('both families, one name a line, in a block that comes and goes', () => {
  const before = '127.0.0.1 localhost\n';
  const after = withHosts(before, ['a.localhost', 'b.localhost']);
  expect(after).toBe(
    before + block('127.0.0.1 a.localhost', '::1 a.localhost', '127.0.0.1 b.localhost', '::1 b.localhost'),
  );
  expect(withHosts(after as string, ['c.localhost'])).toBe(before + block('127.0.0.1 c.localhost', '::1 c.localhost'));
  expect(withHosts(after as string, undefined)).toBe(before);
  expect(withHosts(`${before}# <<< sidings\n`, undefined)).toEqual({ line: 2, reason: 'an end without a start' });
});
