import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecrets } from '../../../src/resolver/secrets.ts';

test.each([
  ['postgresql://postgres:postgres@localhost:5434/x', 'postgresql://postgres:***@localhost:5434/x'],
  ['postgres://u:p@ss:w/o#rd@localhost/x', 'postgres://u:***@localhost/x'],
  ['a://u:p@h1,b://:q@h2 c://u@h3', 'a://u:***@h1,b://:***@h2 c://u@h3'],
  ['https://ghp_0123456789abcdefghijklmnop@github.com/x', 'https://***@github.com/x'],
  ['http://localhost:8002/a@b', 'http://localhost:***@b'],
  ['http://localhost:8002/', 'http://localhost:8002/'],
  ['host=localhost password=hunter2 port=5434', 'host=localhost password=*** port=5434'],
  ["password='it\\'s' user=x", 'password=*** user=x'],
  ['{"password": "a b", "user": "x"}', '{"password": ***, "user": "x"}'],
  ['Server=localhost;Pwd=hunter2;Port=1', 'Server=localhost;Pwd=***;Port=1'],
  ['?user=x&password=y&token=z', '?user=x&password=***&token=***'],
  ['password="never closed', 'password=***'],
  ['', ''],
])('%j is shown as %j', (value, shown) => {
  expect(maskSecrets('DATABASE_URL', value)).toBe(shown);
});

test.each([
  'API_TOKEN',
  'client_secret',
  'DB_PASSWORD',
  'DB_PASS',
  'PGPASSFILE_KEY',
  'AWS_ACCESS_KEY_ID',
  'MYSQL_PWD',
  'Passphrase',
])('nothing of %s is shown', (name) => {
  expect(maskSecrets(name, 'value')).toBe('***');
});

test.each(['PATH', 'API_URL', 'PASSENGER', 'COMPOSE_PROJECT_NAME'])('%s is shown', (name) => {
  expect(maskSecrets(name, 'value')).toBe('value');
});

test('no password of a URL is ever shown', () => {
  const secret = fc.stringMatching(/^[!-~]{6,30}$/).map((text) => `s3cr3t${text}`);
  fc.assert(
    fc.property(secret, (password) => {
      expect(maskSecrets('DATABASE_URL', `postgresql://me:${password}@localhost:5434/x`)).not.toContain(password);
    }),
  );
});

test('the time grows with the length, whatever is in a value', () => {
  for (const part of ['://', '://a:', '://a:b@', 'password=', 'password="', "pwd='", "token='\\", ' ', 'key ='])
    maskSecrets('X', part.repeat(30_000));
}, 5000);
