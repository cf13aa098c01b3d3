import { expect, test } from 'vitest';
import { errors } from '../../../src/model/errors.ts';
import { fail, httpStatus, problem, SidingsError, warning } from '../../../src/model/problem.ts';

test('message and hint are filled in', () => {
  expect(problem('workstream-unknown', { name: 'project-9' })).toEqual({
    code: 'workstream-unknown',
    severity: 'error',
    message: 'There is no workstream called project-9.',
    hint: '`sidings ls` lists them.',
  });
});

test('what is filled in is text: no terminal codes, and braces in it are not filled again', () => {
  const { message } = problem('usage', { reason: '\u001b[2J{reason}' });
  expect(message).toBe('\\u{1b}[2J{reason}.');
});

test('what is filled in has an end', () => {
  const { message } = problem('root-unreadable', { directory: 'x'.repeat(1_000_000), reason: 'y' });
  expect(message).toBe(`The root ${'x'.repeat(4096)}… cannot be read: y.`);
});

test('a word in braces that nothing was given for stays as it is', () => {
  expect(problem('usage', {} as { reason: string }).message).toBe('{reason}.');
});

test('a warning is the same finding with another severity', () => {
  expect(warning('project-not-found', { directory: '/x' })).toEqual({
    ...problem('project-not-found', { directory: '/x' }),
    severity: 'warning',
  });
});

test('an error carries code, hint, exit code and status', () => {
  const error = fail('slot-taken', { slot: 3, project: 'project', first: '/a', second: '/b' });
  expect(error).toBeInstanceOf(SidingsError);
  expect(error.message).toBe('Slot 3 of project is claimed by two folders: /a and /b.');
  expect([error.code, error.exitCode, httpStatus(error.code)]).toEqual(['slot-taken', 2, 409]);
  expect(error.hint).toBe(error.problem.hint);
  expect(httpStatus('usage')).toBe(500);
});

test.each(Object.entries(errors))(
  '%s: the message is a sentence and the hint says something',
  (code, { message, hint }) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(message).toMatch(/\.$/);
    expect(hint).not.toBe('');
  },
);
