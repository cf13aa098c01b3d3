import { expect, test } from 'vitest';
import { homeFolder } from '../../../src/config/home.ts';

const user = () => '/home/user';
/** What Node does for a user that the system has no entry of. */
const unknown = (): never => {
  throw new Error('A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)');
};

test('it is that of HOME', () => expect(homeFolder([() => '/home/me', user])).toBe('/home/me'));

test.each(['', 'relative'])('a HOME of %j would be another one in each folder: that of the user', (home) => {
  expect(homeFolder([() => home, user])).toBe('/home/user');
});

test('a user whom the system does not know has the root', () => expect(homeFolder([unknown, unknown])).toBe('/'));
