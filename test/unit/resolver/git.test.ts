import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchFromHead, isBare } from '../../../src/resolver/git.ts';

test('HEAD names a branch, another ref, or a commit', () => {
  expect(branchFromHead('ref: refs/heads/main\n')).toBe('main');
  expect(branchFromHead('ref: refs/heads/feature/x')).toBe('feature/x');
  expect(branchFromHead('ref:\trefs/heads/main\r\n')).toBe('main');
  expect(branchFromHead('ref: refs/remotes/origin/main\n')).toBe('refs/remotes/origin/main');
  expect(branchFromHead(`${'0123456789'.repeat(4)}\n`)).toBe('0123456');
  expect(branchFromHead(`${'0123456789abcdef'.repeat(4)}\n`)).toBe('0123456');
});

test.each([
  '',
  '\n',
  'ref:',
  'ref: \n',
  'ref: refs/heads/',
  'main',
  'abc123',
  'ref: refs/heads/.invalid\n',
  `${'a'.repeat(41)}\n`,
])('HEAD %j tells nothing', (head) => {
  expect(branchFromHead(head)).toBeUndefined();
});

test('a branch is text: passed on as it is, up to a length', () => {
  expect(branchFromHead('ref: refs/heads/\u001b[31m<b>\u202e\n')).toBe('\u001b[31m<b>\u202e');
  expect(branchFromHead(`ref: refs/heads/${'x'.repeat(250)}\n`)).toBe('x'.repeat(250));
  expect(branchFromHead(`ref: refs/heads/${'x'.repeat(251)}\n`)).toBe(`${'x'.repeat(249)}…`);
  expect(branchFromHead(`ref: refs/heads/${'x'.repeat(248)}😀😀\n`)).toBe(`${'x'.repeat(248)}…`);
});

test('whatever HEAD holds, a branch is one bounded line', () => {
  const heads = fc.oneof(
    fc.string(),
    fc.string({ maxLength: 600 }).map((text) => `ref: refs/heads/${text}`),
  );
  fc.assert(
    fc.property(heads, (head) => {
      const branch = branchFromHead(head);
      if (branch === undefined) return;
      expect(branch.length).toBeGreaterThan(0);
      expect(branch.length).toBeLessThanOrEqual(250);
      expect(branch).not.toContain('\n');
    }),
  );
});

test.each([
  ['[core]\n\tbare = true\n', true],
  ['[core]\n\tbare = false\n', false],
  ['[core]\n\tbare\n', true],
  ['[CORE]\n\tBare=1 ; a comment\n', true],
  ['[core]\n\tbare = true\n[core]\n\tbare = no\n', false],
  ['[core]\n\tbareness = true\n', false],
  ['[remote "x"]\n\tbare = true\n', false],
  ['[core "x"]\n\tbare = true\n', false],
  ['bare = true\n', false],
  ['', false],
])('core.bare of %j is %s', (config, bare) => {
  expect(isBare(config)).toBe(bare);
});
