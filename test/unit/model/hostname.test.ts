import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostnames, isSuffix, parseAuthority, statusHostnames, toLabel } from '../../../src/model/hostname.ts';
import { anyText } from '../../support/text.ts';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

test.each([
  ['project-3', 'project-3'],
  ['Project_3', 'project-3'],
  ['my app (2)', 'my-app--2'],
  ['-x-', 'x'],
  ['naïve', 'na-ve'],
])('the label of %j is %j', (name, expected) => {
  expect(toLabel(name)).toBe(expected);
});

test('a name of which nothing is left gets a label of its own', () => {
  expect(toLabel('日本')).toMatch(/^copy-[0-9a-f]{8}$/);
  expect(toLabel('日本')).not.toBe(toLabel('中国'));
});

test('long names are cut and stay distinct', () => {
  const [first, second] = [`${'x'.repeat(70)}a`, `${'x'.repeat(70)}b`].map(toLabel);
  expect(first).toHaveLength(63);
  expect(first).not.toBe(second);
});

test('every name becomes one valid DNS label, and a label stays what it is', () => {
  fc.assert(
    fc.property(anyText(80), (name) => {
      expect(toLabel(name)).toMatch(label);
      expect(toLabel(toLabel(name))).toBe(toLabel(name));
    }),
  );
});

test('a service answers to three forms, the default service to the bare name as well', () => {
  const parts = { workstream: 'project-3', service: 'api', isDefault: false };
  const three = ['project-3.api.localhost', 'api.project-3.localhost', 'project-3-api.localhost'];
  expect(hostnames(parts, 'localhost')).toEqual(three);
  expect(hostnames({ ...parts, isDefault: true }, 'localhost')).toEqual([...three, 'project-3.localhost']);
  expect(hostnames(parts, 'test')[0]).toBe('project-3.api.test');
});

test('localhost itself shows the status page, another suffix does not', () => {
  expect(statusHostnames('localhost')).toEqual(['localhost', 'sidings.localhost']);
  expect(statusHostnames('test')).toEqual(['sidings.test']);
});

test.each(['localhost', 'test', 'dev.example.com', 'a-b'])('%j is a suffix', (text) => {
  expect(isSuffix(text)).toBe(true);
});

test.each(['', '.localhost', 'localhost.', 'a..b', 'A', '-a', 'a b', 'a/b', '*', `${'a.'.repeat(80)}a`])(
  '%j is no suffix',
  (text) => {
    expect(isSuffix(text)).toBe(false);
  },
);

test.each([
  ['project-3.api.localhost', { hostname: 'project-3.api.localhost', port: undefined }],
  ['PROJECT-3.Api.LOCALHOST:8080', { hostname: 'project-3.api.localhost', port: 8080 }],
  ['localhost.', { hostname: 'localhost', port: undefined }],
  ['my_app.localhost:1', { hostname: 'my_app.localhost', port: 1 }],
  ['[::1]:80', { hostname: '[::1]', port: 80 }],
  ['127.0.0.1:65535', { hostname: '127.0.0.1', port: 65535 }],
])('the authority %j is read', (value, expected) => {
  expect(parseAuthority(value)).toEqual(expected);
});

test.each([
  '',
  ' ',
  'a b',
  'user@localhost',
  'localhost:',
  'localhost:0',
  'localhost:65536',
  'localhost:80:81',
  'localhost:8a',
  'a..b',
  '.localhost',
  'localhost..',
  'localhost/',
  'localhost#x',
  'localhost\\x',
  'local\u0000host',
  'localhost,localhost',
  '[::1',
  '[::1]x',
  'ünï.localhost',
  'x'.repeat(300),
])('the authority %j is refused', (value) => {
  expect(parseAuthority(value)).toBeUndefined();
});
