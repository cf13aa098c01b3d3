import { appendFile, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLogTimes, timesFile } from '../../../src/feedback/log-times.ts';
import { followLog, readLog } from '../../../src/feedback/read-log.ts';
import { openServiceLog } from '../../../src/feedback/service-log.ts';
import type { LogLine, LogQuery } from '../../../src/model/log-line.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';

/** A log that was written by a clock which a test sets. */
const timedLog = async (capBytes?: number) => {
  const file = join(await temporaryFolder(), 'api.log');
  let now = 0;
  const log = openServiceLog(file, capBytes, () => now);
  onTestFinished(log.close);
  const at = (time: number, text: string): void => {
    now = time;
    log.write(Buffer.from(text));
  };
  return { file, at };
};

const start = 1_764_493_912_000;

test('each line has the time at which it was begun', async () => {
  const { file, at } = await timedLog();
  at(start, 'one\ntwo\n');
  at(start + 100, 'be');
  at(start + 200, 'gun\nfour\n');
  // So shortly after that nobody needs to know.
  at(start + 202, 'five\n');
  expect(await readLog(file, { lines: 10 })).toEqual([
    { text: 'one', at: start },
    { text: 'two', at: start },
    { text: 'begun', at: start + 100 },
    { text: 'four', at: start + 200 },
    { text: 'five', at: start + 200 },
  ]);
  // The log is what the service wrote, and nothing else.
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\nbegun\nfour\nfive\n');
});

test('lines of a moment are found in what came before and after it, and in the log before', async () => {
  const { file, at } = await timedLog(1000);
  for (let index = 0; index < 150; index += 1) at(start + index * 10, `line ${String(index).padStart(3, '0')}\n`);
  expect((await readFile(`${file}.1`, 'utf8')).length).toBeGreaterThan(0);
  const texts = async (query: LogQuery) => (await readLog(file, query)).map(({ text }) => text.slice(5));
  expect(await texts({ lines: 3 })).toEqual(['147', '148', '149']);
  expect(await texts({ lines: 99, since: start + 1475 })).toEqual(['148', '149']);
  expect(await texts({ lines: 2, since: start + 1000, until: start + 1400 })).toEqual(['139', '140']);
  expect(await texts({ lines: 99, since: start + 1000, until: start + 1010 })).toEqual(['100', '101']);
  expect(await texts({ lines: 99, since: start + 2000 })).toEqual([]);
  expect(await texts({ lines: 99, until: start - 1 })).toEqual([]);
  expect(await texts({ lines: 0 })).toEqual([]);
  // All that is kept is in order.
  const all = await texts({ lines: 999 });
  expect(all).toEqual([...all].sort());
  expect(all.length).toBeGreaterThan(100);
});

test('a log without times has lines without times', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await writeFile(file, 'one\ntwo');
  expect(await readLog(file, { lines: 5 })).toEqual([{ text: 'one' }, { text: 'two' }]);
  expect(await readLog(file, { lines: 5, since: 0 })).toEqual([]);
});

test('times that a full disk has cut go on in their places', async () => {
  const { file, at } = await timedLog();
  at(start, 'one\n');
  await truncate(timesFile(file), 20);
  openLogTimes(file).close();
  at(start + 50, 'two\n');
  expect(await readLog(file, { lines: 5 })).toEqual([{ text: 'one' }, { text: 'two', at: start + 50 }]);
});

test('many lines are read from far behind', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await writeFile(file, Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'x'.repeat(40)}\n`).join(''));
  const lines = await readLog(file, { lines: 5000 });
  expect(lines).toHaveLength(5000);
  expect(lines[0]?.text).toMatch(/^line 15000 /);
});

const following = (file: string, query: Partial<LogQuery> = {}) => {
  const end = new AbortController();
  const lines: LogLine[] = [];
  const done = (async () => {
    for await (const line of followLog(file, { lines: 10, ...query }, end.signal)) lines.push(line);
  })();
  onTestFinished(async () => {
    end.abort();
    await done;
  });
  const texts = (): readonly string[] => lines.map(({ text }) => text);
  return { lines, texts, end, done, until: (text: string) => eventually(() => texts().includes(text), text) };
};

test('follows a log from its last lines on, line by line', async () => {
  const { file, at } = await timedLog();
  at(start, 'one\ntwo\nthr');
  const { lines, texts, until, end, done } = following(file, { lines: 1 });
  await until('two');
  at(start + 100, 'ee\nfo');
  await until('three');
  at(start + 200, 'ur\n');
  await until('four');
  expect(texts()).toEqual(['two', 'three', 'four']);
  expect(lines.map((line) => line.at)).toEqual([start, start, start + 100]);
  end.abort();
  await done;
});

test('goes on in the new log when it is moved, and loses nothing', async () => {
  const { file, at } = await timedLog(2000);
  const { texts, until } = following(file);
  at(start, 'first\n');
  await until('first');
  const expected = ['first'];
  for (let round = 0; round < 5; round += 1) {
    for (let index = 0; index < 30; index += 1) {
      expected.push(`line ${round} ${index} ${'x'.repeat(20)}`);
      at(start + round * 1000 + index * 10, `${expected.at(-1)}\n`);
    }
    await until(expected.at(-1) ?? '');
  }
  expect(texts()).toEqual(expected);
  expect((await readFile(`${file}.1`, 'utf8')).length).toBeGreaterThan(0);
});

test('waits for a log that is not there yet, and begins anew with one that was emptied or replaced', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  const { until, texts } = following(file);
  await writeFile(file, 'one\nlonger than what comes\n');
  await until('longer than what comes');
  await truncate(file, 0);
  await appendFile(file, 'two\nopen');
  await until('two');
  await rename(file, `${file}.1`);
  await writeFile(file, 'three\n');
  await until('three');
  expect(texts()).toEqual(['one', 'longer than what comes', 'two', 'open', 'three']);
});

test('a line without an end is told in parts', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await writeFile(file, 'first\n');
  const { until, texts } = following(file);
  await until('first');
  await appendFile(file, 'x'.repeat(300_000));
  await eventually(() => texts().length === 2, 'its first part');
  await appendFile(file, '\nlast\n');
  await until('last');
  expect(texts()).toHaveLength(4);
});
