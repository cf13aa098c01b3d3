import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toServerName } from '../../../src/tls/server-name.ts';
import { anyText } from '../../support/text.ts';

test.each([
  ['project-3.web.localhost', 'project-3.web.localhost'],
  ['Project-3.Web.LOCALHOST', 'project-3.web.localhost'],
  ['localhost.', 'localhost'],
  ['tenant_1.project-3.web.localhost', 'tenant_1.project-3.web.localhost'],
  ['3.localhost', '3.localhost'],
  [`${'a'.repeat(63)}.localhost`, `${'a'.repeat(63)}.localhost`],
])('%s is asked for as %s', (text, name) => expect(toServerName(text)).toBe(name));

test.each([
  '',
  '.',
  '..',
  'a..localhost',
  '.localhost',
  'localhost..',
  '-a.localhost',
  'a-.localhost',
  '*.localhost',
  '../../etc/passwd',
  'a/b.localhost',
  'a\0.localhost',
  'a b.localhost',
  'a.localhost\n',
  'a.localhost:443',
  '[::1]',
  '127.0.0.1',
  'é.localhost',
  '\u212a.localhost', // the Kelvin sign becomes k in lower case
  `${'a'.repeat(64)}.localhost`,
  `${'a.'.repeat(125)}localhost`,
])('%j is no hostname', (text) => expect(toServerName(text)).toBeUndefined());

test('whatever comes, the result is safe as a key and in a certificate', () => {
  fc.assert(
    fc.property(fc.oneof(anyText(), fc.domain(), fc.stringMatching(/^[a-zA-Z0-9._-]{0,300}$/)), (text) => {
      const name = toServerName(text);
      if (name === undefined) return;
      expect(name).toMatch(/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/);
      expect(name).not.toContain('..');
      expect(name.length).toBeLessThanOrEqual(253);
      expect(toServerName(name)).toBe(name);
    }),
  );
});
