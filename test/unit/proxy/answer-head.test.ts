import { expect, test } from 'vitest';
import { type AnswerHead, judgeAnswer } from '../../../src/proxy/answer-head.ts';

const judge = (more: Partial<AnswerHead>) => judgeAnswer({ status: 200, version: '1.1', headers: [], ...more });

test.each<[string, Partial<AnswerHead>]>([
  ['no length', {}],
  ['a length', { headers: ['Content-Length', '3'] }],
  ['chunks', { headers: ['Transfer-Encoding', 'chunked'] }],
  ['HTTP/1.0', { version: '1.0', headers: ['Content-Length', '3'] }],
  ['the largest status', { status: 599 }],
  ['Latin-1 in a value', { headers: ['X-Name', 'caf\u00e9'] }],
])('an answer with %s is sound', (_name, more) => {
  expect(judge(more)).toBeUndefined();
});

test.each<[string, Partial<AnswerHead>, string]>([
  ['HTTP/2', { version: '2.0' }, 'version'],
  ['status 99', { status: 99 }, 'status is 99'],
  ['status 101', { status: 101 }, 'status is 101'],
  ['status 600', { status: 600 }, 'status is 600'],
  ['a space in a name', { headers: ['X A', '1'] }, 'field name'],
  ['a NUL in a value', { headers: ['X', '\0'] }, 'field value'],
  ['two lengths', { headers: ['Content-Length', '3', 'content-length', '3'] }, 'more than one length'],
  ['two encodings', { headers: ['Transfer-Encoding', 'a', 'Transfer-Encoding', 'chunked'] }, 'more than one'],
  ['both', { headers: ['Content-Length', '3', 'Transfer-Encoding', 'chunked'] }, 'more than one length'],
  ['an encoding list', { headers: ['Transfer-Encoding', 'gzip, chunked'] }, 'transfer encoding'],
  ['chunks in HTTP/1.0', { version: '1.0', headers: ['Transfer-Encoding', 'chunked'] }, 'transfer encoding'],
  ['a signed length', { headers: ['Content-Length', '-3'] }, 'plain number'],
])('an answer with %s is not', (_name, more, reason) => {
  expect(judge(more)).toContain(reason);
});

test('what a strict parser has read is not looked through again for characters', () => {
  expect(judge({ headers: ['X A', '\0'], isClean: true })).toBeUndefined();
  expect(judge({ headers: ['Content-Length', '3', 'Content-Length', '3'], isClean: true })).toContain('more than one');
});
