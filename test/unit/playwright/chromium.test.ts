import { expect, test } from 'vitest';
import { chromiumArguments } from '../../../src/playwright/chromium.ts';

const nothing = { suffixes: ['localhost'], loopback: '127.0.0.1', keys: [] };

test('names under localhost need no rule, and no keys no trust', () => {
  expect(chromiumArguments(nothing)).toEqual([]);
  expect(chromiumArguments(nothing, ['--no-sandbox'])).toEqual(['--no-sandbox']);
});

test('names under other suffixes lead to the address of the proxy', () => {
  expect(chromiumArguments({ ...nothing, suffixes: ['localhost', 'test', 'dev.example'] })).toEqual([
    '--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.dev.example 127.0.0.1',
  ]);
  expect(chromiumArguments({ ...nothing, suffixes: ['test'], loopback: '::1' })).toEqual([
    '--host-resolver-rules=MAP *.test [::1]',
  ]);
});

test('what is there already is kept, since the last argument of a kind is the only one that counts', () => {
  const args = [
    '--ignore-certificate-errors-spki-list=a,b',
    '--no-sandbox',
    '--host-resolver-rules=MAP other 10.0.0.1',
    '--ignore-certificate-errors-spki-list=c',
  ];
  expect(chromiumArguments({ ...nothing, suffixes: ['test'], keys: ['k', 'c'] }, args)).toEqual([
    '--no-sandbox',
    '--host-resolver-rules=MAP other 10.0.0.1,MAP *.test 127.0.0.1',
    '--ignore-certificate-errors-spki-list=c,k',
  ]);
});
