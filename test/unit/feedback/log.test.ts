import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { createLog, type LogOptions } from '../../../src/feedback/log.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const evil = 'a\u001b[2Jb\u009b2Jc\u202ed\u0007\nForged';

const logTo = (options: Partial<LogOptions>) => {
  let text = '';
  const stream = {
    write: (chunk: string) => {
      text += chunk;
    },
  };
  const log = createLog({ level: 'info', terminal: false, stream, ...options });
  return { log, text: () => text };
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test('programs get one JSON object a line', () => {
  const { log, text } = logTo({});
  log.info({ port: 80 }, 'ready');
  log.error({ err: new Error('no') }, 'failed');
  const [first, second, rest] = text().split('\n');
  expect(JSON.parse(first ?? '')).toEqual({ level: 'info', time: expect.any(String), port: 80, msg: 'ready' });
  expect(Number.isNaN(Date.parse(JSON.parse(first ?? '').time))).toBe(false);
  expect(JSON.parse(second ?? '')).toMatchObject({ level: 'error', err: { message: 'no', type: 'Error' } });
  expect(rest).toBe('');
});

test('JSON has nothing that acts on a terminal, and every value is whole', () => {
  const { log, text } = logTo({});
  log.info({ path: evil, [evil]: 1 }, evil);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text().split('\n')).toHaveLength(2);
  expect(JSON.parse(text())).toMatchObject({ path: evil, [evil]: 1, msg: evil });
});

test('people get a line with the time, the level and the message', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { log, text } = logTo({ terminal: true });
  log.warn({ port: 80 }, 'busy');
  expect(text()).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: busy \{"port":80\}\n$/);
});

test('colours are off where NO_COLOR says so, and on otherwise', () => {
  vi.stubEnv('NO_COLOR', '');
  const { log, text } = logTo({ terminal: true });
  log.info({}, 'x');
  expect(text()).toContain('\u001b[');
});

test('nothing in the data acts on the terminal, and no line can be forged', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { log, text } = logTo({ terminal: true });
  log.info({ [evil]: { list: [evil, 1, true, undefined, { deep: evil }] } }, evil);
  log.error({ err: new Error(evil) }, 'failed');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  for (const line of text().split('\n')) expect(line).not.toMatch(/^Forged/);
  expect(text()).toContain('at ');
});

test('an exchange is not said twice in a terminal', () => {
  vi.stubEnv('NO_COLOR', '1');
  const { log, text } = logTo({ terminal: true });
  log.info({ exchange: { id: 1 } }, 'GET');
  expect(stripVTControlCharacters(text())).toMatch(/INFO: GET\n$/);
});

test('levels below the chosen one write nothing, silent nothing at all', () => {
  const warn = logTo({ level: 'warn' });
  warn.log.info({}, 'no');
  warn.log.warn({}, 'yes');
  expect(warn.text()).toMatch(/^\{[^\n]*"yes"\}\n$/);
  const silent = logTo({ level: 'silent' });
  silent.log.error({}, 'no');
  expect(silent.text()).toBe('');
});

test('a log that nobody takes any more ends nothing', () => {
  const stream = Object.assign(new EventEmitter(), { write: () => true });
  createLog({ level: 'info', terminal: false, stream });
  expect(() => stream.emit('error', new Error('EPIPE'))).not.toThrow();
});
