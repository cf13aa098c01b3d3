import { expect, test } from 'vitest';
import { innermost, isWithin } from '../../../src/model/folder.ts';

test('a folder holds itself and what is below it, and not its namesakes', () => {
  expect(isWithin('/code/project', '/code/project')).toBe(true);
  expect(isWithin('/code/project', '/code/project/api/src')).toBe(true);
  expect(isWithin('/code/project', '/code/project-2')).toBe(false);
  expect(isWithin('/code/project', '/code')).toBe(false);
  expect(isWithin('/', '/code')).toBe(true);
});

test('the innermost folder wins', () => {
  const main = { directory: '/code/project' };
  const inside = { directory: '/code/project/.worktrees/login' };
  expect(innermost([main, inside], '/code/project/.worktrees/login/api')).toBe(inside);
  expect(innermost([inside, main], '/code/project/.worktrees/login')).toBe(inside);
  expect(innermost([inside, main], '/code/project/api')).toBe(main);
  expect(innermost([inside, main], '/code')).toBe(undefined);
});
